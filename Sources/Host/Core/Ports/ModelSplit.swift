package import PluginKit

/// Which versions serve which rows of a model while they are compared: a share each, drawn by instrument or by slot of time.
///
/// The draw is a function of the model, the versions and what is drawn alone: every host, restart and replay draws the same.
package struct ModelSplit: Sendable, Hashable {
    /// A version beside the champion, with its share.
    package struct Arm: Sendable, Hashable {
        /// The version; it is a shadow.
        package let number: Int
        /// Its share of what is drawn, above 0 and below 1.
        package let share: Double

        /// Creates an arm.
        package init(_ number: Int, share: Double) { (self.number, self.share) = (number, share) }
    }

    /// The model.
    package let model: String
    /// The champion, which serves what is left.
    package let champion: Int
    /// Versions beside it, in ascending order.
    package let arms: [Arm]
    /// Nanoseconds of a slot of event time, counted from the Unix epoch; 0 where instruments are drawn.
    package let slot: Int64
    /// The change of stages that began it.
    package let sequence: Int64
    /// What every draw begins with.
    private let drawn: StableDigest

    /// Creates a split.
    package init(model: String, champion: Int, arms: [Arm], slot: Int64, sequence: Int64) {
        (self.model, self.champion, self.slot, self.sequence) = (model, champion, slot, sequence)
        self.arms = arms.sorted { $0.number < $1.number }
        var digest = StableDigest()
        digest.add(model)
        digest.add(([champion] + self.arms.map(\.number)).map(String.init).joined(separator: " "))
        drawn = digest
    }

    /// The share of the champion.
    package var rest: Double { 1 - arms.reduce(0) { $0 + $1.share } }

    /// What a row is drawn by: its instrument, or the number of its slot.
    package func unit(_ instrument: Instrument, at time: Int64) -> String {
        guard slot > 0 else { return instrument.description }
        let number = time / slot - (time % slot < 0 ? 1 : 0)
        return "\(number)"
    }

    /// Returns the version that serves a row.
    package func version(of instrument: Instrument, at time: Int64) -> Int { version(of: unit(instrument, at: time)) }

    /// Returns the version that serves what is drawn.
    package func version(of unit: String) -> Int {
        var digest = drawn
        digest.add(unit)
        var point = digest.fraction
        for arm in arms {
            if point < arm.share { return arm.number }
            point -= arm.share
        }
        return champion
    }
}

/// That versions are to share the rows of a model, or no longer are.
package struct SplitOrder: Sendable, Hashable {
    /// The model and its pipeline.
    package let model, pipeline: String
    /// Versions beside the champion; empty where the split ends.
    package let arms: [ModelSplit.Arm]
    /// Nanoseconds of a slot; 0 where instruments are drawn.
    package let slot: Int64
    /// The champion that this was decided against: where another one serves meanwhile the order is refused.
    package let champion: Int
    /// Who, and why.
    package let by, reason: String

    /// Creates an order.
    package init(
        _ model: String, in pipeline: String, arms: [ModelSplit.Arm], slot: Int64, champion: Int, by: String,
        reason: String
    ) {
        (self.model, self.pipeline, self.arms, self.slot) = (model, pipeline, arms, slot)
        (self.champion, self.by, self.reason) = (champion, by, reason)
    }
}

/// A row that a version served, with what came of it.
package struct ServedError: Sendable, Hashable {
    /// The version.
    package let version: Int
    /// Whose row.
    package let instrument: Instrument
    /// Event time of the row.
    package let time: Int64
    /// What was predicted less what came.
    package let error: Double

    /// Creates one.
    package init(version: Int, instrument: Instrument, time: Int64, error: Double) {
        (self.version, self.instrument, self.time, self.error) = (version, instrument, time, error)
    }
}
