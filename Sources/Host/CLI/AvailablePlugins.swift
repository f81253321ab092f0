import Builtin
import HostPlugins
import PluginKit

/// The plugins this process can use: those compiled in, and those installed in the folder `plugins` beside the manifest.
struct AvailablePlugins {
    /// Compiled in, then installed.
    let all: [PluginType]
    /// Why installed plugins are left out, a sentence each.
    let faults: [String]

    /// Finds the plugins for a manifest; libraries are opened, and stay open for the life of the process.
    init(config: String) {
        let folder = PluginFolder.beside(manifest: config)
        let loader = DynamicLoader(stateFolder: "\(folder.path)/.state")
        let installed = InstalledPlugins.load(
            from: folder, with: loader, taken: Set(Builtin.plugins.map(\.descriptor.id)),
            process: { plugin in
                throw PluginFault(
                    .unloadable,
                    "\(plugin.manifest.id): it runs as a process of its own; allowed here are libraries. This version "
                        + "cannot run it yet.")
            })
        all = Builtin.plugins + installed.plugins
        faults = installed.faults.map(\.message)
    }
}
