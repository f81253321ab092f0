/// What a plugin's library must have been built with to be opened by a host with this kit.
public enum PluginGates {
    /// The version of the kit's binary interface; the library needs the symbol `pluginkit_abi_<abi>`.
    public static let abi = "2"

    #if compiler(>=6.6)
    /// The Swift compiler's version; the library needs the symbol `pluginkit_swift_<compiler>`, `_` for the dot.
    public static let compiler = "6.6"
    #elseif compiler(>=6.5)
    /// The Swift compiler's version; the library needs the symbol `pluginkit_swift_<compiler>`, `_` for the dot.
    public static let compiler = "6.5"
    #elseif compiler(>=6.4)
    /// The Swift compiler's version; the library needs the symbol `pluginkit_swift_<compiler>`, `_` for the dot.
    public static let compiler = "6.4"
    #else
    /// The Swift compiler's version; the library needs the symbol `pluginkit_swift_<compiler>`, `_` for the dot.
    public static let compiler = "6.3"
    #endif
}
