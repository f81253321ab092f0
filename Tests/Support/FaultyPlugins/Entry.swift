public import PluginKit

/// Plugins in Swift that break as they are told: compiled into a host of the tests, and as a library of the dynamic tier.
public enum FaultyPlugins {
    /// One of each kind, and a provider that only answers.
    public static let all: [PluginType] = [
        .provider(FaultyPush.self), .provider(FaultyPull.self), .indicator(FaultyIndicator.self),
        .model(FaultyModel.self), .sink(FaultySink.self),
    ]
}

/// The library's entry.
@c(penstock_plugin_FaultyPlugins) public func entry() -> UnsafeMutableRawPointer {
    exportPlugins(
        .provider(FaultyPush.self), .provider(FaultyPull.self), .indicator(FaultyIndicator.self),
        .model(FaultyModel.self), .sink(FaultySink.self))
}
