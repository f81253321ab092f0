public import CivilTime

/// One day's regular trading at a venue; instants are nanoseconds since the Unix epoch, UTC.
public struct TradingSession: Sendable, Hashable {
    /// The day at the venue.
    public let day: CivilDate
    /// The first instant of trading.
    public let open: Int64
    /// The instant at which trading ends; a bar of the day ends here.
    public let close: Int64
    /// The break in the middle, from the end of the morning to the start of the afternoon.
    public let pause: Range<Int64>?
    /// Whether the session was planned to be shorter than usual.
    public let isHalfDay: Bool

    /// Whether trading is on at an instant: from the open on, before the close, and not in the break.
    public func isOpen(at instant: Int64) -> Bool {
        open <= instant && instant < close && !(pause?.contains(instant) ?? false)
    }

    /// Returns the end of the first bar that ends at an instant or after it; `nil` after the close.
    ///
    /// Bars are counted from the open, and anew from the end of the break; the last one of each part ends with the part.
    ///
    /// - Parameter step: the length of a bar in nanoseconds, above 0.
    func barEnd(atOrAfter instant: Int64, step: Int64) -> Int64? {
        if let pause, let end = Self.barEnd(in: open..<pause.lowerBound, atOrAfter: instant, step: step) { return end }
        return Self.barEnd(in: (pause?.upperBound ?? open)..<close, atOrAfter: instant, step: step)
    }

    private static func barEnd(in part: Range<Int64>, atOrAfter instant: Int64, step: Int64) -> Int64? {
        guard instant <= part.upperBound else { return nil }
        let length = min(step, part.upperBound - part.lowerBound)
        guard length > 0, instant > part.lowerBound else { return part.lowerBound + length }
        let bars = (instant - part.lowerBound - 1) / length + 1
        // The remainder of the part is compared, so that nothing past its end is computed.
        return bars > (part.upperBound - part.lowerBound) / length
            ? part.upperBound : part.lowerBound + bars * length
    }
}
