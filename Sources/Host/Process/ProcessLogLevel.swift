package import PluginKit

/// How much a line of a process's log matters.
package enum ProcessLogLevel: String, Sendable {
    /// Step by step.
    case trace
    /// For who develops the plugin.
    case debug
    /// Something the plugin recovered from.
    case info
    /// Something that costs data or time, and that someone should look at.
    case warning

    /// The level the contract of plugins has; `nil` for what only a process can say.
    package var ofPlugins: PluginLogLevel? { PluginLogLevel(rawValue: rawValue) }
}
