import Glibc
package import HostPlugins
package import PluginKit

/// A plugin to test: opened from its folder, whatever its tier.
package struct TestedPlugin: Sendable {
    /// The plugin.
    package let type: PluginType
    /// Its folder; absolute.
    package let folder: String
    /// The digest of its content.
    package let digest: ContentDigest

    /// Opens the plugin of a folder; a library stays open for the life of the process.
    ///
    /// - Parameters:
    ///   - folder: holds `plugin.yaml`.
    ///   - work: a folder for copies of libraries and the SDK for Python.
    package init(folder: String, work: String, runtime: PluginRuntime) throws(PluginFault) {
        guard let real = realpath(folder, nil) else {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): \(String(cString: strerror(errno))). Name a plugin's folder.")
        }
        defer { free(real) }
        self.folder = String(cString: real)
        digest = try PluginFolder.digest(of: self.folder)
        type = try PluginDescriber(runtime: runtime, state: work).opened(self.folder)
    }
}
