import PluginKit

/// The library's entry: named after `libExampleFilesProvider.so`.
@c(penstock_plugin_ExampleFilesProvider) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.provider(ExampleFiles.self))
}
