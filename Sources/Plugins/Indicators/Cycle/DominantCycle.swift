public import PluginKit
import RollingStatistics

/// Length of the cycle that rules, and the two parts of its vector, by the Hilbert transform.
///
/// ## Formula
/// ```
/// s_t = (4 * x_t + 3 * x_(t-1) + 2 * x_(t-2) + x_(t-3)) / 10        c_t = 0.075 * period_(t-1) + 0.54
/// H(u)_t = (0.0962 * u_t + 0.5769 * u_(t-2) - 0.5769 * u_(t-4) - 0.0962 * u_(t-6)) * c_t
/// D = H(s)        in_phase_t = D_(t-3)        quadrature = H(D)
/// I = smooth(in_phase - H(quadrature))        Q = smooth(quadrature + H(in_phase))        smooth: 0.2 new, 0.8 old
/// Re = smooth(I_t * I_(t-1) + Q_t * Q_(t-1))        Im = smooth(I_t * Q_(t-1) - Q_t * I_(t-1))
/// period: 360 / atan(Im / Re), within 0.67 ... 1.5 of the one before and 6 ... 50, smoothed with 0.2 and again with 0.33
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `period`: bars; `in_phase`, `quadrature`: unit of the source |
/// | Parameters | `source` |
/// | Warm-up | 33 bars; recursive: what is older fades with 0.8^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | values above about 1e149 are refused |
///
/// Source: J. Ehlers, *Rocket Science for Traders*, 2001. Checked against: TA-Lib 0.8.1 (`HT_DCPERIOD`, `HT_PHASOR`),
/// relative tolerance 1e-9.
public struct DominantCycle: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "dominant_cycle", "Length and vector of the cycle that rules.",
        [
            .source()
        ],
        outputs: [
            OutputColumn("period", unit: "bars", "Length of the cycle."),
            OutputColumn("in_phase", unit: "unit of the source", "Part of the vector in phase with the values."),
            OutputColumn("quadrature", unit: "unit of the source", "Part of the vector a quarter of a cycle ahead."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var transform = HilbertKernel(startingAt: 12)
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            source = try BarField(options)
        }

        var warmUpLength: Int { 33 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isSquarable else { return false }
            let cycle = transform.push(value)
            row.clear()
            guard transform.seen >= warmUpLength else { return true }
            row[0] = transform.smoothPeriod
            row[1] = cycle.inPhase
            row[2] = cycle.quadrature
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try transform.code(&state) }
    }
}
