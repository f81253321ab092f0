package import HostManifest
package import PluginKit

/// A manifest as it was read: its bytes, what checking them gave, and the plugins it could name.
package struct LoadedManifest: Sendable {
    /// The bytes; empty where there were none to read.
    package let text: [UInt8]
    /// The manifest, or what is wrong with it.
    package let result: ManifestResult
    /// Every plugin that could be named.
    package let plugins: [PluginDescriptor]

    /// Creates a loaded manifest.
    package init(text: [UInt8], result: ManifestResult, plugins: [PluginDescriptor]) {
        self.text = text
        self.result = result
        self.plugins = plugins
    }
}

/// Where a host reads its manifest again for a reload.
package struct ManifestSource: Sendable {
    /// The file as the user named it.
    package let file: String
    /// The bytes the host was started with.
    package let first: [UInt8]
    /// Reads and checks the file, or a text in its place.
    package let load: @Sendable (_ text: [UInt8]?) -> LoadedManifest

    /// Creates a source.
    package init(file: String, first: [UInt8], load: @escaping @Sendable ([UInt8]?) -> LoadedManifest) {
        self.file = file
        self.first = first
        self.load = load
    }
}
