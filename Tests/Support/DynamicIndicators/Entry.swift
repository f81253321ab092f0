import Indicators
import PluginKit

/// The shipped averages as a library of the dynamic tier, to compare its calls with those compiled in.
@c(penstock_plugin_DynamicIndicators) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(.indicator(SMA.self), .indicator(EMA.self), .indicator(RSI.self))
}
