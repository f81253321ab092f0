import PluginKit

/// The rows that a sink refused since it last took one of their kind: one that takes none is not well, however well it answers.
struct RefusedRows {
    /// Reasons that are named, the most frequent first.
    private static let named = 3

    private var counts: [RecordKind: ReasonCounts] = [:]

    /// Notes what became of rows of a kind.
    mutating func note(_ rejected: [WriteReceipt.Rejection], taken: Int, of kind: RecordKind) {
        guard taken == 0 else {
            counts[kind] = nil
            return
        }
        for rejection in rejected { counts[kind, default: ReasonCounts()][rejection.reason, default: 0] += 1 }
    }

    /// The kinds of which it takes no row, how many it refused, and why; `nil` where there is none.
    var message: String? {
        guard !counts.isEmpty else { return nil }
        let kinds = counts.keys.map(\.rawValue).sorted().joined(separator: " and ")
        let reasons = counts.values.reduce(into: ReasonCounts()) { all, own in
            for (reason, count) in own { all[reason, default: 0] += count }
        }
        let first = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.named)
        let why = first.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "it takes no row of \(kinds). It refused \(reasons.total) (\(why)) so far."
    }
}
