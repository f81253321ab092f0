import Builtin
import PluginKit
import RowColumns
import Testing

/// Finds the indicators among the compiled-in plugins, but for those of figures and those that the host fills in, and builds their options the way the host
/// does: defaults first, texts read by the declared type.
enum Subjects {
    static let plugins = Builtin.plugins.filter {
        $0.descriptor.kind == .indicator && $0.descriptor.reads != .figure
            && !derivedColumnPlugins.contains($0.descriptor.id)
    }
    /// Those that read the quote beside a trade.
    static let quoted = Builtin.plugins.filter {
        $0.descriptor.reads == .trade && derivedColumnPlugins.contains($0.descriptor.id)
    }
    static let names = plugins.map { $0.descriptor.name }

    static func plugin(_ name: String) throws -> PluginType {
        guard let found = (plugins + quoted).first(where: { $0.descriptor.name == name }) else {
            throw PluginError(.notFound, "no indicator '\(name)'")
        }
        return found
    }

    static func descriptor(_ name: String) throws -> PluginDescriptor { try plugin(name).descriptor }

    /// Builds options from `period=5&source=open`; spans are in seconds, `5s`.
    static func configuration(_ name: String, _ options: String = "") throws -> Configuration {
        let schema = try descriptor(name).schema
        var values: [String: ConfigurationValue] = [:]
        for option in schema.options { values[option.name] = option.defaultValue }
        for pair in options.split(separator: "&") {
            let parts = pair.split(separator: "=").map(String.init)
            values[parts[0]] = try value(parts[1], schema[parts[0]]?.type)
        }
        return Configuration(instance: "indicator/\(name)", values: values)
    }

    static func make(_ name: String, _ options: String = "") throws -> any Indicator<Bar> {
        try make(plugin(name), configuration(name, options))
    }

    static func make<Event: MarketEvent>(
        _ plugin: PluginType, _ configuration: Configuration, _ type: Event.Type = Bar.self
    ) throws(PluginError) -> any Indicator<Event> {
        guard case .indicator(let make) = plugin.maker, let made = try make(configuration) as? any Indicator<Event>
        else {
            throw PluginError(.notFound, "\(plugin.descriptor.id) is no indicator over \(Event.kind.rawValue) events")
        }
        return made
    }

    /// The recordings of the kind an indicator reads; skips the test where there is none on this machine.
    static func recordings(of plugin: PluginType) throws -> [Recording] {
        let recordings = Recording.all(of: plugin.descriptor.reads)
        if recordings.isEmpty { try Test.cancel("no ../shared/data/market here") }
        return recordings
    }

    /// Feeds events as one run; returns one array an event. Where options decide which outputs there are, `width` is their
    /// number.
    static func feed<Event: MarketEvent>(
        _ events: [Event], to indicator: inout any Indicator<Event>, width: Int? = nil
    ) -> [[Double]] {
        let width = width ?? Swift.type(of: indicator).descriptor.outputs.count
        var matrix = [Double](repeating: 0, count: events.count * width)
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            indicator.update(
                events.span, into: FeatureRows(base: base, count: events.count, width: width, stride: width))
        }
        return events.indices.map { Array(matrix[($0 * width)..<(($0 + 1) * width)]) }
    }

    /// Returns how many events an indicator with some options needs before the first value.
    static func warmUpLength(_ name: String, _ options: String) throws -> Int? {
        guard case .indicator(let make) = try plugin(name).maker else { return nil }
        return try make(configuration(name, options)).warmUpLength
    }

    /// Returns the columns that some options give.
    static func outputs(_ name: String, _ options: String = "") throws -> [OutputColumn] {
        try plugin(name).outputs(configuration(name, options))
    }

    /// Feeds bars to a fresh indicator.
    static func rows(_ name: String, _ options: String = "", _ bars: [Bar]) throws -> [[Double]] {
        var indicator = try make(name, options)
        return feed(bars, to: &indicator, width: try outputs(name, options).count)
    }

    /// Bars with one price for open, high, low and close.
    static func bars(_ prices: [Double], volume: Double = 1_000) -> [Bar] {
        prices.map {
            Bar(
                time: 0, open: $0, high: $0, low: $0, close: $0, volume: volume, instrument: InstrumentID(rawValue: 0))
        }
    }

    private static func value(_ text: String, _ type: OptionType?) throws -> ConfigurationValue {
        switch type {
        case .integer: .integer(Int(text) ?? 0)
        case .number, .ratio: .number(Double(text) ?? 0)
        case .boolean: .boolean(text == "true")
        case .choice, .text: .text(text)
        case .duration: .duration(.seconds(Int(text.dropLast()) ?? 0))
        default: throw PluginError(.configuration, "no option for '\(text)'")
        }
    }
}
