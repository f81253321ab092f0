import Glibc
import HostManifest
package import HostPlugins
import HostProcess
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
    ///   - work: a folder for copies, and for what instances write.
    ///   - sdk: the folder of the SDK for Python.
    package init(folder: String, work: String, sdk: String) throws(PluginFault) {
        guard let real = realpath(folder, nil) else {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): \(String(cString: strerror(errno))). Name a plugin's folder.")
        }
        defer { free(real) }
        let path = String(cString: real)
        self.folder = path
        digest = try PluginFolder.digest(of: path)
        type = try PluginFolder.openUnlocked(path, state: work) { plugin in
            try Self.process(plugin, work: work, sdk: sdk)
        }
    }

    private static func process(
        _ plugin: PluginFolder.Installed, work: String, sdk: String
    ) throws(PluginError) -> PluginType {
        guard case .command(let words) = plugin.manifest.program else {
            throw PluginError(.unsupported, "\(plugin.manifest.id): it is no program.")
        }
        var process = ProcessPlugin(
            command: ProcessCommand(
                arguments: words, directory: plugin.folder, stateDirectory: work, environment: ["PYTHONPATH": sdk],
                readable: [sdk, work], writable: [work], allowsNetwork: !plugin.manifest.permissions.network.isEmpty))
        // A fault is found in one call or not at all; the suite makes instances by the hundred.
        process.restart.firstDelay = .zero
        process.restart.budget = 1_000
        return try process.describe()
    }
}
