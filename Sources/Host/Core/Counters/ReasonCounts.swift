/// Counts by reason, from a bounded set: a plugin chooses its reasons, and they are labels of metrics.
///
/// A reason is 1...64 of a-z, 0-9 and _. One that is not, and each beyond the first 64, counts as `other`, so every sum holds.
package struct ReasonCounts: Sendable, Hashable, Sequence, ExpressibleByDictionaryLiteral {
    /// Most reasons that are told apart.
    package static let limit = 64
    /// Where what is not told apart is counted.
    package static let other = "other"

    private var counts: [String: Int] = [:]

    /// Creates counts; for tests and constants.
    package init(dictionaryLiteral elements: (String, Int)...) {
        for (reason, count) in elements { self[reason, default: 0] += count }
    }

    /// Creates counts of nothing.
    package init() {}

    /// The count of a reason; `nil` where there is none.
    package subscript(_ reason: String) -> Int? { counts[reason] }

    /// The count of a reason, to be added to.
    package subscript(_ reason: String, default initial: Int) -> Int {
        get { counts[place(of: reason)] ?? initial }
        set { counts[place(of: reason)] = newValue }
    }

    /// The reasons that were counted.
    package var keys: some Collection<String> { counts.keys }

    /// Whether nothing was counted.
    package var isEmpty: Bool { counts.isEmpty }

    /// The counts.
    package var values: some Collection<Int> { counts.values }

    /// The sum of all counts.
    package var total: Int { counts.values.reduce(0, +) }

    /// Reasons with their counts, in no order.
    package func makeIterator() -> Dictionary<String, Int>.Iterator { counts.makeIterator() }

    private func place(of reason: String) -> String {
        if counts[reason] != nil { return reason }
        return counts.count < Self.limit && Self.isReason(reason) ? reason : Self.other
    }

    private static func isReason(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }
}
