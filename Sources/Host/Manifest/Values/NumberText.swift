/// Reads and writes numbers the way the manifest does: decimal, `_` between digits allowed, nothing else.
enum NumberText {
    /// Returns the digits without their underscores; `nil` where the text is no decimal whole number.
    static func wholeDigits(_ text: String) -> String? {
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard let last = unsigned.utf8.last, isDigit(last), unsigned.utf8.first.map(isDigit) == true else { return nil }
        var before: UInt8 = 0
        for byte in unsigned.utf8 {
            guard isDigit(byte) || (byte == underscore && before != underscore) else { return nil }
            before = byte
        }
        return text.replacing("_", with: "")
    }

    /// Returns a finite number from `0.05`, `-1`, `1e5`, `10_000.5`; `nil` for anything else, hexadecimal and NaN too.
    static func number(_ text: String) -> Double? {
        let plain = text.utf8.allSatisfy { isDigit($0) || "+-.eE_".utf8.contains($0) }
        guard plain, !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__"),
            let value = Double(text.replacing("_", with: "")), value.isFinite
        else { return nil }
        return value
    }

    /// Writes a number without a needless `.0`.
    static func text(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Writes a range of whole numbers: `2...100000`, `20 or more`, `any whole number`.
    static func text(_ range: ClosedRange<Int>) -> String {
        bounds(
            range.lowerBound == .min ? nil : "\(range.lowerBound)",
            range.upperBound == .max ? nil : "\(range.upperBound)")
            ?? "any whole number"
    }

    /// Writes a range of numbers.
    static func text(_ range: ClosedRange<Double>) -> String {
        let lower = range.lowerBound <= -Double.greatestFiniteMagnitude ? nil : text(range.lowerBound)
        let upper = range.upperBound >= Double.greatestFiniteMagnitude ? nil : text(range.upperBound)
        return bounds(lower, upper) ?? "any finite number"
    }

    private static let underscore = UInt8(ascii: "_")

    private static func bounds(_ lower: String?, _ upper: String?) -> String? {
        switch (lower, upper) {
        case (let lower?, let upper?): lower == upper ? lower : "\(lower)...\(upper)"
        case (let lower?, nil): "\(lower) or more"
        case (nil, let upper?): "at most \(upper)"
        case (nil, nil): nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
