/// Where an instant lies by the sessions of a venue, and by what its auctions print beside them.
enum SessionPlace {
    /// Trading is on.
    case session
    /// Trading stopped, at the close or for a break, so short a time ago that an auction may still print.
    case behind(stop: Int64)
    /// Trading begins so soon that an auction may print already.
    case before
    /// None of these.
    case outside
}

extension TradingHours {
    /// Returns where an instant lies; `nil` where that is not known.
    func place(of instant: Int64, _ auctions: AuctionTimes) -> SessionPlace? {
        guard let isOpen = isOpen(at: instant) else { return nil }
        if isOpen { return .session }
        let stop = pause(containing: instant)?.lowerBound ?? hours(before: instant)?.upperBound
        if let stop, Self.isWithin(auctions.closing, from: stop, to: instant) { return .behind(stop: stop) }
        if let open = hours(after: instant)?.lowerBound, Self.isWithin(auctions.opening, from: instant, to: open) {
            return .before
        }
        return .outside
    }

    private static func isWithin(_ span: Int64, from start: Int64, to end: Int64) -> Bool {
        let (length, isHuge) = end.subtractingReportingOverflow(start)
        return !isHuge && (0...span).contains(length)
    }
}
