import PluginKit

/// Tells of bars that are missing between two accepted ones that follow each other, by the calendar of the venue; of other events
/// it tells how long none came, where a route says from when on.
struct GapWatch: Sendable {
    private let calendar: BarCalendar?
    /// Of other events than bars.
    private var ticks: TickGaps?
    /// How long bars must be missing, by instrument.
    private let rules: QualityRules
    /// Event time of each instrument's last bar; `Int64.min` where there was none.
    private var last: [Int64]
    /// How many bars that stand for missing ones came since each instrument's last true one.
    private var filled: [Int]
    /// Half the span of a bar, nanoseconds: no two bars that a source gives are closer. 0 where the last of a session may be shorter.
    private let least: Int64
    /// Instruments of which it was told that their bars are closer.
    private var isTold: Set<InstrumentID> = []

    /// Creates the watch of the driving input of a plan, where that has bars that end with time.
    init(_ plan: PipelinePlan, hours: TradingHoursFinder) {
        rules = plan.driving.rules
        ticks = plan.kind == .bar ? nil : TickGaps(plan, hours: hours)
        let isTimed = plan.kind == .bar && (plan.driving.shape.map { $0.cut == .time } ?? true)
        calendar =
            isTimed ? BarCalendar(plan.timeframe, plan.directory.count, plan.instruments, hours) : nil
        last = Array(repeating: .min, count: calendar == nil ? 0 : plan.directory.count)
        filled = Array(repeating: 0, count: last.count)
        let (span, hour): (Int64, Int64) = (plan.timeframe.nanoseconds, 3_600_000_000_000)
        least = plan.driving.shape == nil && (span <= hour || span >= 24 * hour) ? span / 2 : 0
    }

    /// Takes accepted events; returns an alert for each gap before one of them, none where an earlier run told of it.
    mutating func take(_ events: EventBatch, isKnown: Bool, _ instruments: InstrumentTable) -> [Alert] {
        if ticks != nil { return ticks?.take(events, isKnown: isKnown, instruments) ?? [] }
        guard let calendar, case .bars(let bars) = events else { return [] }
        var alerts: [Alert] = []
        for bar in bars {
            let slot = Int(bar.instrument.rawValue)
            guard slot < last.count else { continue }
            let before = last[slot]
            last[slot] = bar.time
            if bar.flags.contains(.filled) {
                filled[slot] += 1
                continue
            }
            let count = filled[slot]
            filled[slot] = 0
            guard before > .min, !isKnown else { continue }
            if bar.time - before < least, isTold.insert(bar.instrument).inserted {
                alerts.append(close(bar, after: before, calendar.timeframe, instruments.instrument(bar.instrument)))
            }
            let left = count > 0 ? 0 : calendar.missing(from: before, to: bar.time, of: bar.instrument).count
            guard count + left > 0, Int64(count + left) * calendar.timeframe.nanoseconds >= longest(bar.instrument)
            else { continue }
            alerts.append(alert(count + left, isFilled: count > 0, bar, instruments.instrument(bar.instrument)))
        }
        return alerts
    }

    private func longest(_ instrument: InstrumentID) -> Int64 { rules.thresholds(of: instrument).gaps[.bar] ?? 0 }

    /// That bars come more often than their span: they are of another one.
    private func close(_ bar: Bar, after before: Int64, _ timeframe: Timeframe, _ instrument: Instrument) -> Alert {
        Alert(
            time: bar.time, rule: Self.timeframeRule, severity: .warning, instrument: bar.instrument,
            message:
                "\(instrument): a bar of \(timeframe) ends \(Duration.nanoseconds(bar.time - before).inWords) after the one before: these are "
                + "bars of a shorter span. Set the pipeline's timeframe to theirs, or have the provider give \(timeframe)."
        )
    }

    /// The rule of alerts about bars that are closer than their span.
    static let timeframeRule = "timeframe"

    private func alert(_ count: Int, isFilled: Bool, _ bar: Bar, _ instrument: Instrument) -> Alert {
        let timeframe = calendar.map { "\($0.timeframe)" } ?? ""
        let bars = count == 1 ? "1 bar of \(timeframe) is" : "\(count) bars of \(timeframe) are"
        let end =
            isFilled
            ? "Bars at the last close stand for them, flagged filled."
            : "`penstock data gaps \(instrument)` shows which."
        return Alert(
            time: bar.time, rule: "gap", severity: .warning, instrument: bar.instrument,
            message: "\(instrument): \(bars) missing before this one, by the calendar of \(instrument.venue). \(end)")
    }
}
