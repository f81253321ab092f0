import FoundationEssentials
import Glibc

/// Where PluginKit is: in a folder above this program, as in a checkout or in `share/penstock` of an installation, or above
/// the working folder.
enum KitFolder {
    /// Returns the kit's folder; `nil` where there is none.
    static func find() -> String? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[0..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return [own, FileManager.default.currentDirectoryPath].lazy.compactMap { above($0) }.first
    }

    /// Returns a path from the root on; others count from the working folder.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    private static func above(_ path: String) -> String? {
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            for place in ["PluginKit", "share/penstock/PluginKit"] {
                let kit = "/" + parts.joined(separator: "/") + "/\(place)"
                if access("\(kit)/Package.swift", R_OK) == 0 { return kit }
            }
            parts.removeLast()
        }
        return nil
    }
}
