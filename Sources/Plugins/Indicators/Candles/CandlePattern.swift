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
/// | Cost | O(1) time a bar for each pattern; 35 numbers of memory for all |
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

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var window: CandleWindow
        let shapes: [CandleShape]
        let warmUpLength: Int
        var seen = 0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = CandleWindow(in: &layout)
            shapes = try CandlePattern.shapes(options)
            warmUpLength = shapes.map(\.warmUpLength).max() ?? 1
        }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange, bar.open.isUsable else { return false }
            window.push(bar, &memory)
            if seen < warmUpLength { seen += 1 }
            guard seen == warmUpLength else {
                row.clear()
                return true
            }
            for index in shapes.indices { row[index] = shapes[index].value(window) }
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try state.count(&seen, in: 0...warmUpLength)
        }
    }
}
