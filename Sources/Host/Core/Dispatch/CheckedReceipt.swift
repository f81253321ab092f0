import PluginKit

/// A sink's receipt with each row named at most once, and no row that does not exist.
struct CheckedReceipt {
    /// Rows the sink will never take.
    private(set) var rejected: [WriteReceipt.Rejection] = []
    /// Positions to offer again, ascending.
    private(set) var retry: [Int] = []
    /// Positions that were taken, ascending; `nil` for all of them.
    private(set) var taken: [Int]?

    init(_ receipt: WriteReceipt, rows: Int) {
        guard !receipt.rejected.isEmpty || !receipt.retry.isEmpty else { return }
        var isOpen = Array(repeating: true, count: rows)
        for rejection in receipt.rejected where isOpen.indices.contains(rejection.row) && isOpen[rejection.row] {
            isOpen[rejection.row] = false
            rejected.append(rejection)
        }
        for row in receipt.retry where isOpen.indices.contains(row) && isOpen[row] {
            isOpen[row] = false
            retry.append(row)
        }
        retry.sort()
        taken = isOpen.indices.filter { isOpen[$0] }
    }
}
