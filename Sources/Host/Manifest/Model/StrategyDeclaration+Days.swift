import CivilTime

extension StrategyDeclaration {
    /// Returns the days after 1970-01-01 of a day as `2019-07-22`; `nil` where it is none.
    package static func days(_ text: String) -> Int32? {
        ISO8601.date(text).flatMap { Int32(exactly: $0.daysSinceEpoch) }
    }

    /// Returns the days of a stretch as `2019-04-30..2020-06-01`; `nil` where it is none.
    package static func stretch(_ text: String) -> ClosedRange<Int32>? {
        guard let dots = text.firstRange(of: ".."), let first = days(String(text[..<dots.lowerBound])),
            let last = days(String(text[dots.upperBound...])), first <= last
        else { return nil }
        return first...last
    }
}
