public import PluginKit
import RollingStatistics

/// Directional movement: how far highs rose above, and lows fell below, those of the bar before; summed as Wilder
/// did.
///
/// ## Formula
/// ```
/// u = high_t - high_(t-1)         d = low_(t-1) - low_t
/// +DM_t = u where u > d and u > 0, else 0                 -DM_t = d where d > u and d > 0, else 0
/// S_(n-1) = sum of the first n - 1                        S_t = S_(t-1) - S_(t-1) / n + DM_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 14; at 1 the movement of the bar itself |
/// | Warm-up | `period` bars, 2 where `period` is 1; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1
/// (`PLUS_DM`, `MINUS_DM`), relative tolerance 1e-9.
public struct DirectionalMovement: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "directional_movement", "How far highs rose above and lows fell below those before.",
        [.period(default: 14, "Bars of Wilder's sum.")],
        outputs: [
            OutputColumn("plus", unit: "quote currency", "Upward movement."),
            OutputColumn("minus", unit: "quote currency", "Downward movement."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var movement: DirectionalSums

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            movement = DirectionalSums(period: try options.period())
        }

        var warmUpLength: Int { max(movement.period, 2) }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            // The true range is not read here, so the close need not be a number.
            let sums = movement.push(high: bar.high, low: bar.low, close: bar.low)
            row[0] = sums.plus
            row[1] = sums.minus
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try movement.code(&state) }
    }
}
