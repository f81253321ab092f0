import PluginKit

/// The library's entry: named after `libExampleMoveIndicator.so`.
@c(penstock_plugin_ExampleMoveIndicator) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.indicator(ExampleMove.self))
}
