import CivilTime

/// Reads a written time from left to right; holds a copy of it and never allocates.
struct TimeScanner {
    private static let capacity = 64
    private var text = InlineArray<64, UInt8>(repeating: 0)
    private var count = 0
    private var position = 0

    /// Takes a copy of a text; one that is too long to be a time is read as an empty one.
    init(_ text: Span<UInt8>) {
        guard text.count <= Self.capacity else { return }
        for index in text.indices { self.text[index] = text[index] }
        count = text.count
    }

    var isAtEnd: Bool { position == count }

    mutating func skipSpaces() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }

    mutating func read(_ tokens: [TimePattern.Token]) -> WrittenTime? {
        var parts = TimeParts()
        if !tokens.contains(where: { if case .field(.day, _) = $0 { true } else { false } }) {
            (parts.year, parts.month, parts.day) = (1970, 1, 1)
        }
        for token in tokens {
            switch token {
            case .literal(let byte):
                guard take(byte) else { return nil }
            case .field(.offset, _):
                guard let offset = offset() else { return nil }
                parts.offset = offset
            case .field(.fraction, let digits):
                guard let value = fraction(digits) else { return nil }
                parts.nanosecond = value
            case .field(.monthName, _):
                guard let month = monthName() else { return nil }
                parts.month = month
            case .field(.half, _):
                guard let isAfternoon = half() else { return nil }
                parts.isAfternoon = isAfternoon
            case .field(.year, let digits):
                guard let value = number(digits) else { return nil }
                parts.year = digits.upperBound > 2 ? value : value < 70 ? 2_000 + value : 1_900 + value
            case .field(let field, let digits):
                guard let value = number(digits) else { return nil }
                parts.set(field, value)
            }
        }
        return parts.time
    }

    /// `yyyy-MM-dd`, then optionally `T` or a space and `HH:mm[:ss[.fraction]]`, then optionally an offset.
    mutating func readISO8601() -> WrittenTime? {
        var parts = TimeParts()
        guard let year = number(4...4), take("-"), let month = number(2...2), take("-"), let day = number(2...2)
        else { return nil }
        (parts.year, parts.month, parts.day) = (year, month, day)
        guard take("T") || peek == UInt8(ascii: " ") && position + 1 < count && take(" ") else { return parts.time }
        guard let hour = number(2...2), take(":"), let minute = number(2...2) else { return nil }
        parts.set(.hour, hour)
        parts.set(.minute, minute)
        if take(":") {
            guard let second = number(2...2) else { return nil }
            parts.set(.second, second)
            if take(".") || take(",") {
                guard let fraction = fraction(1...9) else { return nil }
                parts.nanosecond = fraction
            }
        }
        if !isAtEnd, peek != UInt8(ascii: " ") {
            guard let offset = offset() else { return nil }
            parts.offset = offset
        }
        return parts.time
    }

    /// A whole count of units since 1970-01-01T00:00:00Z.
    mutating func readEpoch(_ unit: Int64) -> WrittenTime? {
        let isNegative = take("-")
        let start = position
        var value: Int64 = 0
        while let digit = digit() {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowOfSum) = scaled.addingReportingOverflow(Int64(digit))
            guard !overflow, !overflowOfSum else { return nil }
            value = sum
        }
        let perDay = 86_400_000_000_000 / unit
        guard position > start, value / perDay < 200_000 else { return nil }
        if isNegative { value = -value }
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: perDay)
        let (day, ofDay) = rest < 0 ? (quotient - 1, rest + perDay) : (quotient, rest)
        return WrittenTime(
            day: day, nanosecondOfDay: ofDay * unit, hasTimeOfDay: true, offset: 0)
    }

    /// Days since 1899-12-30 and their fraction, to the millisecond; from March 1900 on, where spreadsheets agree.
    mutating func readExcel() -> WrittenTime? {
        guard let days = number(2...7), (61...2_958_465).contains(days) else { return nil }
        var (fraction, scale) = (0.0, 1.0)
        let hasTimeOfDay = take(".")
        if hasTimeOfDay {
            guard peek != nil else { return nil }
            while let digit = digit() {
                scale /= 10
                fraction += Double(digit) * scale
            }
        }
        let milliseconds = Int64((fraction * 86_400_000).rounded())
        return WrittenTime(
            day: Int64(days) - 25_569, nanosecondOfDay: milliseconds * 1_000_000, hasTimeOfDay: hasTimeOfDay)
    }

    /// A count of milliseconds since midnight, a day at most.
    mutating func readMillisecondOfDay() -> WrittenTime? {
        guard let value = number(1...8), value <= 86_400_000 else { return nil }
        return WrittenTime(day: 0, nanosecondOfDay: Int64(value) * 1_000_000, hasTimeOfDay: true)
    }

    /// An English month, 1...12: its first three letters, and what letters follow.
    private mutating func monthName() -> Int? {
        let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
        guard position + 3 <= count else { return nil }
        let found = names.withUTF8Buffer { letters in
            (0..<12).first { month in
                (0..<3).allSatisfy { text[position + $0] | 0x20 == letters[month * 3 + $0] }
            }
        }
        guard let found else { return nil }
        while let byte = peek, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) { position += 1 }
        return found + 1
    }

    /// `AM` or `PM`, in any case.
    private mutating func half() -> Bool? {
        guard let byte = peek, byte | 0x20 == UInt8(ascii: "a") || byte | 0x20 == UInt8(ascii: "p") else { return nil }
        position += 1
        guard let last = peek, last | 0x20 == UInt8(ascii: "m") else { return nil }
        position += 1
        return byte | 0x20 == UInt8(ascii: "p")
    }

    private var peek: UInt8? { position < count ? text[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool { take(UInt8(ascii: character)) }

    private mutating func digit() -> Int? {
        guard let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        position += 1
        return Int(byte - UInt8(ascii: "0"))
    }

    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while count < digits.upperBound, let digit = digit() {
            value = value * 10 + digit
            count += 1
        }
        return count >= digits.lowerBound ? value : nil
    }

    /// Digits after the point, in nanoseconds.
    private mutating func fraction(_ digits: ClosedRange<Int>) -> Int? {
        let start = position
        guard var value = number(digits) else { return nil }
        for _ in (position - start)..<9 { value *= 10 }
        return value
    }

    private mutating func offset() -> Int64? {
        if take("Z") { return 0 }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(2...2) else { return nil }
        _ = take(":")
        let minutes = number(2...2) ?? 0
        guard hours <= 18, minutes <= 59 else { return nil }
        return Int64((hours * 3_600 + minutes * 60) * (isWest ? -1 : 1))
    }
}

