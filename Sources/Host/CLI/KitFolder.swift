import FoundationEssentials
import HostApp

/// Where PluginKit is: with this program, or above the working folder.
enum KitFolder {
    /// Returns the kit's folder; `nil` where there is none.
    static func find() -> String? {
        ShippedFolder.find(
            "PluginKit", holding: "Package.swift", orAbove: [FileManager.default.currentDirectoryPath])
    }

    /// Returns a path from the root on; others count from the working folder.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
