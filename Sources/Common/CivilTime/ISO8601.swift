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
    ///
    /// - Parameter decimals: digits of the fraction, 0...9, cut and not rounded; `nil` for as many as it has.
    public static func format(_ nanoseconds: Int64, decimals: Int? = nil) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(30)
        append(nanoseconds, decimals: decimals, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the instant as text; see `format`.
    public static func append(_ nanoseconds: Int64, decimals: Int? = nil, to bytes: inout [UInt8]) {
        let time = UTCTime(nanoseconds: nanoseconds)
        append(time.date, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        let (seconds, fraction) = time.ofDay.quotientAndRemainder(dividingBy: nanosecondsPerSecond)
        appendDigits(seconds / 3_600, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds / 60 % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        appendDigits(seconds % 60, 2, to: &bytes)
        append(fraction: fraction, decimals, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Returns a day as text, `2013-03-01`; a year outside 0...9999 is cut to its last four digits.
    public static func format(_ date: CivilDate) -> String {
        var bytes: [UInt8] = []
        append(date, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns the day that `YYYY-MM-DD` names, or `nil` where a text is written otherwise or the calendar has no such day.
    public static func date(_ text: some StringProtocol) -> CivilDate? {
        var scanner = DigitScanner(Array(text.utf8))
        let date = date(&scanner)
        return scanner.isAtEnd ? date : nil
    }

    /// Returns the instant a text names, or `nil` where it names none.
    ///
    /// Taken are `YYYY-MM-DD` (midnight UTC) and `YYYY-MM-DDTHH:MM[:SS[.f]]` followed by `Z` or `+HH:MM`; `T` may be a
    /// space, the fraction has 1 to 9 digits. A date that is not in the calendar and second 60 are refused.
    public static func parse(_ text: some StringProtocol) -> Int64? {
        var scanner = DigitScanner(Array(text.utf8))
        guard let date = date(&scanner) else { return nil }
        if scanner.isAtEnd { return UTCTime(date: date).nanoseconds }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "), let ofDay = clock(&scanner),
            let offset = zone(&scanner), scanner.isAtEnd
        else { return nil }
        // In UTC the instant may lie on a neighbouring day.
        return UTCTime(date: date, ofDay: ofDay - offset).nanoseconds
    }

    private static let nanosecondsPerSecond: Int64 = 1_000_000_000

    private static func append(_ date: CivilDate, to bytes: inout [UInt8]) {
        appendDigits(Int64(date.year), 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(Int64(date.month), 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        appendDigits(Int64(date.day), 2, to: &bytes)
    }

    private static func append(fraction: Int64, _ decimals: Int?, to bytes: inout [UInt8]) {
        guard fraction != 0 || decimals != nil, decimals != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        appendDigits(fraction, 9, to: &bytes)
        guard let decimals else {
            while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
            return
        }
        bytes.removeLast(9 - min(max(decimals, 1), 9))
    }

    private static func appendDigits(_ value: Int64, _ width: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8((value / divisor % 10).magnitude))
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

    private static func date(_ scanner: inout DigitScanner) -> CivilDate? {
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2)
        else { return nil }
        return CivilDate(year: Int(year), month: Int(month), day: Int(day))
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
