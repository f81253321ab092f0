/// Reads decimal numbers to the nearest `Float` or `Double`, fast where that is safe.
enum JSONNumber {
    /// Reads the number that begins at `position` and moves past it; `nil` where none begins there.
    static func float(_ bytes: [UInt8], _ position: inout Int) -> Float? {
        let start = position
        guard let parts = decimal(bytes, &position) else { return word(bytes, &position, from: start) }
        if let value = fast(parts) { return parts.isNegative ? -value : value }
        return Float(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// Reads the number that begins at `position` to the nearest `Double` and moves past it; `nil` where none begins there.
    static func double(_ bytes: [UInt8], _ position: inout Int) -> Double? {
        if let value = plain(bytes, &position) { return value }
        let start = position
        guard decimal(bytes, &position) != nil else { return nil }
        return Double(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    /// Reads a number of at most 18 digits without an exponent; `nil`, the place unchanged, for others.
    private static func plain(_ bytes: [UInt8], _ position: inout Int) -> Double? {
        let end = bytes.count
        var place = position
        let isNegative = place < end && bytes[place] == UInt8(ascii: "-")
        if isNegative { place += 1 }
        var digits: UInt64 = 0
        let first = place
        while place < end, case let digit = bytes[place] &- UInt8(ascii: "0"), digit <= 9 {
            digits = digits &* 10 &+ UInt64(digit)
            place += 1
        }
        var (count, fraction) = (place - first, 0)
        guard count > 0 else { return nil }
        if place < end, bytes[place] == UInt8(ascii: ".") {
            place += 1
            let point = place
            while place < end, case let digit = bytes[place] &- UInt8(ascii: "0"), digit <= 9 {
                digits = digits &* 10 &+ UInt64(digit)
                place += 1
            }
            fraction = place - point
            count += fraction
            guard fraction > 0 else { return nil }
        }
        // Digits and power are exact, so one rounding gives the nearest.
        guard count <= 18, digits <= 1 << 53, place == end || bytes[place] | 0x20 != UInt8(ascii: "e") else {
            return nil
        }
        position = place
        let value = fraction == 0 ? Double(digits) : Double(digits) / powers[fraction]
        return isNegative ? -value : value
    }

    /// Moves past the number that begins at `position`; `false` where none begins there.
    static func skip(_ bytes: [UInt8], _ position: inout Int) -> Bool {
        let start = position
        return decimal(bytes, &position) != nil || word(bytes, &position, from: start) != nil
    }

    /// A decimal number as whole digits times a power of ten.
    private struct Decimal {
        var isNegative = false
        var digits: UInt64 = 0
        var digitCount = 0
        var exponent = 0
    }

    /// Returns the nearest `Float` by way of an exact or correctly rounded `Double`; `nil` where rounding twice could differ
    /// from rounding once.
    private static func fast(_ parts: Decimal) -> Float? {
        if parts.digits == 0 { return 0 }
        guard parts.digitCount <= 15, abs(parts.exponent) <= 22 else { return nil }
        let power = powers[abs(parts.exponent)]
        let double = parts.exponent < 0 ? Double(parts.digits) / power : Double(parts.digits) * power
        let tail = double.bitPattern & 0x1FFF_FFFF
        let isNearMiddle = tail >= 0x0FFF_FFFF && tail <= 0x1000_0001
        guard !isNearMiddle, double >= Double(Float.leastNormalMagnitude), double < 3e38 else { return nil }
        return Float(double)
    }

    private static func decimal(_ bytes: [UInt8], _ position: inout Int) -> Decimal? {
        var parts = Decimal()
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") {
            parts.isNegative = true
            position += 1
        }
        guard digits(bytes, &position, into: &parts) > 0 else { return nil }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            let count = digits(bytes, &position, into: &parts)
            guard count > 0 else { return nil }
            parts.exponent -= count
        }
        guard position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") else { return parts }
        position += 1
        guard let exponent = exponent(bytes, &position) else { return nil }
        parts.exponent += exponent
        return parts
    }

    /// Collects digits; returns how many there were. Leading zeros do not count towards precision.
    private static func digits(_ bytes: [UInt8], _ position: inout Int, into parts: inout Decimal) -> Int {
        let start = position
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            if parts.digitCount < 19 { parts.digits = parts.digits &* 10 &+ UInt64(digit) }
            if parts.digits != 0 || parts.digitCount > 0 { parts.digitCount += 1 }
            position += 1
        }
        return position - start
    }

    private static func exponent(_ bytes: [UInt8], _ position: inout Int) -> Int? {
        guard position < bytes.count else { return nil }
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative || bytes[position] == UInt8(ascii: "+") { position += 1 }
        let start = position
        var value = 0
        while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit <= 9 {
            value = min(value * 10 + Int(digit), 100_000)
            position += 1
        }
        guard position > start else { return nil }
        return isNegative ? -value : value
    }

    private static func word(_ bytes: [UInt8], _ position: inout Int, from start: Int) -> Float? {
        for (text, value) in [("NaN", Float.nan), ("Infinity", .infinity), ("-Infinity", -.infinity)]
        where bytes[start...].starts(with: text.utf8) {
            position = start + text.utf8.count
            return value
        }
        return nil
    }

    /// Powers of ten that a `Double` holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
