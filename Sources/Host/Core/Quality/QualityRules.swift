package import PluginKit

/// What the quality stage accepts beyond what must be true of every event.
package struct QualityRules: Sendable, Hashable {
    /// Numbers that a venue can have of its own.
    package struct Thresholds: Sendable, Hashable {
        /// How many times the price before a price may be, and the other way round, before those that follow must confirm it.
        package let maxJump: Double
        /// How many times the usual move of the last bars a move may be before it is flagged as an outlier.
        package let maxMove: Double
        /// How long nothing of an instrument must have come while its venue was open before a gap is told, nanoseconds; bars of a
        /// kind that is not named are told one by one, other events never.
        package let gaps: [EventKind: Int64]

        /// Creates thresholds; `maxJump` and `maxMove` are above 1.
        package init(maxJump: Double = 50, maxMove: Double = 10, gaps: [EventKind: Int64] = [:]) {
            self.maxJump = maxJump
            self.maxMove = maxMove
            self.gaps = gaps
        }
    }

    /// Whether prices may be zero or negative, as those of spreads and of some futures; then no price is compared with the one
    /// before it, since near zero a ratio means nothing.
    package let hasAnySign: Bool
    /// What becomes of bars that are missing by the calendar.
    package let missing: MissingBars
    /// Those of every venue that has none of its own.
    private let common: Thresholds
    /// Those of each instrument, by its number; empty where all have the common ones.
    private let own: [Thresholds]
    /// How many in a row, each within `maxJump` of the one before, make a level that is taken up.
    package static let levelLength = 3

    /// Creates rules; `own` gives thresholds by an instrument's number, where some have others than the common ones.
    package init(
        _ common: Thresholds = Thresholds(), own: [Thresholds] = [], hasAnySign: Bool = false,
        missing: MissingBars = .leave
    ) {
        self.common = common
        self.own = own
        self.missing = missing
        self.hasAnySign = hasAnySign
    }

    /// Creates rules that are the same for every instrument.
    package init(
        maxJump: Double = 50, hasAnySign: Bool = false, maxMove: Double = 10, missing: MissingBars = .leave,
        gaps: [EventKind: Int64] = [:]
    ) {
        self.init(
            Thresholds(maxJump: maxJump, maxMove: maxMove, gaps: gaps), hasAnySign: hasAnySign, missing: missing)
    }

    /// The thresholds that hold for an instrument.
    package func thresholds(of instrument: InstrumentID) -> Thresholds {
        let slot = Int(instrument.rawValue)
        return slot < own.count ? own[slot] : common
    }

    /// Whether a close of an instrument may follow another one without more.
    package func allows(_ close: Double, after before: Double, of instrument: InstrumentID) -> Bool {
        let slot = Int(instrument.rawValue)
        let maxJump = slot < own.count ? own[slot].maxJump : common.maxJump
        return (close < before * maxJump && close * maxJump > before) || hasAnySign
    }
}
