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

    /// What the risk service counts.
    package struct Risk: Sendable {
        /// Alerts that are not resolved.
        package var open = 0
        /// Alerts that would have opened within the cooldown of one before.
        package var suppressed = 0
        /// Prices that came.
        package var prices = 0
        /// Prices that a newer one replaced before anybody looked.
        package var replaced = 0
        /// Changes of alerts that a sink was not told of yet, by sink.
        package var waiting: [String: Int] = [:]

        /// Creates counts at zero.
        package init() {}
    }

    /// Size of the state database with its log.
    package let stateBytes: Int
    /// Rows removed because they are no longer kept, by kind.
    package let removed: [String: Int]
    /// The last reload; `nil` before the first.
    package let reload: Reload?
    /// What the risk service counts; `nil` where nobody watches.
    package let risk: Risk?
    /// What became of spans of traces, by outcome; `nil` where no delivery is followed.
    package let spans: [String: Int]?

    /// Creates figures.
    package init(
        stateBytes: Int, removed: [String: Int] = [:], reload: Reload?, risk: Risk? = nil, spans: [String: Int]? = nil
    ) {
        self.spans = spans
        self.risk = risk
        self.removed = removed
        self.stateBytes = stateBytes
        self.reload = reload
    }
}
