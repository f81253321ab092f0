package import PluginKit

extension PluginFolder {
    /// Opens the plugin of a folder that need not be installed or locked: for who writes a plugin.
    ///
    /// - Parameters:
    ///   - folder: holds `plugin.yaml`; absolute.
    ///   - state: a folder for copies of libraries.
    ///   - process: adapts a plugin of the process tier.
    package static func openUnlocked(
        _ folder: String, state: String, process: (Installed) throws -> PluginType
    ) throws(PluginFault) -> PluginType {
        let plugin = Installed(manifest: try PluginManifest.read(folder: folder), folder: folder)
        let id = plugin.manifest.id.description
        guard let library = plugin.library else {
            do {
                return try process(plugin)
            } catch {
                throw error as? PluginFault ?? PluginFault(.unloadable, "\(error)")
            }
        }
        let exported = try DynamicLoader(stateFolder: state).load(library)
        guard let type = exported.first(where: { $0.descriptor.id == id }) else {
            let names = exported.map { PluginError.quoted($0.descriptor.id) }.joined(separator: ", ")
            throw PluginFault(
                .manifest,
                "\(id): its library exports \(names.isEmpty ? "nothing" : names); allowed '\(id)'. Correct 'id'.")
        }
        return type
    }
}
