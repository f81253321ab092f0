/// Where a delivery comes from. A delivery has one source; what it left in store, quarantine and sinks has its provenance.
package struct Provenance: Sendable, Hashable {
    /// Why and how a delivery came.
    package struct Reason: RawRepresentable, Sendable, Hashable {
        /// The word that is stored.
        package let rawValue: String

        /// Creates a reason.
        package init(rawValue: String) { self.rawValue = rawValue }

        /// The past is played again.
        package static let replay = Reason(rawValue: "replay")
        /// It was asked for, to fill in the past.
        package static let history = Reason(rawValue: "history")
        /// It came when it happened.
        package static let live = Reason(rawValue: "live")
        /// It was refused, and a user accepted it after all.
        package static let released = Reason(rawValue: "released")
    }

    /// The provider instance.
    package let source: String
    /// Which try of its stream it came with, from 1.
    package let attempts: Int
    /// Why and how it came.
    package let reason: Reason
    /// When it was asked for, nanoseconds since the Unix epoch, UTC; `nil` for what was pushed.
    package let fetchedAt: Int64?

    /// Creates a provenance.
    package init(source: String, attempts: Int = 1, reason: Reason = .replay, fetchedAt: Int64? = nil) {
        self.source = source
        self.attempts = attempts
        self.reason = reason
        self.fetchedAt = fetchedAt
    }
}
