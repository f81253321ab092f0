import PluginKit

/// Tells of spans without an event of an instrument, as far as its venue was open in them.
///
/// Costs a comparison an event, and a look into the calendar where more than the span lies between two.
struct TickGaps: Sendable {
    /// How long none may come, nanoseconds, by instrument number; `Int64.max` where any time may pass.
    private let longest: [Int64]
    private let kind: EventKind
    private let route: String
    /// By instrument number; `nil` where the venue has no calendar: it counts as open.
    private let hours: [(any TradingHours)?]
    /// Event time of each instrument's last event; `Int64.min` where there was none.
    private var last: [Int64]

    /// Creates the watch of a plan; `nil` where its route names no span for events of its kind.
    init?(_ plan: PipelinePlan, hours find: TradingHoursFinder) {
        (kind, route) = (plan.kind, plan.driving.route.id)
        var hours: [(any TradingHours)?] = Array(repeating: nil, count: plan.directory.count)
        var longest = Array(repeating: Int64.max, count: hours.count)
        for reference in plan.instruments {
            let slot = Int(reference.id.rawValue)
            hours[slot] = find(reference.instrument)
            longest[slot] = plan.driving.rules.thresholds(of: reference.id).gaps[plan.kind] ?? .max
        }
        guard longest.contains(where: { $0 < .max }) else { return nil }
        (self.hours, self.longest) = (hours, longest)
        last = Array(repeating: .min, count: hours.count)
    }

    /// Takes accepted events; returns an alert for each gap before one of them, none where an earlier run told of it.
    mutating func take(_ events: EventBatch, isKnown: Bool, _ instruments: InstrumentTable) -> [Alert] {
        var alerts: [Alert] = []
        events.forEach { _, time, instrument in
            let slot = Int(instrument.rawValue)
            guard slot < last.count else { return }
            let before = last[slot]
            last[slot] = max(before, time)
            let longest = longest[slot]
            guard before > .min, !isKnown, time > before, time - before > longest else { return }
            let span = hours[slot].map { $0.openTime(from: before, to: time) } ?? time - before
            guard span > longest else { return }
            alerts.append(
                alert(of: span, beyond: longest, before: time, instrument, instruments.instrument(instrument)))
        }
        return alerts
    }

    private func alert(
        of span: Int64, beyond longest: Int64, before time: Int64, _ id: InstrumentID, _ instrument: Instrument
    ) -> Alert {
        Alert(
            time: time, rule: "gap", severity: .warning, instrument: id,
            message:
                "\(instrument): no \(kind.rawValue) came for \(Duration.nanoseconds(span).inWords) before this one while \(instrument.venue) "
                + "was open; 'gap.\(kind.rawValue)' of route/\(route) is \(Duration.nanoseconds(longest).inWords).")
    }
}

extension TradingHours {
    /// How long the venue was open between two instants, breaks left out; 0 where the calendar does not know.
    package func openTime(from start: Int64, to end: Int64) -> Int64 {
        var (open, instant) = (Int64(0), start)
        while instant < end, let session = hours(containing: instant) ?? hours(after: instant), session.lowerBound < end
        {
            let span = max(instant, session.lowerBound)..<min(end, session.upperBound)
            let middle = session.lowerBound + (session.upperBound - session.lowerBound) / 2
            let pause = pause(containing: middle)?.clamped(to: span)
            open += Int64(span.count) - Int64(pause?.count ?? 0)
            instant = session.upperBound
        }
        return open
    }
}
