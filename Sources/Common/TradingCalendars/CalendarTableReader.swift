import CivilTime

/// Reads the embedded table, `calendars.txt`; its second line says how it is written.
struct CalendarTableReader {
    private var tables: [CalendarTable] = []

    /// Returns the calendars of a text in its order; throws `.damagedTable` with the line.
    static func read(_ text: String) throws(CalendarError) -> [CalendarTable] {
        var reader = CalendarTableReader()
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard reader.take(line) else {
                throw CalendarError(
                    .damagedTable,
                    "trading calendars: line \(index + 1) of the table is damaged. Make it anew: make calendars.")
            }
        }
        return reader.tables
    }

    private mutating func take(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        guard let word = words.first, !word.hasPrefix("#") else { return true }
        if word == "calendar" { return begin(words.dropFirst()) }
        guard let last = tables.indices.last, words.count > 2 else { return false }
        switch word {
        case "hours": return Self.add(words.dropFirst(), to: &tables[last].regular)
        case "half-hours": return Self.add(words.dropFirst(), to: &tables[last].half)
        case "half": return Self.add(words.dropFirst(), to: &tables[last].halfDays)
        case "closed": return Self.add(words.dropFirst(), to: &tables[last].closedDays)
        default: return false
        }
    }

    /// `NAME ZONE WEEKDAYS FIRST LAST`.
    private mutating func begin(_ words: ArraySlice<Substring>) -> Bool {
        let words = Array(words)
        let weekdays = ["mon-fri": [1, 2, 3, 4, 5], "mon-sun": Array(0...6)]
        guard words.count == 5, let open = weekdays[String(words[2])], let first = Self.day(words[3]),
            let last = Self.day(words[4]), first <= last
        else { return false }
        tables.append(
            CalendarTable(
                name: String(words[0]), zone: String(words[1]), known: first...last,
                weekdays: (0...6).map(open.contains)))
        return true
    }

    /// `SINCE OPEN-CLOSE`, or with a break `SINCE OPEN-PAUSE RESUME-CLOSE`.
    private static func add(_ words: ArraySlice<Substring>, to phases: inout [CalendarTable.Phase]) -> Bool {
        guard let since = words.first.flatMap(day), phases.last.map({ $0.since < since }) ?? true else { return false }
        let times = words.dropFirst().flatMap { $0.split(separator: "-") }.compactMap(second)
        guard times.count == 2 || times.count == 4, zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return false
        }
        let close = times[times.count - 1]
        let pause = times.count == 4 ? times[1]..<times[2] : close..<close
        phases.append(.init(since: since, hours: .init(open: times[0], close: close, pause: pause)))
        return true
    }

    /// `YEAR`, then month and day of each day as four digits.
    private static func add(_ words: ArraySlice<Substring>, to days: inout [Int32]) -> Bool {
        guard let year = words.first.flatMap({ Int($0) }) else { return false }
        for word in words.dropFirst() {
            guard word.utf8.count == 4, let month = Int(word.prefix(2)), let dayOfMonth = Int(word.suffix(2)),
                let date = CivilDate(year: year, month: month, day: dayOfMonth),
                let number = Int32(exactly: date.daysSinceEpoch), days.last.map({ $0 < number }) ?? true
            else { return false }
            days.append(number)
        }
        return true
    }

    private static func day(_ text: Substring) -> Int64? {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        return CivilDate(year: parts[0], month: parts[1], day: parts[2])?.daysSinceEpoch
    }

    private static func second(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":").compactMap { Int64($0) }
        guard parts.count == 2, (0...24).contains(parts[0]), (0...59).contains(parts[1]) else { return nil }
        return parts[0] * 3_600 + parts[1] * 60
    }
}
