import HostManifest
import HostProcess
package import PluginKit

/// Writes the description of a plugin into its `plugin.yaml`, from what the opened plugin says of itself.
package struct PluginDescriber {
    let runtime: PluginRuntime
    let state: String

    /// Creates a describer.
    ///
    /// - Parameter state: a folder for copies of libraries and the SDK.
    package init(runtime: PluginRuntime, state: String) {
        self.runtime = runtime
        self.state = state
    }

    /// What became of a file.
    package struct Outcome: Sendable {
        /// What the plugin is.
        package let descriptor: PluginDescriptor
        /// Whether the file is another than before.
        package let isChanged: Bool
    }

    /// Runs the plugin of a folder and brings its file up to date; comments outside the description stay.
    package func describe(_ folder: String) throws(PluginFault) -> Outcome {
        let folder = ProcessCommand.absolute(folder)
        let plugin = PluginFolder.Installed(manifest: try PluginManifest.draft(folder: folder), folder: folder)
        let descriptor = try open(plugin).descriptor
        let path = "\(folder)/\(PluginManifest.fileName)"
        let before = try TrustedFile.read(path, limit: PluginManifest.sizeLimit)
        let after = try ManifestText(before, name: path).describing(descriptor)
        let read = try PluginManifest.parse(Array(after.utf8), name: path).descriptor
        if let difference = DescriptorDifference.first(file: read, plugin: descriptor) {
            throw PluginFault(
                .manifest, "\(descriptor.id): its description cannot be written so that it is read back: \(difference)."
            )
        }
        let isChanged = Array(after.utf8) != before
        if isChanged { try write(after, to: path) }
        return Outcome(descriptor: descriptor, isChanged: isChanged)
    }

    func open(_ plugin: PluginFolder.Installed) throws(PluginFault) -> PluginType {
        let id = plugin.manifest.id
        guard let library = plugin.library else {
            let settings = PluginSettings(folder: plugin.folder, baseDirectory: plugin.folder, state: state)
            let fit = ProcessFit(granted: plugin.manifest.permissions, settings: settings)
            let command = fit.command(plugin.command ?? [], in: plugin.folder, sdk: try runtime.sdk(state))
            return try runtime.plugin(fit, command).described(as: id.description)
        }
        let exported = try runtime.loader(state).load(library)
        if let named = exported.first(where: { $0.descriptor.id == id.description }) { return named }
        if exported.count == 1 { return exported[0] }
        let names = exported.map { PluginError.quoted($0.descriptor.id) }.joined(separator: ", ")
        throw PluginFault(
            .manifest,
            "\(id): its library exports \(names.isEmpty ? "nothing" : names); allowed is one of them. Correct 'id'.")
    }

    private func write(_ text: String, to path: String) throws(PluginFault) {
        do {
            try AtomicFile.write(text, to: path)
        } catch {
            throw PluginFault(.file, error.description)
        }
    }
}
