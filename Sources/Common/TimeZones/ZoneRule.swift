import CivilTime

/// The rule that goes on for ever after the listed changes: the POSIX `TZ` text in a TZif footer.
///
/// `EST5EDT,M3.2.0,M11.1.0`, `<+08>-8`, `IST-1GMT0,M10.5.0,M3.5.0/1`: names, offsets west of UTC, then the days on
/// which daylight time begins and ends and the local second of each (default 02:00; -167...167 hours).
struct ZoneRule {
    /// Seconds east of UTC in standard time.
    let standardOffset: Int64
    private let daylightOffset: Int64
    private let start: Change?
    private let end: Change?

    /// Reads the text; `nil` where it is no rule.
    init?(_ text: [UInt8]) {
        var scanner = RuleScanner(text)
        guard scanner.skipName(), let west = scanner.time() else { return nil }
        standardOffset = -west
        guard !scanner.isAtEnd else {
            daylightOffset = standardOffset
            start = nil
            end = nil
            return
        }
        guard scanner.skipName() else { return nil }
        let daylight = scanner.peek == UInt8(ascii: ",") ? standardOffset + 3_600 : scanner.time().map { -$0 }
        guard let daylight, let start = scanner.change(), let end = scanner.change(), scanner.isAtEnd else {
            return nil
        }
        daylightOffset = daylight
        self.start = start
        self.end = end
    }

    /// Whether the clocks change at all.
    var hasDaylightTime: Bool { start != nil }

    /// Returns the changes of one year in ascending order.
    func changes(in year: Int) -> [(instant: Int64, offset: Int64)] {
        guard let start, let end else { return [] }
        let both = [
            (instant: start.localSecond(in: year) - standardOffset, offset: daylightOffset),
            (instant: end.localSecond(in: year) - daylightOffset, offset: standardOffset),
        ]
        return both.sorted { $0.instant < $1.instant }
    }

    /// The day and local second of a change.
    struct Change {
        enum Day {
            /// Day 1...365, the 29th of February never counted.
            case julian(Int)
            /// Day 0...365, the 29th of February counted.
            case ofYear(Int)
            /// The n-th weekday of a month; week 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        let day: Day
        let second: Int64

        /// Returns the change as local seconds, counted as if they were UTC.
        func localSecond(in year: Int) -> Int64 { dayNumber(in: year) * 86_400 + second }

        private func dayNumber(in year: Int) -> Int64 {
            let newYear = Self.days(year, 1)
            switch day {
            case .julian(let number):
                return newYear + Int64(number - 1) + (CivilDate.isLeap(year) && number >= 60 ? 1 : 0)
            case .ofYear(let number):
                return newYear + Int64(number)
            case .weekday(let month, let week, let weekday):
                let first = Self.days(year, month)
                let shift = (weekday - CivilDate(daysSinceEpoch: first).weekday + 7) % 7
                let number = shift + (week - 1) * 7
                return first + Int64(number < CivilDate.length(ofMonth: month, year: year) ? number : number - 7)
            }
        }

        private static func days(_ year: Int, _ month: Int) -> Int64 {
            CivilDate(year: year, month: month, day: 1)?.daysSinceEpoch ?? 0
        }
    }
}

/// Reads the parts of a rule from left to right.
private struct RuleScanner {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }
    var peek: UInt8? { position < text.count ? text[position] : nil }

    mutating func skipName() -> Bool {
        let start = position
        if take("<") {
            while let byte = peek, byte != UInt8(ascii: ">") { position += 1 }
            return take(">") && position - start > 2
        }
        while let byte = peek, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) { position += 1 }
        return position - start >= 3
    }

    /// `[+-]hours[:minutes[:seconds]]` in seconds.
    mutating func time() -> Int64? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard var seconds = number(0...167).map({ $0 * 3_600 }) else { return nil }
        for unit in [60, 1] where take(":") {
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return Int64(isNegative ? -seconds : seconds)
    }

    /// `,day[/time]`.
    mutating func change() -> ZoneRule.Change? {
        guard take(","), let day = day() else { return nil }
        guard take("/") else { return ZoneRule.Change(day: day, second: 7_200) }
        return time().map { ZoneRule.Change(day: day, second: $0) }
    }

    private mutating func day() -> ZoneRule.Change.Day? {
        if take("J") { return number(1...365).map { .julian($0) } }
        guard take("M") else { return number(0...365).map { .ofYear($0) } }
        guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int? {
        var value = 0
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), position - start < 4 {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            position += 1
        }
        return position > start && range.contains(value) ? value : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
