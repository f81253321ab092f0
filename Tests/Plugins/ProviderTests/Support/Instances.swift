import PluginKit
import TestSupport

/// The options of an instance of a plugin: the schema's defaults, then the given ones.
func configuration(
    of type: any Provider.Type, _ options: [String: ConfigurationValue]
) -> Configuration {
    var values: [String: ConfigurationValue] = [:]
    for option in type.descriptor.schema.options { values[option.name] = option.defaultValue }
    return Configuration(instance: type.descriptor.id, values: values.merging(options) { _, new in new })
}

/// Builds an instance of a provider with a state folder.
func instance<Kind: Provider>(
    _ type: Kind.Type, _ options: [String: ConfigurationValue], state: String = "/nonexistent",
    log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
) throws -> Kind {
    try Kind(
        configuration(of: type, options),
        context: PluginContext(
            baseDirectory: "/", stateDirectory: state, instruments: try TestInstruments([]), log: log))
}

extension FetchRequest {
    /// A request for instruments by name, all there is of them.
    init(
        _ kind: EventKind, _ names: [String], _ timeframe: Timeframe = Timeframe(1, .day),
        range: ClosedRange<Int64> = Int64.min...Int64.max
    ) throws {
        self.init(kind, of: try TestInstruments(names).references, timeframe: timeframe, range: range)
    }
}