/// The parts of a written time while it is read.
private struct TimeParts {
    var year = 0
    var month = 0
    var day = 0
    var hour: Int?
    var minute = 0
    var second = 0
    var nanosecond = 0
    var offset: Int64?
    /// Whether the hour is of the second half of the day, where halves are written.
    var isAfternoon: Bool?

    mutating func set(_ field: TimePattern.Field, _ value: Int) {
        switch field {
        case .year: year = value
        case .month: month = value
        case .day: day = value
        case .hour: hour = value
        case .minute: minute = value
        case .second: second = value
        case .fraction: nanosecond = value
        case .offset: offset = Int64(value)
        case .monthName, .half: break
        }
    }

    var time: WrittenTime? {
        guard let date = CivilDate(year: year, month: month, day: day) else { return nil }
        var hour = hour ?? 0
        if let isAfternoon {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        let isMidnightAtEnd = hour == 24 && minute == 0 && second == 0 && nanosecond == 0
        guard hour < 24 || isMidnightAtEnd, minute < 60, second < 60 else { return nil }
        return WrittenTime(
            day: date.daysSinceEpoch,
            nanosecondOfDay: Int64((hour * 60 + minute) * 60 + second) * 1_000_000_000 + Int64(nanosecond),
            hasTimeOfDay: self.hour != nil, offset: offset)
    }
}
