/// Reads decimal numbers from bytes, correctly rounded: the `Double` next to the written value, ties to even.
///
/// Up to 2^53 in digits and 10^22 in scale, one multiplication or division of exact numbers rounds once and so rightly
/// (W. D. Clinger, *How to Read Floating Point Numbers Accurately*, 1990); the rare rest goes to the standard library.
public enum DecimalText {
    /// Reads a number and multiplies it by a power of ten before it is rounded; spaces around it are allowed.
    ///
    /// Reads `-12`, `1.5`, `.5`, `5.`, `+1e-3`. Gives `nil` for everything else: names (`nan`, `inf`), grouped digits
    /// (`1,234`), hexadecimal, an empty text, and numbers beyond `Double`.
    public static func number(_ text: Span<UInt8>, timesTenTo shift: Int = 0) -> Double? {
        var scanner = DecimalScanner(text, shift)
        guard scanner.read(text) else { return nil }
        if let exact = scanner.exactValue { return exact }
        return scanner.slowValue(text)
    }

    /// Returns the exponent of a number that is a power of ten (0.0001 gives -4), or `nil`.
    public static func powerOfTen(_ value: Double) -> Int? {
        (-15...15).first { Double("1e\($0)") == value }
    }
}

/// The parts of one decimal number.
private struct DecimalScanner {
    private var isNegative = false
    /// The first 19 digits; more do not fit.
    private var digits: UInt64 = 0
    private var digitCount = 0
    private var lostDigits = false
    private var exponent: Int
    private var writtenExponent = 0
    private let shift: Int
    private var significand = 0..<0

    init(_ text: Span<UInt8>, _ shift: Int) {
        self.shift = shift
        exponent = shift
    }

    /// Reads the whole text; `false` where it is no number.
    mutating func read(_ text: Span<UInt8>) -> Bool {
        var position = 0
        var end = text.count
        while position < end, Self.isSpace(text[position]) { position += 1 }
        while end > position, Self.isSpace(text[end - 1]) { end -= 1 }
        if position < end, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        let first = position
        guard readSignificand(text, &position, end) else { return false }
        significand = first..<position
        return position == end || readExponent(text, position, end)
    }

    private mutating func readSignificand(_ text: Span<UInt8>, _ position: inout Int, _ end: Int) -> Bool {
        var hasPoint = false
        var hasDigit = false
        while position < end {
            let byte = text[position]
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if byte &- UInt8(ascii: "0") <= 9 {
                hasDigit = true
                take(byte &- UInt8(ascii: "0"), afterPoint: hasPoint)
            } else {
                break
            }
            position += 1
        }
        return hasDigit
    }

    private mutating func take(_ digit: UInt8, afterPoint: Bool) {
        if digitCount < 19 {
            digits = digits * 10 + UInt64(digit)
            if digits != 0 { digitCount += 1 }
            if afterPoint { exponent -= 1 }
        } else {
            lostDigits = true
            if !afterPoint { exponent += 1 }
        }
    }

    private mutating func readExponent(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard text[start] | 0x20 == UInt8(ascii: "e") else { return false }
        var position = start + 1
        let hasSign = position < end && (text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+"))
        let isMinus = hasSign && text[position] == UInt8(ascii: "-")
        if hasSign { position += 1 }
        guard position < end else { return false }
        var value = 0
        while position < end {
            guard text[position] &- UInt8(ascii: "0") <= 9 else { return false }
            value = min(value * 10 + Int(text[position] &- UInt8(ascii: "0")), 100_000)
            position += 1
        }
        writtenExponent = isMinus ? -value : value
        exponent += writtenExponent
        return true
    }

    /// The value where one rounding gives it.
    var exactValue: Double? {
        guard !lostDigits, digits <= 1 << 53 else { return nil }
        let magnitude = Double(digits)
        guard digits != 0, exponent != 0 else { return digits == 0 || exponent == 0 ? signed(magnitude) : nil }
        guard (-22...22).contains(exponent) else { return nil }
        return signed(exponent < 0 ? magnitude / Self.powers[-exponent] : magnitude * Self.powers[exponent])
    }

    /// The value from the standard library's own reader, which takes any length.
    func slowValue(_ text: Span<UInt8>) -> Double? {
        var copy: [UInt8] = []
        for index in significand { copy.append(text[index]) }
        guard let value = Double(String(decoding: copy, as: UTF8.self) + "e\(writtenExponent + shift)"), value.isFinite
        else { return nil }
        return signed(value)
    }

    private func signed(_ magnitude: Double) -> Double { isNegative ? -magnitude : magnitude }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
