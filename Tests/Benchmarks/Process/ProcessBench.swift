import ArgumentParser
import HostProcess
import PluginKit

/// What the process and dynamic tiers cost; prints `RESULT name=... value=... unit=...` lines.
@main
struct ProcessBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-process-bench", abstract: "Measure plugins that are not compiled in.",
        subcommands: [RateCommand.self, DynamicCommand.self, ContainmentCommand.self])
}

/// Prints one figure.
func printResult(_ name: String, _ value: Double, _ unit: String) {
    print("RESULT name=\(name) value=\(value) unit=\(unit)")
}

/// Returns the value below which a share of the numbers lies.
func percentile(_ numbers: [Double], _ share: Double) -> Double {
    let sorted = numbers.sorted()
    return sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
}

/// Bars of one instrument; the prices wander by a fixed rule. For measuring only.
func wanderingBars(_ count: Int, from first: Int = 0) -> [Bar] {
    var random: UInt64 = 88_172_645_463_325_252
    var price = 100.0
    return (first..<first + count).map { index in
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        let open = price
        price = max(1, open * (1 + Double(Int64(bitPattern: random) >> 40) * 1e-9))
        return Bar(
            time: Int64(index + 1) * 60_000_000_000, open: open, high: max(open, price), low: min(open, price),
            close: price, volume: 100, instrument: InstrumentID(rawValue: 0))
    }
}

/// Makes an indicator of a plugin with its defaults and some options.
func indicator(_ type: PluginType, _ given: [String: ConfigurationValue] = [:]) throws -> any Indicator<Bar> {
    var values = given
    for option in type.descriptor.schema.options where values[option.name] == nil {
        values[option.name] = option.defaultValue
    }
    let options = Configuration(instance: "indicator/bench", values: values)
    guard case .indicator(let make) = type.maker, let made = try make(options) as? any Indicator<Bar> else {
        throw PluginError(.unsupported, "bench: \(type.descriptor.id) is no indicator over bars.")
    }
    return made
}

/// Feeds a run and returns the first output of the last row.
@inline(never) func feed(_ bars: [Bar], _ subject: inout some Indicator<Bar>, _ values: inout [Double], _ width: Int) {
    values.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        subject.update(bars.span, into: FeatureRows(base: base, count: bars.count, width: width, stride: width))
    }
}
