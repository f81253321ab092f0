public import PluginKit
import RollingStatistics

/// Volume-weighted average price of the last bars, of the session, or since the first bar.
///
/// ## Formula
/// ```
/// VWAP_t = sum(p * volume) / sum(volume)        over the last n bars, the session, or all bars; p: the source
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `typical` by default, quote currency; `volume`, shares |
/// | Output | quote currency |
/// | Parameters | `anchor`: `rolling` (the last `period` bars), `session` (a gap in time or a new day begins anew), `start`, default `rolling`; `period`: 1 ... 100000, default 20; `session_gap`: 1 s ... 10 days, default 1 h; `source` |
/// | Warm-up | `period` bars with `rolling`, else 1; `rolling` has no weight for older bars, `start` never forgets |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no volume in the whole window: NaN; while there is none at the beginning of a session: the source itself |
///
/// The price of a bar stands for all its trades: exact only where bars are short. A session is known by the time
/// between bars: one that comes `session_gap` or more after the bar before begins a new one.
///
/// Checked against: TA-Lib 0.8.1 (`VWAP`) with `start`; an independent computation from the formula with pandas for
/// the others; relative tolerance 1e-9.
public struct VWAP: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "vwap", "Volume-weighted average price of the last bars, the session, or all.", unit: "quote currency",
        [
            .word("anchor", default: Anchor.rolling, "Where the average begins."),
            .period(default: 20, "Bars a rolling average is taken over."),
            .duration(
                "session_gap", .seconds(1)...(.seconds(864_000)), default: .seconds(3_600),
                "Time without a bar that ends a session."),
            .source(default: .typical),
        ])

    var state: IndicatorState<Core>

    enum Anchor: String, Sendable, CaseIterable {
        case rolling, session, start
    }

    struct Core: BarCore {
        var rolling: VolumeWeightedCore
        let anchor: Anchor
        let gap: Int64
        var value = 0.0
        var volume = 0.0
        var time = 0
        var hasBegun = false

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            anchor = try options.word("anchor")
            rolling = try VolumeWeightedCore(options, &layout)
            gap = try options.duration("session_gap").components.seconds * 1_000_000_000
        }

        var warmUpLength: Int { anchor == .rolling ? rolling.warmUpLength : 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            anchor == .rolling ? rolling.step(bar, &memory, into: row) : cumulative(bar, into: row)
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            guard anchor == .rolling else { return stepThrough(bars, &memory, into: rows, from: 0) }
            rolling.run(bars, &memory, into: rows)
        }

        private mutating func cumulative(_ bar: Bar, into row: OutputRow) -> Bool {
            let price = rolling.source.value(of: bar)
            guard price.isUsable, bar.hasUsableVolume, (price * bar.volume).isUsable else { return false }
            let distance = bar.time.subtractingReportingOverflow(Int64(time))
            let isNew = !hasBegun || (anchor == .session && (distance.overflow || distance.partialValue >= gap))
            let sums = (value: (isNew ? 0 : value) + price * bar.volume, volume: (isNew ? 0 : volume) + bar.volume)
            guard sums.value.isUsable, sums.volume.isUsable else { return false }
            (value, volume) = sums
            time = Int(bar.time)
            hasBegun = true
            row[0] = volume == 0 ? price : (value / volume).orUndefined
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try rolling.code(&state)
            try state.number(&value)
            try state.number(&volume)
            try state.count(&time, in: .min ... .max)
            try state.flag(&hasBegun)
        }
    }
}
