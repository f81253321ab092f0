import PluginKit

/// The library's entry: named after `libExampleLogSink.so`.
@c(penstock_plugin_ExampleLogSink) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.sink(ExampleLog.self))
}
