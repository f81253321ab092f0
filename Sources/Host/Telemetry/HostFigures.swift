/// What the host keeps on disk, how its last reload went, and how long it was of use.
package struct HostFigures: Sendable {
    /// How a reload ended.
    package struct Reload: Sendable {
        /// Whether it took effect.
        package let isGood: Bool
        /// When it ended, nanoseconds since the Unix epoch, UTC.
        package let time: Int64

        /// Creates a result.
        package init(isGood: Bool, time: Int64) {
            self.isGood = isGood
            self.time = time
        }
    }

    /// Size of the state database with its log.
    package let stateBytes: Int
    /// Rows removed because they are no longer kept, by kind.
    package let removed: [String: Int]
    /// The last reload; `nil` before the first.
    package let reload: Reload?

    /// Creates figures.
    package init(stateBytes: Int, removed: [String: Int] = [:], reload: Reload?) {
        self.removed = removed
        self.stateBytes = stateBytes
        self.reload = reload
    }
}
