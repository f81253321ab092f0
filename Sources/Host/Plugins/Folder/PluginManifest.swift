package import HostManifest
package import PluginKit

/// `plugin.yaml`: what a plugin is and may reach, known without running any of it.
package struct PluginManifest: Sendable {
    /// How the plugin runs.
    package enum Program: Sendable, Hashable {
        /// A Swift library inside the host: its path in the plugin's folder.
        case library(String)
        /// A child process: the program and its arguments, started in the plugin's folder.
        case command([String])
    }

    /// Kind and name.
    package let id: PluginIdentifier
    /// What it is: options, outputs, capabilities. Opening it has to give the same.
    package let descriptor: PluginDescriptor
    /// How it runs.
    package let program: Program
    /// What it asks to reach; anything else is denied where the system can enforce it.
    package let permissions: PluginPermissions
    /// The model of the host whose artifacts it fits, and that serves them; `nil` where it serves itself.
    package let servedBy: String?

    /// The plugin's version, `1.0.0`.
    package var version: String { descriptor.version }
    /// One sentence: what it does.
    package var summary: String { descriptor.summary }

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

    /// Reads only how a plugin runs and what it asks, for a file whose description is still to be written.
    package static func draft(folder: String) throws(PluginFault) -> PluginManifest {
        try PluginManifestReader(folder: folder, isDraft: true).read()
    }

    /// Reads a text; the files that it names are not looked at.
    package static func parse(_ text: [UInt8], name: String = fileName) throws(PluginFault) -> PluginManifest {
        try PluginManifestReader(folder: nil, name: name).parse(text)
    }
}
