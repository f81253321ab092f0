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
/// | Parameters | `anchor`: `rolling` (the last `period` bars), `session` (a gap in time or a new day begins anew), `start`, default `rolling`; `period`: 1 ... 100000, default 20; `session_gap`: 1 s ... 10 days, default 4 h; `day_begins`: 0 ... 23 h, default 0; `source` |
/// | Warm-up | `period` bars with `rolling`, else 1; `rolling` has no weight for older bars, `start` never forgets |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no volume in the whole window: NaN; while there is none at the beginning of a session: the source itself |
///
/// The price of a bar stands for all its trades: exact only where bars are short. An indicator sees no calendar, so a session is
/// known by event times: a bar that ends `session_gap` or more after the bar before begins a new one, and so does the first of a
/// UTC day that begins at `day_begins`. No break at noon is 4 h, no night is shorter; a market that never closes has days. Where
/// a session goes on over midnight UTC, set `day_begins` to a time at which it rests: 22 h for futures in Chicago.
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
                "session_gap", .seconds(1)...(.seconds(864_000)), default: .seconds(14_400),
                "Time without a bar that ends a session."),
            .duration(
                "day_begins", .zero...(.seconds(82_800)), default: .zero, "UTC time at which a day of a session begins."
            ),
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
        let dayBegins: Int64
        var value = 0.0
        var volume = 0.0
        var time = 0
        var hasBegun = false

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            anchor = try options.word("anchor")
            rolling = try VolumeWeightedCore(options, &layout)
            gap = try options.duration("session_gap").components.seconds * 1_000_000_000
            dayBegins = try options.duration("day_begins").components.seconds * 1_000_000_000
        }

        /// Whether a bar is of another session than the one before.
        private func beginsSession(_ bar: Bar) -> Bool {
            let (distance, overflows) = bar.time.subtractingReportingOverflow(Int64(time))
            return overflows || distance >= gap || day(of: bar.time) != day(of: Int64(time))
        }

        /// The day that a bar ends in, counted from 1970; one that ends with a day is of it.
        private func day(of time: Int64) -> Int64 {
            let (since, overflows) = time.subtractingReportingOverflow(dayBegins + 1)
            let day: Int64 = 86_400_000_000_000
            return overflows ? .min : since >= 0 ? since / day : (since + 1) / day - 1
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
            let isNew = !hasBegun || (anchor == .session && beginsSession(bar))
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
