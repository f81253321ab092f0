public import PluginKit
import RollingStatistics

/// Connors RSI: strength of the value, strength of its streak of rises or falls, and rank of its last change, averaged.
///
/// ## Formula
/// ```
/// streak_t: number of rises in a row, negative for falls, 0 where unchanged
/// rank_t = percent_rank of x_t / x_(t-1) - 1 among the n before
/// CRSI_t = (RSI(x) + RSI(streak) + rank) / 3        RSI as in rsi
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period` of the first RSI 3, `streak_period` of the second 2: 2 ... 100000; `rank_period` n: 1 ... 10000, default 100; `source` |
/// | Warm-up | the longest of `period + 1`, `streak_period + 1` and `rank_period + 2` bars; recursive as `rsi` |
/// | Cost | O(`rank_period`) comparisons and moves a bar; 2 `rank_period` numbers of memory |
/// | Undefined | no movement: 0 |
///
/// Source: L. Connors and C. Alvarez, *An Introduction to ConnorsRSI*, 2012. Checked against: its parts by TA-Lib 0.8.1
/// (`RSI`, `PERCENTRANK`), relative tolerance 1e-9.
public struct ConnorsRSI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "connors_rsi", "Strength of value and streak, and rank of the last change, averaged.", unit: "0...100",
        [
            .period(from: 2, default: 3, "Changes of the value's strength."),
            .period("streak_period", from: 2, default: 2, "Changes of the streak's strength."),
            .integer(
                "rank_period", 1...10_000, default: 100, unit: "bars", "Changes that the last one is compared with."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var strength: StrengthKernel
        var streakStrength: StrengthKernel
        var changes: OrderedWindow
        var change = RelativeChange()
        var streak = 0.0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            strength = StrengthKernel(period: try options.period(from: 2), in: &layout)
            streakStrength = StrengthKernel(period: try options.period("streak_period", from: 2), in: &layout)
            changes = OrderedWindow(period: try options.period("rank_period") + 1, in: &layout)
        }

        var warmUpLength: Int { max(strength.warmUpLength, streakStrength.warmUpLength, changes.period + 1) }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let change = change.push(value)
            if change > 0 {
                streak = max(streak, 0) + 1
            } else if change < 0 {
                streak = min(streak, 0) - 1
            } else {
                streak = 0
            }
            let parts = strength.push(value, &memory) + streakStrength.push(streak, &memory)
            guard !change.isNaN else { return .nan }
            changes.push(change, &memory)
            guard changes.isFull else { return .nan }
            let below = Double(changes.count(below: change, memory))
            return (parts + 100 * below / Double(changes.period - 1)) / 3
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try strength.code(&state)
            try streakStrength.code(&state)
            try changes.code(&state)
            try change.code(&state)
            try state.number(&streak)
        }
    }
}
