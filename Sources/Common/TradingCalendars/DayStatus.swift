/// What a calendar says of a day.
public enum DayStatus: String, Sendable, Hashable, CaseIterable {
    /// A session of the usual length.
    case trading
    /// A session that was planned to be shorter, as on the eve of a holiday.
    case halfDay = "half_day"
    /// No session.
    case closed
    /// The venue has not published the day, or the table does not reach back to it. It may be any of the others.
    case notKnown = "not_known"
}
