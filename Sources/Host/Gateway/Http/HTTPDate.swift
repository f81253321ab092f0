import CivilTime

/// Instants as HTTP fields have them, RFC 9110.
enum HTTPDate {
    /// Returns `Fri, 01 Mar 2013 21:00:00 GMT`; `seconds` count from the Unix epoch.
    static func text(seconds: Int64) -> String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (day, second) = seconds.flooredDivision(by: 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map { two(Int($0)) }.joined(separator: ":")
        return "\(weekdays[date.weekday]), \(two(date.day)) \(months[date.month - 1]) \(date.year) \(clock) GMT"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
