import HostManifest
import HostProcess
package import PluginKit

extension PluginDescriber {
    /// Opens the plugin of a folder that need not be installed or locked: for who writes a plugin.
    ///
    /// It gets what it asks for in its file, and no wait between two starts: a suite makes instances by the hundred.
    ///
    /// - Parameter withoutNetwork: whether a plugin in a process gets no network, whatever it asks for.
    package func opened(_ folder: String, withoutNetwork: Bool = false) throws(PluginFault) -> PluginType {
        let folder = ProcessCommand.absolute(folder)
        let plugin = PluginFolder.Installed(manifest: try PluginManifest.read(folder: folder), folder: folder)
        let type = try plugin.library == nil ? process(plugin, withoutNetwork) : open(plugin)
        if let difference = DescriptorDifference.first(file: plugin.manifest.descriptor, plugin: type.descriptor) {
            throw PluginFault(
                .manifest,
                "\(plugin.manifest.id): \(PluginManifest.fileName) does not say what the plugin does: \(difference). "
                    + "Run `penstock plugins describe \(folder)`.")
        }
        return type
    }

    /// Whether the plugin of a folder has a process of its own and asks for the network.
    package func asksForNetwork(_ folder: String) throws(PluginFault) -> Bool {
        let manifest = try PluginManifest.read(folder: ProcessCommand.absolute(folder))
        return manifest.tier == .process && !manifest.permissions.network.isEmpty
    }

    private func process(
        _ plugin: PluginFolder.Installed, _ withoutNetwork: Bool
    ) throws(PluginFault) -> PluginType {
        let settings = PluginSettings(folder: plugin.folder, baseDirectory: plugin.folder, state: state)
        var granted = plugin.manifest.permissions
        if withoutNetwork { granted.network = [] }
        let fit = ProcessFit(granted: granted, settings: settings)
        let command = fit.command(plugin.command ?? [], in: plugin.folder, sdk: try runtime.sdk(state))
        var process = runtime.plugin(fit, command)
        process.restart.firstDelay = .zero
        process.restart.budget = 10_000
        return try process.described(as: plugin.manifest.id.description)
    }
}
