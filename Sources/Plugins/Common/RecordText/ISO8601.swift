/// UTC instants as text, `2013-03-01T21:00:00Z`, and back; own arithmetic, no calendar library, no locale.
///
/// An instant is a count of nanoseconds since 1970-01-01T00:00:00Z, so years run from 1677 to 2262.
///
/// ```swift
/// ISO8601.format(1_362_171_600_000_000_000)  // 2013-03-01T21:00:00Z
/// ISO8601.parse("2013-03-01T16:00:00-05:00")  // 1362171600000000000
/// ```
public enum ISO8601 {
    /// Returns the instant as text: seconds always, a fraction only where there is one, without trailing zeros.
    public static func format(_ nanoseconds: Int64) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        append(nanoseconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the instant as text.
    public static func append(_ nanoseconds: Int64, to bytes: inout [UInt8]) {
        let (days, ofDay) = nanoseconds.flooredDivision(by: nanosecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        appendDigits(date.year, 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(date.month, 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(date.day, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendClock(ofDay, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Returns the instant a text names, or `nil` where it names none.
    ///
    /// Taken are `YYYY-MM-DD` (midnight UTC) and `YYYY-MM-DDTHH:MM[:SS[.f]]` followed by `Z` or `+HH:MM`; `T` may be a
    /// space, the fraction has 1 to 9 digits. A date that is not in the calendar and second 60 are refused.
    public static func parse(_ text: some StringProtocol) -> Int64? {
        var scanner = DigitScanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        if scanner.isAtEnd { return instant(days: date.daysSinceEpoch, ofDay: 0) }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let ofDay = clock(&scanner),
            let offset = zone(&scanner), scanner.isAtEnd
        else { return nil }
        return instant(days: date.daysSinceEpoch, ofDay: ofDay - offset)
    }

    static let nanosecondsPerSecond: Int64 = 1_000_000_000
    static let nanosecondsPerDay: Int64 = 86_400 * 1_000_000_000

    private static func appendClock(_ ofDay: Int64, to bytes: inout [UInt8]) {
        let (seconds, fraction) = ofDay.quotientAndRemainder(dividingBy: nanosecondsPerSecond)
        appendDigits(seconds / 3_600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds % 60, 2, to: &bytes)
        guard fraction != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        appendDigits(fraction, 9, to: &bytes)
        while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    }

    private static func appendDigits(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func clock(_ scanner: inout DigitScanner) -> Int64? {
        guard let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2), hour < 24, minute < 60
        else { return nil }
        var nanoseconds = (hour * 3_600 + minute * 60) * nanosecondsPerSecond
        guard scanner.take(":") else { return nanoseconds }
        guard let second = scanner.number(2), second < 60 else { return nil }
        nanoseconds += second * nanosecondsPerSecond
        guard scanner.take(".") else { return nanoseconds }
        guard let fraction = scanner.fraction() else { return nil }
        return nanoseconds + fraction
    }

    private static func zone(_ scanner: inout DigitScanner) -> Int64? {
        if scanner.take("Z") || scanner.take("z") { return 0 }
        let isEast = scanner.take("+")
        guard isEast || scanner.take("-"), let hour = scanner.number(2), scanner.take(":"),
            let minute = scanner.number(2), hour < 24, minute < 60
        else { return nil }
        let offset = (hour * 3_600 + minute * 60) * nanosecondsPerSecond
        return isEast ? offset : -offset
    }

    private static func instant(days: Int64, ofDay: Int64) -> Int64? {
        // Towards 1970, so that the first day, which begins before the least instant, still has its evening.
        let (near, rest) = days < 0 ? (days + 1, ofDay - nanosecondsPerDay) : (days, ofDay)
        let (start, tooFar) = near.multipliedReportingOverflow(by: nanosecondsPerDay)
        let (sum, outside) = start.addingReportingOverflow(rest)
        return tooFar || outside ? nil : sum
    }
}

/// Reads fixed-width ASCII numbers one after the other.
private struct DigitScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard position + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + width] {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += width
        return value
    }

    /// Reads 1 to 9 digits after the point as nanoseconds.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var width = 0
        while width < 9, let digit = number(1) {
            value = value * 10 + digit
            width += 1
        }
        guard width > 0 else { return nil }
        for _ in width..<9 { value *= 10 }
        return value
    }
}
