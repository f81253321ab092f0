import Builtin
import PluginKit

/// Finds the indicators among the compiled-in plugins and builds their options the way the host does: defaults first, texts
/// read by the declared type.
enum Subjects {
    static let plugins = Builtin.plugins.filter { $0.descriptor.kind == .indicator }
    static let names = plugins.map { $0.descriptor.name }

    static func plugin(_ name: String) throws -> PluginType {
        guard let found = plugins.first(where: { $0.descriptor.name == name }) else {
            throw PluginError(.notFound, "no indicator '\(name)'")
        }
        return found
    }

    static func descriptor(_ name: String) throws -> PluginDescriptor { try plugin(name).descriptor }

    /// Builds options from `period=5&source=open`.
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

    static func make(_ plugin: PluginType, _ configuration: Configuration) throws(PluginError) -> any Indicator<Bar> {
        guard case .indicator(let make) = plugin.maker, let made = try make(configuration) as? any Indicator<Bar> else {
            throw PluginError(.notFound, "\(plugin.descriptor.id) is no indicator over bars")
        }
        return made
    }

    /// Feeds bars as one run; returns one array a bar.
    static func feed(_ bars: [Bar], to indicator: inout any Indicator<Bar>) -> [[Double]] {
        let width = Swift.type(of: indicator).descriptor.outputs.count
        var matrix = [Double](repeating: 0, count: bars.count * width)
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            indicator.update(bars.span, into: FeatureRows(base: base, count: bars.count, width: width, stride: width))
        }
        return bars.indices.map { Array(matrix[($0 * width)..<(($0 + 1) * width)]) }
    }

    /// Feeds bars to a fresh indicator.
    static func rows(_ name: String, _ options: String = "", _ bars: [Bar]) throws -> [[Double]] {
        var indicator = try make(name, options)
        return feed(bars, to: &indicator)
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
        case .choice: .text(text)
        default: throw PluginError(.configuration, "no option for '\(text)'")
        }
    }
}
