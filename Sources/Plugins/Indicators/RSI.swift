public import PluginKit
import RollingStatistics

/// Relative strength index: how much of recent movement was upward.
///
/// ## Formula
/// ```
/// u_t = max(x_t - x_(t-1), 0)                  d_t = max(x_(t-1) - x_t, 0)
/// U_n = mean(u_1 ... u_n)                      U_t = U_(t-1) + (u_t - U_(t-1)) / n      D likewise
/// RSI_t = 100 * U_t / (U_t + D_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14; `source` |
/// | Warm-up | `period + 1` bars; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `U + D = 0` (no movement): 0, as TA-Lib; it calls less than 1e-14 no movement, here exactly 0 is |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`RSI`),
/// relative tolerance 1e-12.
public struct RSI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "rsi", summary: "Relative strength index: share of recent movement that was upward.",
        schema: ConfigurationSchema([
            .period(from: 2, default: 14, "Changes from bar to bar that Wilder's average runs over."), .source(),
        ]),
        outputs: [OutputColumn("value", unit: "0...100", "100: only rises; 0: only falls, or no movement.")])

    var core: Core
    var memory: [Double] = []

    /// Builds an index that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let average = ExponentialAverage(wilder: try configuration.period(from: 2))
        core = Core(rises: average, falls: average, source: try BarField(configuration))
    }

    /// `period + 1`.
    public var warmUpLength: Int { core.rises.period + 1 }

    struct Core: BarCore {
        var rises: ExponentialAverage
        var falls: ExponentialAverage
        let source: BarField
        var previous = Double.nan

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let change = value - previous
            previous = value
            guard !change.isNaN else {
                row[0] = .nan
                return true
            }
            let up = change > 0 ? change : 0
            let rise = rises.push(up)
            let fall = falls.push(up - change)
            row[0] = rise + fall == 0 ? 0 : 100 * rise / (rise + fall)
            return true
        }

        func save(to writer: inout StateWriter) {
            rises.save(to: &writer)
            falls.save(to: &writer)
            writer.write(previous)
        }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try rises.restore(from: &reader)
            try falls.restore(from: &reader)
            previous = try reader.readDouble()
            guard previous.isNaN || previous.isFinite else { throw StateReader.notANumber(previous) }
        }
    }
}
