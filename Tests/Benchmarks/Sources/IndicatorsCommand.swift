import ArgumentParser
import CAllocationCounter
import FoundationEssentials
import Glibc
import Indicators
import PluginKit
import TestSupport

/// Each indicator over one long history as columns, as TA-Lib takes it, and as a run of bars, as a pipeline has them;
/// `Peers/talib_columns.py` calls TA-Lib's functions over the same numbers. And single updates of the most used ones.
struct IndicatorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "indicators")

    @Option(help: "What to measure: Tests/Benchmarks/Peers/indicators.txt.") var table: String
    @Option(help: "Bars of the run.") var bars = 1_000_000
    @Option(help: "Runs of each; the fastest counts.") var rounds = 3
    @Option(help: "Bars of a call, as a pipeline of many instruments makes it; all at once where it is absent.")
    var call: Int?
    @Option(help: "Measure only indicators whose line has this text.") var only: String?
    @Option(help: "Write open, high, low, close and volume there, an array of doubles each, and measure nothing.")
    var write: String?

    func run() throws {
        let run = Self.bars(bars)
        if let write { return try Self.write(run, to: write) }
        let columns = BarTable(run)
        let lines = try String(contentsOf: URL(filePath: table), encoding: .utf8).split(separator: "\n")
        for line in lines where !line.hasPrefix("#") && (only.map { line.contains($0) } ?? true) {
            let sides = line.split(separator: "|").map { $0.trimmingPrefix(while: \.isWhitespace) }
            guard sides.count == 2 else { throw ValidationError("indicators: no '|' in the line '\(line)'.") }
            let functions = sides[0].split(separator: "+").compactMap { $0.split(separator: " ").first }
            let (indicator, width) = try Self.make(String(sides[1]))
            let name = functions.joined(separator: "+")
            printResult("indicator_own_\(name)", nanoseconds(indicator, width, columns), "ns")
            printResult("indicator_bars_\(name)", nanoseconds(indicator, width, run), "ns")
        }
        guard only == nil else { return }
        for name in ["sma", "ema", "rsi", "atr", "macd"] { try measureUpdates(name, run) }
    }

    /// One event after the other, as a host without runs would call it.
    private func measureUpdates(_ name: String, _ bars: [Bar]) throws {
        // The box of `any Indicator` is opened once, not at each event.
        func feed(_ indicator: inout some Indicator<Bar>, _ target: OutputRow) {
            for bar in bars { _ = indicator.update(bar, into: target) }
        }
        var (indicator, width) = try Self.make(name)
        var row = [Double](repeating: 0, count: width)
        var (spans, allocations) = ([Double](), UInt64(0))
        row.withUnsafeMutableBufferPointer { numbers in
            guard let base = numbers.baseAddress else { return }
            let target = OutputRow(base: base, width: width)
            for _ in 0..<rounds {
                let (before, start) = (allocation_count(), Self.processorTime())
                feed(&indicator, target)
                spans.append(Self.processorTime() - start)
                allocations = allocation_count() - before
            }
        }
        printResult("indicator_update_\(name)", (spans.min() ?? .nan) / Double(bars.count), "ns")
        printResult("indicator_update_allocations_\(name)", Double(allocations) / Double(bars.count), "")
    }

    /// Processor time of the fastest run, a bar.
    private func nanoseconds(_ fresh: any Indicator<Bar>, _ width: Int, _ bars: [Bar]) -> Double {
        fastest(bars.count, width) { base in
            var indicator = fresh
            let start = Self.processorTime()
            feed(&indicator, bars.span, base, width)
            return Self.processorTime() - start
        }
    }

    private func feed(
        _ indicator: inout some Indicator<Bar>, _ bars: Span<Bar>, _ base: UnsafeMutablePointer<Double>, _ width: Int
    ) {
        for start in stride(from: 0, to: bars.count, by: call ?? bars.count) {
            let range = start..<min(start + (call ?? bars.count), bars.count)
            let rows = FeatureRows(base: base + start * width, count: range.count, width: width, stride: width)
            indicator.update(bars.extracting(range), into: rows)
        }
    }

    private func nanoseconds(_ fresh: any Indicator<Bar>, _ width: Int, _ columns: BarTable) -> Double {
        guard let fresh = fresh as? any ColumnIndicator else { return .nan }
        return columns.withColumns { columns in
            fastest(columns.count, width) { base in
                var indicator = fresh
                let rows = FeatureRows(base: base, count: columns.count, width: width, stride: width)
                let start = Self.processorTime()
                indicator.update(columns, into: rows)
                return Self.processorTime() - start
            }
        }
    }

    private func fastest(_ count: Int, _ width: Int, _ run: (UnsafeMutablePointer<Double>) -> Double) -> Double {
        var rows = [Double](repeating: 0, count: count * width)
        return rows.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return .nan }
            return (0..<rounds).map { _ in run(base) }.min().map { $0 / Double(count) } ?? .nan
        }
    }

    /// Time of this thread, nanoseconds: other programs on the machine do not count.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// Makes an indicator from `name?option=value&option=value`.
    private static func make(_ text: String) throws -> (indicator: any Indicator<Bar>, width: Int) {
        let parts = text.split(separator: "?")
        guard let name = parts.first,
            let plugin = IndicatorList.all.first(where: { $0.descriptor.id == "indicator/\(name)" })
        else { throw ValidationError("indicators: no indicator '\(text)'.") }
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        for setting in parts.dropFirst().joined().split(separator: "&") {
            let sides = setting.split(separator: "=").map(String.init)
            values[sides[0]] =
                Int(sides[1]).map { .integer($0) } ?? Bool(sides[1]).map { .boolean($0) } ?? .text(sides[1])
        }
        let configuration = Configuration(instance: plugin.descriptor.id, values: values)
        guard case .indicator(let make) = plugin.maker, let made = try make(configuration) as? any Indicator<Bar> else {
            throw ValidationError("indicators: '\(text)' reads no bars.")
        }
        return (made, plugin.outputs(configuration).count)
    }

    /// A walk with bodies and shadows of many lengths, the same each time.
    private static func bars(_ count: Int) -> [Bar] {
        var random = SeededGenerator(seed: 7)
        var price = 100.0
        return (0..<count).map { number in
            let open = price + Double.random(in: -0.02...0.02, using: &random)
            let close = max(1, open + Double.random(in: -1...1, using: &random) * 0.4)
            let (above, below) = (
                Double.random(in: 0...0.3, using: &random), Double.random(in: 0...0.3, using: &random)
            )
            price = close + (100 - close) * 1e-3
            return Bar(
                time: Int64(number + 1) * 60_000_000_000, open: open, high: max(open, close) + above,
                low: min(open, close) - below, close: close, volume: Double(Int.random(in: 1...1_000, using: &random)),
                instrument: InstrumentID(rawValue: 0))
        }
    }

    private static func write(_ bars: [Bar], to path: String) throws {
        let fields: [(Bar) -> Double] = [\.open, \.high, \.low, \.close, \.volume]
        let numbers = fields.flatMap(bars.map)
        try numbers.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    }
}

/// Bars as columns in arrays.
private struct BarTable {
    let times: [Int64]
    /// Open, high, low, close, volume, amount: one after the other.
    let numbers: [Double]

    init(_ bars: [Bar]) {
        times = bars.map(\.time)
        let fields: [(Bar) -> Double] = [\.open, \.high, \.low, \.close, \.volume, \.amount]
        numbers = fields.flatMap(bars.map)
    }

    func withColumns(_ body: (BarColumns) -> Double) -> Double {
        times.withUnsafeBufferPointer { times in
            numbers.withUnsafeBufferPointer { numbers in
                guard let time = times.baseAddress, let first = numbers.baseAddress else { return .nan }
                let columns = (0..<6).map { first + $0 * times.count }
                return body(
                    BarColumns(
                        time: time, open: columns[0], high: columns[1], low: columns[2], close: columns[3],
                        volume: columns[4], amount: columns[5], instrument: InstrumentID(rawValue: 0),
                        count: times.count))
            }
        }
    }
}
