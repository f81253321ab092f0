import PluginKit

/// The library's entry: named after `libExampleLinesModel.so`.
@c(penstock_plugin_ExampleLinesModel) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.model(ExampleLines.self))
}
