public import PluginKit
import RollingStatistics

/// Candlestick patterns: which of 61 shapes the last bars have.
///
/// ## Formula
/// ```
/// body = |close - open|, shadows: from the body to high and low; white: close >= open
/// long, short: above, below the mean body of the 10 bars before; doji, tiny: at most a tenth of their mean span
/// near, far, equal: 20, 60, 5 % of the mean span of the 5 bars before
/// each pattern: conditions on the last 1 ... 5 bars in these words
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency |
/// | Output | 100: the bar completes the pattern and it is bullish; -100: bearish; 80 and 200 as the outputs say; else 0 |
/// | Parameters | `pattern`: `all` or one, default `all` |
/// | Warm-up | 1 ... 15 bars: those of the pattern and of its means, as TA-Lib; 15 with `all`; what is older has no weight |
/// | Cost | O(1) time a bar for each pattern; 56 numbers of memory for all |
/// | Undefined | never |
///
/// With one pattern the output is `value`; with `all` there is one of its name for each. How far a body must reach into
/// an older one is TA-Lib's default: 30 % for stars and abandoned babies, 50 % for mat hold, dark cloud cover, piercing.
///
/// Source: S. Nison, *Japanese Candlestick Charting Techniques*, 1991; G. Morris, *Candlestick Charting Explained*,
/// 2006. Checked against: TA-Lib 0.8.1 (`CDL2CROWS` ... `CDLXSIDEGAP3METHODS`), equal.
public struct CandlePattern: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "candle_pattern", "Candlestick patterns: which of 61 shapes the last bars have.",
        [.choice("pattern", [everything] + CandleShape.all.map(\.name), default: everything, "Which pattern.")],
        outputs: CandleShape.all.map { OutputColumn($0.name, unit: "-100...100", $0.summary) })

    /// One column, or one for each pattern.
    public static func outputs(_ configuration: Configuration) -> [OutputColumn] {
        guard let found = try? shapes(configuration), found.count == 1 else { return descriptor.outputs }
        return found.map { OutputColumn("value", unit: "-100...100", $0.summary) }
    }

    private static let everything = "all"

    /// The patterns that the options name.
    private static func shapes(_ configuration: Configuration) throws(PluginError) -> [CandleShape] {
        let name = try configuration.text("pattern")
        return name == everything ? CandleShape.all : CandleShape.all.filter { $0.name == name }
    }

    var state: IndicatorState<Core>

    struct Core: BarCore {
        private var hikkake = FalseBreak()
        private var modified = FalseBreak()
        private let shapes: [CandleShape]
        private let measures: CandleColumns.Measures
        let warmUpLength: Int
        private var seen = 0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            _ = layout.reserve(CandleColumns.kept)
            shapes = try CandlePattern.shapes(options)
            measures = shapes.reduce(into: []) { $0.formUnion($1.measures) }
            warmUpLength = shapes.map(\.warmUpLength).max() ?? 1
        }

        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            var numbers = [192 of Double](repeating: 0)
            var span = numbers.mutableSpan
            return span.withUnsafeMutableBufferPointer { numbers in
                let columns = CandleColumns(numbers)
                guard columns.load(BarBlock(bars: OneBar(bar: bar), start: 0, count: 1), after: memory) else {
                    return false
                }
                evaluate(columns, 1, &memory) { row[$0] = $1[0] }
                return true
            }
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            guard bars.count > 2 else { return stepThrough(bars, &memory, into: rows, from: 0) }
            var numbers = [1536 of Double](repeating: 0)
            var span = numbers.mutableSpan
            span.withUnsafeMutableBufferPointer { numbers in
                let columns = CandleColumns(numbers)
                var start = 0
                while start < bars.count {
                    let block = BarBlock(bars: bars, start: start, count: min(columns.capacity, bars.count - start))
                    if columns.load(block, after: memory) {
                        evaluate(columns, block.count, &memory) { rows.write($1, to: $0, from: start) }
                    } else {
                        stepThrough(block, &memory, into: rows, from: start)
                    }
                    start += block.count
                }
            }
        }

        /// Writes what each pattern gives for the loaded bars, and keeps the last of them.
        private mutating func evaluate(
            _ columns: CandleColumns, _ count: Int, _ memory: inout MutableSpan<Double>,
            _ write: (Int, NumberColumn) -> Void
        ) {
            columns.measure(measures, count)
            followBreaks(columns, count)
            let values = columns.scratch.part(0..<count)
            let missing = min(max(warmUpLength - 1 - seen, 0), count)
            for (number, shape) in shapes.enumerated() {
                let value = shape.value
                values.clear(0, missing)
                for index in missing..<count { values[index] = value(columns.window(index)) }
                write(number, values)
            }
            seen = min(seen + count, warmUpLength)
            columns.save(count, to: &memory)
        }

        private mutating func followBreaks(_ columns: CandleColumns, _ count: Int) {
            guard measures.contains(.hikkake) || measures.contains(.modified) else { return }
            for index in 0..<count {
                let window = columns.window(index)
                let close = window[0].close
                hikkake.push(window.isInside(1) ? window.breakout : 0, from: window[1], close: close)
                // Before the eighth bar there is no mean span of the third last one.
                modified.push(seen + index >= 7 ? window.modifiedBreakout : 0, from: window[1], close: close)
                columns.hikkake[index] = hikkake.value
                columns.modified[index] = modified.value
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try hikkake.code(&state)
            try modified.code(&state)
            try state.count(&seen, in: 0...warmUpLength)
        }
    }
}

/// A bar as a run of one.
private struct OneBar: BarSource {
    let bar: Bar
    let count = 1

    @inline(__always) subscript(_ index: Int) -> Bar { bar }
}
