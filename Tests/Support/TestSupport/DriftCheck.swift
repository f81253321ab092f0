package import PluginKit

/// How far indicators that keep running sums have drifted after many updates, against two passes over the last window.
///
/// Real bars come again and again, at levels a million times higher and a thousand times lower in turn: what a plain running
/// sum would have rounded away at the high level stays in it for good, and is far larger than the sum at the low one.
package struct DriftCheck: Sendable {
    /// What a window of bars should give, and the size that an error is measured by.
    package typealias Expected = (value: Double, scale: Double)

    /// The indicator's name.
    package let name: String
    private let output: String
    private let window: Int
    private let twoPass: @Sendable (ArraySlice<Bar>) -> Expected

    /// What is checked: windows of 20 bars or as many as an indicator has by default.
    package static let all: [DriftCheck] = [
        DriftCheck("sma", 20) { mean($0.map(\.close)) },
        DriftCheck("rolling_sum", 20) { sum($0.map(\.close)) },
        DriftCheck("wma", 20) { bars in
            let (total, scale) = sum(bars.enumerated().map { Double($0 + 1) * $1.close })
            return (total / 210, scale / 210)
        },
        DriftCheck("variance", 20) { bars in
            let squares = deviations(bars.map(\.close)).map { $0 * $0 }
            return mean(squares)
        },
        DriftCheck("standard_deviation", 20) { bars in
            let deviation = mean(deviations(bars.map(\.close)).map { $0 * $0 }).value.squareRoot()
            return (deviation, deviation)
        },
        DriftCheck("linear_regression", output: "slope", 20) { bars in
            let places = deviations((0..<20).map(Double.init))
            let prices = deviations(bars.map(\.close))
            let (total, scale) = sum(zip(places, prices).map { $0 * $1 })
            return (total / 665, scale / 665)
        },
        DriftCheck("correlation", 30) { bars in
            let (x, y) = (deviations(bars.map(\.high)), deviations(bars.map(\.low)))
            let products = [(x, y), (x, x), (y, y)].map { sum(zip($0, $1).map { $0 * $1 }).value }
            return (products[0] / (products[1] * products[2]).squareRoot(), 1)
        },
        DriftCheck("vwma", 30) { bars in
            let value = sum(bars.map { $0.close * $0.volume }).value / sum(bars.map(\.volume)).value
            return (value, value)
        },
        DriftCheck("vwap", 20) { bars in
            let values = bars.map { ($0.high + $0.low + $0.close) / 3 * $0.volume }
            let value = sum(values).value / sum(bars.map(\.volume)).value
            return (value, value)
        },
        DriftCheck("cmf", output: "value", 20) { bars in
            let flows = bars.map { bar in
                bar.high == bar.low
                    ? 0 : ((bar.close - bar.low) - (bar.high - bar.close)) / (bar.high - bar.low) * bar.volume
            }
            return (sum(flows).value / sum(bars.map(\.volume)).value, 1)
        },
    ]

    private init(
        _ name: String, output: String = "value", _ window: Int,
        _ twoPass: @escaping @Sendable (ArraySlice<Bar>) -> Expected
    ) {
        self.name = name
        self.output = output
        self.window = window
        self.twoPass = twoPass
    }

    /// Feeds an indicator with as many bars or a few more; returns the largest error at one bar in a hundred.
    package func worstError(of plugin: PluginType, updates: Int) throws -> Double {
        let real = try RealBars.load()
        var (indicator, width, column) = try make(plugin)
        var (before, worst, fed, turn) = ([Bar](), 0.0, 0, 0)
        while fed < updates {
            let bars = real.map { Self.bar($0, times: [1, 1e6, 1e-3][turn % 3]) }
            let values = Self.feed(bars, to: &indicator, width, column)
            let all = before + bars
            for end in stride(from: all.count, to: max(before.count, window), by: -101) {
                let expected = twoPass(all[(end - window)..<end])
                let error = (values[end - before.count - 1] - expected.value).magnitude / expected.scale
                // A value that is missing is as wrong as can be.
                worst = error <= worst ? worst : error.isNaN ? .infinity : error
            }
            before = Array(bars.suffix(window))
            fed += bars.count
            turn += 1
        }
        return worst
    }

    private func make(_ plugin: PluginType) throws -> (indicator: any Indicator<Bar>, width: Int, column: Int) {
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        if values["period"] != nil { values["period"] = .integer(window) }
        let configuration = Configuration(instance: plugin.descriptor.id, values: values)
        let outputs = plugin.outputs(configuration)
        guard case .indicator(let make) = plugin.maker, let made = try make(configuration) as? any Indicator<Bar>,
            let column = outputs.firstIndex(where: { $0.name == output })
        else { throw PluginError(.notFound, "\(plugin.descriptor.id) has no output '\(output)' over bars") }
        return (made, outputs.count, column)
    }

    private static func feed(
        _ bars: [Bar], to indicator: inout any Indicator<Bar>, _ width: Int, _ column: Int
    ) -> [Double] {
        var matrix = [Double](repeating: 0, count: bars.count * width)
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            indicator.update(bars.span, into: FeatureRows(base: base, count: bars.count, width: width, stride: width))
        }
        return stride(from: column, to: matrix.count, by: width).map { matrix[$0] }
    }

    /// A bar at another level.
    package static func bar(_ bar: Bar, times factor: Double) -> Bar {
        Bar(
            time: bar.time, open: bar.open * factor, high: bar.high * factor, low: bar.low * factor,
            close: bar.close * factor, volume: bar.volume * factor, instrument: bar.instrument)
    }

    private static func sum(_ numbers: [Double]) -> Expected {
        (numbers.reduce(0, +), numbers.map(\.magnitude).reduce(0, +))
    }

    private static func mean(_ numbers: [Double]) -> Expected {
        let (total, scale) = sum(numbers)
        return (total / Double(numbers.count), scale / Double(numbers.count))
    }

    private static func deviations(_ numbers: [Double]) -> [Double] {
        let middle = mean(numbers).value
        return numbers.map { $0 - middle }
    }
}
