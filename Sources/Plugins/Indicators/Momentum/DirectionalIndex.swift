public import PluginKit
import RollingStatistics

/// Directional index: directional movement over the true range, and how one-sided it is.
///
/// ## Formula
/// ```
/// +DI_t = 100 * +DM_t / TR_t      -DI_t likewise     sums as directional_movement, and of the true range alike
/// DX_t  = 100 * |+DI_t - -DI_t| / (+DI_t + -DI_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; recursive as `directional_movement` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | no range: DI 0; no movement: DX keeps its last value, 0 at first; as TA-Lib |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1
/// (`PLUS_DI`, `MINUS_DI`, `DX`), relative tolerance 1e-9.
public struct DirectionalIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "directional_index", "Directional movement over the true range, and how one-sided it is.",
        [.period(from: 2, default: 14, "Bars of Wilder's sums.")],
        outputs: [
            OutputColumn("plus", unit: "0...100", "Share of the range that was upward movement."),
            OutputColumn("minus", unit: "0...100", "Share of the range that was downward movement."),
            OutputColumn("index", unit: "0...100", "Difference of both over their sum."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var index: DirectionalIndexKernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            index = DirectionalIndexKernel(period: try options.period(from: 2))
        }

        var warmUpLength: Int { index.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (plus, minus, value) = index.push(bar)
            row[0] = plus
            row[1] = minus
            row[2] = value
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try index.code(&state) }
    }
}
