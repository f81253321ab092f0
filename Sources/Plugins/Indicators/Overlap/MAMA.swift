public import PluginKit
import RollingStatistics

/// MESA adaptive moving average: an average as fast as the phase of the dominant cycle turns, and a slower one that
/// follows it.
///
/// ## Formula
/// ```
/// p_t: phase of the Hilbert transform (see dominant_cycle), degrees        d_t = max(p_(t-1) - p_t, 1)
/// a_t = max(fast / d_t, slow)        mama_t = a_t * x_t + (1 - a_t) * mama_(t-1)
/// fama_t = a_t / 2 * mama_t + (1 - a_t / 2) * fama_(t-1)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `fast_limit`: 0.01 ... 0.99, default 0.5; `slow_limit`: 0.01 ... 0.99, default 0.05; `source` |
/// | Warm-up | 33 bars; recursive: the first bars' weight fades with (1 - slow)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | values above about 1e149 are refused |
///
/// Source: J. Ehlers, *MAMA: The Mother of Adaptive Moving Averages*, 2001. Checked against: TA-Lib 0.8.1 (`MAMA`),
/// relative tolerance 1e-9.
public struct MAMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mama", "An average as fast as the dominant cycle's phase turns.",
        [
            .number("fast_limit", 0.01...0.99, default: 0.5, "Largest weight of a new value."),
            .number("slow_limit", 0.01...0.99, default: 0.05, "Smallest weight of a new value."),
            .source(),
        ],
        outputs: [
            OutputColumn("mama", unit: "unit of the source", "The adaptive average."),
            OutputColumn("fama", unit: "unit of the source", "Its slower follower."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var transform = HilbertKernel(startingAt: 12)
        var phase = 0.0
        var mama = 0.0
        var fama = 0.0
        let fast: Double
        let slow: Double
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            fast = try options.number("fast_limit")
            slow = try options.number("slow_limit")
            source = try BarField(options)
        }

        var warmUpLength: Int { 33 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isSquarable else { return false }
            let cycle = transform.push(value)
            row.clear()
            guard transform.hasBegun else { return true }
            let now = cycle.inPhase == 0 ? 0 : (cycle.quadrature / cycle.inPhase).arcTangent.inDegrees
            let turn = max(phase - now, 1)
            phase = now
            let share = turn > 1 ? max(fast / turn, slow) : fast
            mama = share * value + (1 - share) * mama
            fama = share / 2 * mama + (1 - share / 2) * fama
            guard transform.seen >= warmUpLength else { return true }
            row[0] = mama
            row[1] = fama
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try transform.code(&state)
            try state.number(&phase)
            try state.number(&mama)
            try state.number(&fama)
        }
    }
}
