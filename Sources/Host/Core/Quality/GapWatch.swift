import PluginKit

/// Notices bars that are missing between two accepted ones that follow each other, by the calendar of the venue.
///
/// Only where both end when a bar of the calendar ends is anything told: of bars that are dated otherwise nobody knows. Costs a
/// comparison a bar, and a look into the calendar where more than a span lies between two.
struct GapWatch: Sendable {
    /// Bars of one gap that are counted at most.
    private static let limit = 100_000
    /// How far a day may be from 24 hours where clocks change.
    private static let shift: Int64 = 3_600_000_000_000

    /// By instrument number; empty where nothing is watched.
    private let hours: [(any TradingHours)?]
    private let timeframe: Timeframe
    /// What may lie between two bars without a look into the calendar, nanoseconds.
    private let span: Int64
    /// Event time of each instrument's last bar; `Int64.min` where there was none.
    private var last: [Int64]

    /// Creates the watch of the driving input of a plan, where that has bars that end with time.
    init(_ plan: PipelinePlan, hours find: TradingHoursFinder) {
        timeframe = plan.timeframe
        let isWithinDay = [.second, .minute, .hour].contains(plan.timeframe.unit)
        span = plan.timeframe.nanoseconds + (isWithinDay ? 0 : Self.shift)
        let isWatched = plan.kind == .bar && (plan.driving.shape.map { $0.cut == .time } ?? true)
        var hours: [(any TradingHours)?] = Array(repeating: nil, count: plan.directory.count)
        for reference in isWatched ? plan.instruments : [] {
            hours[Int(reference.id.rawValue)] = find(reference.instrument)
        }
        self.hours = hours.contains { $0 != nil } ? hours : []
        last = Array(repeating: .min, count: self.hours.count)
    }

    /// Takes accepted events; returns an alert for each gap before one of them, none where an earlier run told of it.
    mutating func take(_ events: EventBatch, isKnown: Bool, _ instruments: InstrumentTable) -> [Alert] {
        guard !hours.isEmpty, case .bars(let bars) = events else { return [] }
        var alerts: [Alert] = []
        for bar in bars {
            let slot = Int(bar.instrument.rawValue)
            guard slot < last.count else { continue }
            let before = last[slot]
            last[slot] = bar.time
            // The calendar is touched last: of nearly all bars the times alone say enough.
            guard before > .min, bar.time - before > span, !isKnown, let own = hours[slot],
                let count = missing(from: before, to: bar.time, own)
            else { continue }
            alerts.append(alert(count, bar, instruments.instrument(bar.instrument)))
        }
        return alerts
    }

    /// How many bars end between two that the calendar has; `nil` where none does, or it does not know.
    private func missing(from before: Int64, to time: Int64, _ hours: any TradingHours) -> Int? {
        guard hours.barEnd(atOrAfter: before, timeframe: timeframe) == before,
            hours.barEnd(atOrAfter: time, timeframe: timeframe) == time
        else { return nil }
        var (count, end) = (0, before)
        while count < Self.limit, let next = hours.barEnd(atOrAfter: end + 1, timeframe: timeframe), next < time {
            (count, end) = (count + 1, next)
        }
        return count > 0 ? count : nil
    }

    private func alert(_ count: Int, _ bar: Bar, _ instrument: Instrument) -> Alert {
        let bars = count == 1 ? "1 bar of \(timeframe) is" : "\(count) bars of \(timeframe) are"
        return Alert(
            time: bar.time, rule: "gap", severity: .warning, instrument: bar.instrument,
            message:
                "\(instrument): \(bars) missing before this one, by the calendar of \(instrument.venue). `penstock data gaps "
                + "\(instrument)` shows which.")
    }
}
