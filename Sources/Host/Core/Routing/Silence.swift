package import PluginKit

/// How long nothing may come from a live stream.
package enum Silence: Sendable {
    /// So long, whether the venue is open or not: what a route says.
    case span(Duration)
    /// Until bars of the timeframe have ended at one of the venues; never less than a span.
    case hours(Timeframe, of: [any TradingHours], atLeast: Duration)

    /// Bars that end without a sign of life before the stream counts as silent.
    private static let bars = 3
    /// What a source may take to publish a bar that has ended.
    private static let delay = Duration.seconds(3_600)
    /// How long a venue without a calendar may be closed.
    private static let closed = Duration.seconds(11 * 86_400)

    /// The silence of a source where the manifest names none: one that is asked may miss three answers.
    package static func usual(
        _ timeframe: Timeframe, of instruments: [Instrument], pull: PullPlan?, _ find: TradingHoursFinder
    ) -> Silence {
        var venues: Set<String> = []
        let hours = instruments.filter { venues.insert($0.venue).inserted }.compactMap(find)
        return .hours(timeframe, of: hours, atLeast: (pull?.interval ?? .zero) * bars)
    }

    /// Returns how long nothing may come after an instant, nanoseconds since the Unix epoch, UTC.
    ///
    /// By a calendar: until three bars have ended, and an hour. Where none says it: three spans of the timeframe, and eleven
    /// days in which a venue may be closed.
    package func span(after instant: Int64) -> Duration {
        switch self {
        case .span(let span): span
        case .hours(let timeframe, let venues, let least):
            max(
                least,
                venues.compactMap { Self.span(after: instant, timeframe, $0) }.min()
                    ?? .nanoseconds(timeframe.nanoseconds) * Self.bars + Self.closed)
        }
    }

    private static func span(after instant: Int64, _ timeframe: Timeframe, _ hours: any TradingHours) -> Duration? {
        var end = instant
        for _ in 0..<bars {
            // Instants of a calendar are far from the ends of their type.
            guard let next = hours.barEnd(atOrAfter: end &+ 1, timeframe: timeframe) else { return nil }
            end = next
        }
        return .nanoseconds(end) - .nanoseconds(instant) + delay
    }
}

extension Silence: CustomStringConvertible {
    package var description: String {
        switch self {
        case .span(let span): "for \(span.inWords)"
        case .hours(let timeframe, _, _): "while \(Self.bars) bars of \(timeframe) ended at its venue"
        }
    }
}
