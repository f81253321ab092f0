/// Reads and writes spans: `250ms`, `10s`, `5m`, `1h`, `3d`, `1w`, `3y`; a year is 365 days.
package enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
        ("y", 31_536_000_000),
    ]

    /// The grammar in words.
    static let grammar = "a whole number and a unit: 250ms, 10s, 5m, 1h, 3d, 1w, 3y"

    /// Returns the span; `nil` where the text is none.
    package static func parse(_ text: String) -> Duration? {
        let split = text.lastIndex { $0.isASCII && $0.isNumber }.map { text.index(after: $0) } ?? text.startIndex
        guard let unit = units.first(where: { $0.name == text[split...] }), !text.hasPrefix("+"),
            let digits = NumberText.wholeDigits(String(text[..<split])), let count = Int64(digits), count >= 0
        else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// Writes the span in the largest unit that divides it; parts of a millisecond are written as a fraction.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        guard rest == 0 else { return "\(NumberText.text(duration / .milliseconds(1)))ms" }
        let milliseconds = seconds * 1_000 + whole
        guard milliseconds != 0 else { return "0s" }
        let unit = units.last { milliseconds % $0.milliseconds == 0 && !["w", "y"].contains($0.name) } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
