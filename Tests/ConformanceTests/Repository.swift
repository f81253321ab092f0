import Glibc

/// Folders of the repository.
enum Repository {
    /// The folder above `Tests`.
    static let root: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        while !parts.isEmpty, access("/" + (parts + ["PluginKit"]).joined(separator: "/"), F_OK) != 0 {
            parts.removeLast()
        }
        return "/" + parts.joined(separator: "/")
    }()
    /// Bars the repository ships.
    static let history = "\(root)/data/history"
}
