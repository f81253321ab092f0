import CivilTime

/// The trading days and local hours of a venue, without its zone; days count from 1970-01-01.
struct CalendarTable: Sendable {
    /// A day's hours in seconds of the local day.
    struct Hours: Sendable {
        let open: Int64
        let close: Int64
        /// The break; empty where there is none.
        let pause: Range<Int64>
    }

    /// Hours that hold from a day on.
    struct Phase: Sendable {
        let since: Int64
        let hours: Hours
    }

    let name: String
    let zone: String
    /// The days the table speaks of.
    let known: ClosedRange<Int64>
    /// Whether the venue trades on a weekday, Sunday first.
    let weekdays: [Bool]
    /// In ascending order, as all lists.
    var regular: [Phase] = []
    var half: [Phase] = []
    var halfDays: [Int32] = []
    /// Closed days that are trading days by their weekday.
    var closedDays: [Int32] = []

    /// Returns what kind of day a day is.
    func status(of day: Int64) -> DayStatus {
        guard known.contains(day) else { return .notKnown }
        let weekday = Int((day.flooredDivision(by: 7).remainder + 4) % 7)
        guard weekdays[weekday], !Self.contains(closedDays, day) else { return .closed }
        return Self.contains(halfDays, day) ? .halfDay : .trading
    }

    /// Returns the hours of a day; `nil` where there is no session, or none is known.
    func hours(on day: Int64) -> (hours: Hours, isHalfDay: Bool)? {
        switch status(of: day) {
        case .trading: Self.hours(regular, on: day).map { ($0, false) }
        case .halfDay: Self.hours(half, on: day).map { ($0, true) }
        case .closed, .notKnown: nil
        }
    }

    private static func hours(_ phases: [Phase], on day: Int64) -> Hours? {
        phases.last { $0.since <= day }?.hours
    }

    private static func contains(_ days: [Int32], _ day: Int64) -> Bool {
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if Int64(days[middle]) < day { low = middle + 1 } else { high = middle }
        }
        return low < days.count && Int64(days[low]) == day
    }
}
