package import PluginKit

/// How new what a pipeline has of each of its instruments is.
package struct Freshness: Sendable {
    /// What a route promises, and how far it is kept.
    package struct Promise: Sendable, Hashable {
        /// Instruments that are followed.
        package let followed: Int
        /// Of these, those without an event for longer than the silence their route allows.
        package let stale: Int
    }

    /// The pipeline.
    package let pipeline: String
    /// Newest event time of each instrument that has one, nanoseconds since the Unix epoch, UTC; in the plan's order.
    package let newest: [(instrument: Instrument, time: Int64)]
    /// `nil` where nothing is promised: the past is played, figures come when they come, bars end by a threshold, the data
    /// has ended.
    package let promised: Promise?

    /// Looks at a pipeline.
    ///
    /// - Parameters:
    ///   - plan: what it follows.
    ///   - latest: the newest events of all pipelines.
    ///   - isRunning: whether anything new may come.
    ///   - began: since when an instrument without any event is waited for, nanoseconds since the Unix epoch, UTC.
    ///   - now: nanoseconds since the Unix epoch, UTC.
    ///   - hours: gives the calendars of the instruments' venues.
    package init(
        _ plan: PipelinePlan, _ latest: LatestValues, isRunning: Bool, began: Int64, now: Int64,
        hours: TradingHoursFinder
    ) {
        pipeline = plan.id
        let times = plan.instruments.map { reference in
            (
                reference.instrument,
                latest.entries(reference.id).first { $0.pipeline == plan.id }?.event.time
            )
        }
        newest = times.compactMap { instrument, time in time.map { (instrument, $0) } }
        guard isRunning, let silence = plan.driving.policy.silence, !plan.driving.endsByThreshold else {
            promised = nil
            return
        }
        let stale = times.count { instrument, time in
            let last = time ?? began
            let own = silence.of(instrument, plan.timeframe, hours)
            return Duration.nanoseconds(now) - .nanoseconds(last) > own.span(after: last)
        }
        promised = Promise(followed: times.count, stale: stale)
    }
}

extension Silence {
    /// The silence of one of the instruments, by the calendar of its own venue and the bars that are made.
    fileprivate func of(_ instrument: Instrument, _ timeframe: Timeframe, _ find: TradingHoursFinder) -> Silence {
        guard case .hours(_, _, let least) = self else { return self }
        return .hours(timeframe, of: find(instrument).map { [$0] } ?? [], atLeast: least)
    }
}

extension InputPlan {
    /// Whether its bars end when enough was traded: nobody knows when.
    fileprivate var endsByThreshold: Bool {
        if case .threshold = shape?.cut { true } else { false }
    }
}
