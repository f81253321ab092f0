public import PluginKit
import RollingStatistics

/// Where in the cycle that rules the values are: its phase and sine waves, a trend line without the cycle, and whether
/// a trend rules instead.
///
/// ## Formula
/// ```
/// P: period of dominant_cycle, rounded        s: smoothed values of dominant_cycle
/// A = sum(sin(2 pi i / P) * s_(t-i))        B = sum(cos(2 pi i / P) * s_(t-i))        i = 0 ... P - 1
/// phase = atan(A / B) + 90 + 360 / period, 180 more where B < 0, less 360 above 315
/// sine = sin(phase)        lead_sine = sin(phase + 45)
/// M_t = mean of the last P values        trend_line = (4 * M_t + 3 * M_(t-1) + 2 * M_(t-2) + M_(t-3)) / 10
/// trend = 0 within half a cycle after sine and lead_sine crossed, and while the phase turns by 0.67 ... 1.5 of 360 / period a bar;
///         1 else, and wherever s is 1.5 % or more from trend_line
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | with `gives: all` `phase`: -45 ... 315 degrees; `sine`, `lead_sine`: -1 ... 1; `trend_line`: unit of the source; `trend`: 0, 1 |
/// | Parameters | `source`; `gives`: `all` or `trend_line` alone, default `all` |
/// | Warm-up | 64 bars; recursive: what is older fades with 0.8^k |
/// | Cost | O(50) time a bar, 102 numbers of memory |
/// | Undefined | values above about 1e149 are refused |
///
/// Source: J. Ehlers, *Rocket Science for Traders*, 2001. Checked against: TA-Lib 0.8.1 (`HT_DCPHASE`, `HT_SINE`,
/// `HT_TRENDLINE`, `HT_TRENDMODE`), relative tolerance 1e-9.
public struct CyclePhase: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "cycle_phase", "Phase, sine waves, trend line and trend mode of the cycle.",
        [
            .source(), .word("gives", default: Gives.all, "All outputs, or the trend line alone, which costs half."),
        ],
        outputs: [
            OutputColumn("phase", unit: "degrees", "Place in the cycle."),
            OutputColumn("sine", unit: "-1...1", "Sine of the phase."),
            OutputColumn("lead_sine", unit: "-1...1", "Sine an eighth of a cycle ahead."),
            OutputColumn("trend_line", unit: "unit of the source", "Values with the cycle averaged out."),
            OutputColumn("trend", unit: "0, 1", "1: a trend rules; 0: the cycle does."),
        ])

    /// All, or the trend line.
    public static func outputs(_ configuration: Configuration) -> [OutputColumn] {
        guard (try? configuration.text("gives")) == Gives.trendLine.rawValue else { return descriptor.outputs }
        return descriptor.outputs.filter { $0.name == Gives.trendLine.rawValue }
    }

    enum Gives: String, Sendable, CaseIterable {
        case all
        case trendLine = "trend_line"
    }

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var transform = HilbertKernel(startingAt: 37)
        var values: Ring
        var smooth: Ring
        var wave = CycleWave()
        var line = TrendLine()
        let source: BarField
        let gives: Gives

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            values = Ring(period: HilbertKernel.longest, in: &layout)
            smooth = Ring(period: HilbertKernel.longest, in: &layout)
            source = try BarField(options)
            gives = try options.word("gives")
        }

        var warmUpLength: Int { 64 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isSquarable else { return false }
            _ = values.push(value, &memory)
            _ = transform.push(value)
            row.clear()
            guard transform.hasBegun else { return true }
            let period = transform.wholePeriod
            let level = line.push(values.mean(ofLast: period, memory))
            guard gives == .all else {
                row[0] = transform.seen >= warmUpLength ? level : .nan
                return true
            }
            _ = smooth.push(transform.smooth, &memory)
            let isCycle = wave.push(smooth, period: period, exact: transform.smoothPeriod, memory)
            let isFar = ((transform.smooth - level) / level).magnitude >= 0.015
            guard transform.seen >= warmUpLength else { return true }
            row[0] = wave.phase
            row[1] = wave.sine
            row[2] = wave.lead
            row[3] = level
            row[4] = isFar || !isCycle ? 1 : 0
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try transform.code(&state)
            try values.code(&state)
            try smooth.code(&state)
            try wave.code(&state)
            try line.code(&state)
        }
    }
}
