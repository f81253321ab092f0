public import PluginKit
import RollingStatistics

/// Aroon: how long ago the highest high and the lowest low were.
///
/// ## Formula
/// ```
/// up_t   = 100 * (n - bars since the highest high of the last n + 1 bars) / n        down_t likewise, lowest low
/// oscillator_t = up_t - down_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | `up`, `down`: 0 ... 100; `oscillator`: -100 ... 100; no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 4 `period` numbers of memory |
/// | Undefined | equal extremes: the newest counts, as TA-Lib |
///
/// Source: T. Chande, 1995. Checked against: TA-Lib 0.8.1 (`AROON`, `AROONOSC`), relative tolerance 1e-9.
public struct Aroon: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "aroon", "How long ago the highest high and the lowest low were.",
        [.period(from: 2, default: 14, "Bars that are looked back.")],
        outputs: [
            OutputColumn("up", unit: "0...100", "100: the highest high is this bar's; 0: it is the oldest one's."),
            OutputColumn("down", unit: "0...100", "100: the lowest low is this bar's; 0: it is the oldest one's."),
            OutputColumn("oscillator", unit: "-100...100", "Up less down."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var highest: RollingExtreme
        var lowest: RollingExtreme
        let period: Double

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period(from: 2)
            highest = RollingExtreme(.highest, period: period + 1, in: &layout)
            lowest = RollingExtreme(.lowest, period: period + 1, in: &layout)
            self.period = Double(period)
        }

        var warmUpLength: Int { highest.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            let up = 100 * (period - highest.push(bar.high, &memory).age) / period
            let down = 100 * (period - lowest.push(bar.low, &memory).age) / period
            row[0] = up
            row[1] = down
            row[2] = up - down
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try highest.code(&state)
            try lowest.code(&state)
        }
    }
}
