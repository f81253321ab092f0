package import PluginKit

/// The plugins of a plugin folder, ready for the catalogue: locked, opened, and what they said they are.
package struct InstalledPlugins: Sendable {
    /// Makes a plugin of the process tier from its manifest and folder.
    package typealias ProcessAdapter = @Sendable (PluginFolder.Installed) throws -> PluginType

    /// The plugins that can be used.
    package let plugins: [PluginType]
    /// Why others are left out.
    package let faults: [PluginFault]

    /// Finds, verifies and opens what is installed; what is refused hides no other.
    ///
    /// - Parameters:
    ///   - folder: the plugin folder.
    ///   - loader: opens libraries; the same for the life of the process.
    ///   - taken: identifiers of the plugins that were compiled in; a plugin with one of them is refused.
    ///   - process: adapts plugins of the process tier; throws what speaks against one.
    package static func load(
        from folder: PluginFolder, with loader: DynamicLoader, taken: Set<String>, process: ProcessAdapter
    ) -> InstalledPlugins {
        let contents = folder.discover()
        var faults = contents.faults
        guard !contents.plugins.isEmpty else { return InstalledPlugins(plugins: [], faults: faults) }
        var plugins: [PluginType] = []
        do throws(PluginFault) {
            let lock = try PluginLock.read(folder)
            for installed in contents.plugins {
                do throws(PluginFault) {
                    plugins.append(try open(installed, lock, loader, taken, process))
                } catch {
                    faults.append(error)
                }
            }
        } catch {
            faults.append(error)
        }
        return InstalledPlugins(plugins: plugins, faults: faults)
    }

    private static func open(
        _ installed: PluginFolder.Installed, _ lock: PluginLock, _ loader: DynamicLoader, _ taken: Set<String>,
        _ process: ProcessAdapter
    ) throws(PluginFault) -> PluginType {
        let id = installed.manifest.id
        guard !taken.contains(id.description) else {
            throw PluginFault(
                .manifest,
                "\(id): the host has a plugin of that name; allowed other names. Rename the plugin in "
                    + "\(PluginError.quoted(installed.folder)), or remove it.")
        }
        try lock.verify(installed)
        guard let library = installed.library else { return try adapt(installed, process) }
        let exported = try loader.load(library, expecting: lock.entries[id]?.library)
        guard let plugin = exported.first(where: { $0.descriptor.id == id.description }) else {
            let names = exported.map { PluginError.quoted($0.descriptor.id) }.joined(separator: ", ")
            throw PluginFault(
                .manifest,
                "\(id): its library exports \(names.isEmpty ? "nothing" : names); allowed '\(id)', as its plugin.yaml "
                    + "says. Correct 'id' or the descriptor.")
        }
        return plugin
    }

    private static func adapt(
        _ installed: PluginFolder.Installed, _ process: ProcessAdapter
    ) throws(PluginFault) -> PluginType {
        do {
            return try process(installed)
        } catch let fault as PluginFault {
            throw fault
        } catch {
            throw PluginFault(.unloadable, "\(error)")
        }
    }
}
