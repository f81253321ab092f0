import Glibc
package import HostPlugins
package import PluginKit

/// A plugin to test: opened from its folder, whatever its tier.
package struct TestedPlugin: Sendable {
    /// The plugin.
    package let type: PluginType
    /// Its folder; absolute.
    package let folder: String
    /// Whether it is tested without the network: a sink whose sample says nothing of where test rows may go.
    package let isKeptIn: Bool
    /// The digest of its content.
    package let digest: ContentDigest

    /// Opens the plugin of a folder; a library stays open for the life of the process.
    ///
    /// What its `requirements.txt` names is installed into `.venv` in the folder where that is not there yet.
    ///
    /// - Parameters:
    ///   - folder: holds `plugin.yaml`.
    ///   - sample: holds `conformance.yaml`; `nil` for the same folder.
    ///   - work: a folder for copies of libraries and the SDK for Python.
    ///   - progress: receives lines of what takes long.
    package init(
        folder: String, sample: String? = nil, work: String, runtime: PluginRuntime,
        progress: (String) -> Void = { _ in }
    ) throws(PluginFault) {
        guard let real = realpath(folder, nil) else {
            throw PluginFault(
                .file,
                "\(PluginError.quoted(folder)): \(String(cString: strerror(errno))). Name a plugin's folder; --builtin NAME "
                    + "tests one that ships.")
        }
        defer { free(real) }
        self.folder = String(cString: real)
        digest = try PluginFolder.digest(of: self.folder)
        try VirtualEnvironment.complete(self.folder, progress: progress)
        let describer = PluginDescriber(runtime: runtime, state: work)
        let type = try describer.opened(self.folder)
        isKeptIn =
            type.descriptor.kind == .sink && !SampleFile.isAboutTheNetwork(sample ?? self.folder)
            ? try describer.asksForNetwork(self.folder) : false
        self.type = isKeptIn ? try describer.opened(self.folder, withoutNetwork: true) : type
    }
}
