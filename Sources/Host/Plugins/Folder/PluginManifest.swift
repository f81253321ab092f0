package import PluginKit

/// `plugin.yaml`: what a plugin is and may reach, known without running any of it.
package struct PluginManifest: Sendable, Hashable {
    /// How the plugin runs.
    package enum Program: Sendable, Hashable {
        /// A Swift library inside the host: its path in the plugin's folder.
        case library(String)
        /// A child process: the program and its arguments, started in the plugin's folder.
        case command([String])
    }

    /// What the plugin asks to reach; anything else is denied where the system can enforce it.
    package struct Permissions: Sendable, Hashable {
        /// Hosts it connects to, `api.example.com` or `api.example.com:443`.
        package var network: [String] = []
        /// Files it opens beside its own folder, in the plugin's words.
        package var files: [String] = []
        /// Environment variables it reads.
        package var environment: [String] = []

        /// Creates permissions.
        package init(network: [String] = [], files: [String] = [], environment: [String] = []) {
            self.network = network
            self.files = files
            self.environment = environment
        }
    }

    /// Kind and name.
    package let id: PluginIdentifier
    /// The plugin's version, `1.0.0`.
    package let version: String
    /// One sentence: what it does.
    package let summary: String
    /// How settled it is.
    package let stability: Stability
    /// How it runs.
    package let program: Program
    /// The options it takes, by name; `nil` where only the running plugin says.
    package let options: [Option]?
    /// What it asks to reach.
    package let permissions: Permissions

    /// One option, described for people; types are checked by the plugin's own schema.
    package struct Option: Sendable, Hashable {
        /// The key in YAML.
        package let name: String
        /// What it means.
        package let summary: String
    }

    /// How it is kept apart from the host.
    package var tier: PluginTier {
        switch program {
        case .library: .dynamic
        case .command: .process
        }
    }

    /// The file's name in a plugin's folder.
    package static let fileName = "plugin.yaml"
    /// Most bytes of the file.
    package static let sizeLimit = 65_536

    /// Reads the manifest of a plugin's folder; runs nothing, follows no link out of the folder.
    package static func read(folder: String) throws(PluginFault) -> PluginManifest {
        try PluginManifestReader(folder: folder).read()
    }

    /// Reads a text; the files that it names are not looked at.
    package static func parse(_ text: [UInt8], name: String = fileName) throws(PluginFault) -> PluginManifest {
        try PluginManifestReader(folder: nil, name: name).parse(text)
    }
}
