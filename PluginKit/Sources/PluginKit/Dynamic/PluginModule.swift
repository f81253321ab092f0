public import CPluginKit

/// What a plugin's library hands to the host: the plugins in it.
///
/// A host that cannot see this class in what it was handed has another copy of the kit than the library.
public final class PluginModule: Sendable {
    /// The plugins, in the order they were exported.
    public let plugins: [PluginType]

    /// Creates a module.
    public init(_ plugins: [PluginType]) { self.plugins = plugins }
}

/// Hands plugins of a library to the host; the one call of the library's entry.
///
/// ```swift
/// @c(penstock_plugin_TokyoProvider) public func entry() -> UnsafeMutableRawPointer {
///     exportPlugins(.provider(Tokyo.self))
/// }
/// ```
/// The entry is named after the library: `penstock_plugin_TokyoProvider` in `libTokyoProvider.so`. The body of this
/// function is compiled into the library, and with it the need for the gates of the kit it was built with.
@_alwaysEmitIntoClient
public func exportPlugins(_ plugins: PluginType...) -> UnsafeMutableRawPointer {
    pluginkit_abi_2()
    #if compiler(>=6.6)
    pluginkit_swift_6_6()
    #elseif compiler(>=6.5)
    pluginkit_swift_6_5()
    #elseif compiler(>=6.4)
    pluginkit_swift_6_4()
    #else
    pluginkit_swift_6_3()
    #endif
    return Unmanaged.passRetained(PluginModule(plugins)).toOpaque()
}
