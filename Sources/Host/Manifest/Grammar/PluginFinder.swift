package import PluginKit

/// Finds plugins that were not compiled in, for a manifest that is being read.
///
/// The manifest itself does no more than name them; an implementation looks into folders, and runs a plugin's code only
/// when a `PluginType` it gave is asked to validate or to make an instance.
package protocol PluginFinder: Sendable {
    /// Returns the plugins installed in the folder of the settings.
    func plugins(_ settings: PluginSettings) -> [PluginType]

    /// Returns the plugin of an instance that names its program itself; throws why it cannot be used.
    func plugin(
        _ program: InlineProgram, kind: PluginKind, _ settings: PluginSettings
    ) throws(PluginError) -> PluginType
}

/// A program that an instance names itself: `plugin: { library: build/libTokyo.so }`.
package enum InlineProgram: Sendable, Hashable, CustomStringConvertible {
    /// A Swift library, as written.
    case library(String)
    /// A program and its arguments, as written; started in the manifest's folder.
    case command([String])

    /// The program as a message names it.
    package var description: String {
        switch self {
        case .library(let path): "library \(quoted(path))"
        case .command(let words): "command \(quoted(words.joined(separator: " ")))"
        }
    }
}
