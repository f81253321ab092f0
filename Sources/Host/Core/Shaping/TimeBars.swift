package import PluginKit

/// Bars of equal spans along the venue's sessions: of trades, or coarser bars of finer ones.
///
/// ```
///  events   auction | open       | break |           | close | auction
///  1h bars         [  10:30 ][ 11:30 ]    [ 14:00 ][ 15:00 ]                mainland
/// ```
///
/// What an auction prints belongs to the bar beside it: the opening one to the first, the closing one to the last, which
/// the clock therefore closes only when the auction is over. A span without an event gives no bar.
package struct TimeBars<Input: BarMaterial>: BarBuilder {
    private enum Place {
        case bar(end: Int64)
        case outsideSession
        case notKnown
    }

    private let timeframe: Timeframe
    private let hours: any TradingHours
    private let auctions: AuctionTimes
    /// The bar that forms; its time is its end.
    private var bar: Bar?
    /// The smallest `earliestEnd` of the bar that forms: what lies between it and the end belongs to it.
    private var first = Int64.max
    /// The end of the newest bar that closed.
    private var closed: Int64
    /// The end of the last bar that an earlier run built.
    private let built: Int64

    /// Creates a builder that has seen nothing; bars through `closed` were built before.
    package init(
        timeframe: Timeframe, hours: any TradingHours, auctions: AuctionTimes = AuctionTimes(), closed: Int64 = .min
    ) {
        self.closed = closed
        built = closed
        self.timeframe = timeframe
        self.hours = hours
        self.auctions = auctions
    }

    package var isForming: Bool { bar != nil }

    package var forming: Bar? {
        guard var bar else { return nil }
        bar.flags.insert(.partial)
        return bar
    }

    package mutating func take(_ run: Span<Input>, into bars: inout [Bar], tally: inout ShapingTally) {
        for index in run.indices {
            let event = run[index]
            let instant = event.earliestEnd
            if let end = bar?.time, instant >= first, instant <= end {
                merge(event)
            } else {
                add(event, instant, into: &bars, tally: &tally)
            }
        }
    }

    package mutating func close(through time: Int64, into bars: inout [Bar]) {
        guard let end = bar?.time, end <= time else { return }
        let isBesideAuction = hours.isOpen(at: end) != true
        // `time` is not below `end`; a difference beyond 64 bits is long enough too.
        let (age, isHuge) = time.subtractingReportingOverflow(end)
        if isHuge || age >= (isBesideAuction ? auctions.closing : 0) { close(into: &bars) }
    }

    private mutating func add(
        _ event: Input, _ instant: Int64, into bars: inout [Bar], tally: inout ShapingTally
    ) {
        switch place(instant) {
        case .outsideSession: tally.outsideSession += 1
        case .notKnown: tally.notKnown += 1
        case .bar(let end) where end == bar?.time:
            first = min(first, instant)
            merge(event)
        case .bar(let end) where end <= built: tally.repeated += 1
        case .bar(let end) where end < bar?.time ?? .min || end <= closed: tally.late += 1
        case .bar(let end):
            close(into: &bars)
            bar = event.asBar
            bar?.time = end
            first = instant
        }
    }

    private mutating func merge(_ event: Input) {
        guard var forming = bar else { return }
        event.merge(into: &forming)
        bar = forming
    }

    private mutating func close(into bars: inout [Bar]) {
        guard let bar else { return }
        bars.append(bar)
        closed = bar.time
        self.bar = nil
    }

    /// Returns where an event belongs that no bar may hold which ends before `instant`.
    private func place(_ instant: Int64) -> Place {
        let (last, isOverflow) = instant.subtractingReportingOverflow(1)
        guard !isOverflow else { return .notKnown }
        switch hours.place(of: last, auctions) {
        case .session, .before: return bar(atOrAfter: instant)
        case .behind(let stop): return bar(atOrAfter: stop)
        case .outside: return .outsideSession
        case nil: return .notKnown
        }
    }

    private func bar(atOrAfter instant: Int64) -> Place {
        hours.barEnd(atOrAfter: instant, timeframe: timeframe).map { .bar(end: $0) } ?? .notKnown
    }
}
