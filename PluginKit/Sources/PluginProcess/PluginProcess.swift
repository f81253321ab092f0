import Glibc
public import PluginKit

/// Serves a plugin over standard input and output until the host stops it: the whole `main.swift` of a plugin in a
/// process of its own.
///
/// ```swift
/// import PluginKit
/// import PluginProcess
///
/// runPlugin(.indicator(MyAverage.self))
/// ```
/// The plugin is the same type that is compiled in or exported from a library. What it prints goes to standard error,
/// which is its log; standard input and output belong to the protocol. Protocol: docs/plugin-protocol.md.
public func runPlugin(_ plugin: PluginType) -> Never {
    let channel = HostChannel.takeStandardStreams()
    var server = PluginServer(plugin, channel)
    exit(server.run())
}
