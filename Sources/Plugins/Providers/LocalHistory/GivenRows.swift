/// What was given of one file: a digest of each few rows, so that those of a file that is written anew can be told apart from
/// what they were.
struct GivenRows: Sendable {
    /// Rows of one digest.
    static let block = 64

    private var digests: [Int] = []
    private(set) var count = 0

    /// Adds the next row.
    mutating func add(_ row: some Hashable) {
        if count.isMultiple(of: Self.block) { digests.append(0) }
        var hasher = Hasher()
        hasher.combine(digests[digests.count - 1])
        hasher.combine(row)
        digests[digests.count - 1] = hasher.finalize()
        count += 1
    }

    /// Whether the block that the last row added is in was another one before.
    func differs(from before: GivenRows) -> Bool {
        let last = digests.count - 1
        return last >= 0 && (last >= before.digests.count || digests[last] != before.digests[last])
    }
}
