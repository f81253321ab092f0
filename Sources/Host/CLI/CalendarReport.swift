import CivilTime
import TradingCalendars

/// What `penstock calendar` prints of some days.
struct CalendarReport: Encodable {
    private let calendar: String
    private let zone: String
    private let knownFrom: String
    private let knownUntil: String
    private let days: [Day]

    /// A day; instants as text, UTC.
    private struct Day: Encodable {
        let day: String
        let status: String
        let open: String?
        let close: String?
        let breakStart: String?
        let breakEnd: String?

        init(_ date: CivilDate, _ calendar: TradingCalendar) {
            let session = calendar.session(on: date)
            day = ISO8601.format(date)
            status = calendar.status(of: date).rawValue
            open = (session?.open).map { ISO8601.format($0) }
            close = (session?.close).map { ISO8601.format($0) }
            breakStart = (session?.pause?.lowerBound).map { ISO8601.format($0) }
            breakEnd = (session?.pause?.upperBound).map { ISO8601.format($0) }
        }
    }

    /// Looks up some days, counted from 1970-01-01.
    init(_ calendar: TradingCalendar, days: ClosedRange<Int64>) {
        self.calendar = calendar.name
        zone = calendar.zoneName
        knownFrom = ISO8601.format(CivilDate(daysSinceEpoch: calendar.knownDays.lowerBound))
        knownUntil = ISO8601.format(CivilDate(daysSinceEpoch: calendar.knownDays.upperBound))
        self.days = days.map { Day(CivilDate(daysSinceEpoch: $0), calendar) }
    }

    /// A table, a line a day.
    var text: String {
        var lines = [
            "\(calendar), \(zone); known \(knownFrom) to \(knownUntil)", "",
            "DAY             STATUS     OPEN (UTC)  CLOSE (UTC)  BREAK (UTC)",
        ]
        for day in days {
            let pause = day.breakStart.map { Self.clock($0) + "-" + Self.clock(day.breakEnd) } ?? ""
            let columns = [
                (day.day + " " + Self.weekday(day.day), 16), (day.status.replacing("_", with: " "), 11),
                (Self.clock(day.open), 12), (Self.clock(day.close), 13), (pause, 0),
            ]
            let line = columns.map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }.joined()
            lines.append(String(line.reversed().drop { $0 == " " }.reversed()))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The hours and minutes of an instant.
    private static func clock(_ instant: String?) -> String { instant.map { String($0.dropFirst(11).prefix(5)) } ?? "" }

    private static func weekday(_ day: String) -> String {
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        return ISO8601.date(day).map { names[$0.weekday] } ?? ""
    }
}
