package import PluginKit
import PredictionTargets

/// The states of a pipeline's indicators for one instrument after an event, as the store keeps them: a start goes on from there
/// in place of the instrument's first event.
package struct IndicatorState: Sendable, Hashable {
    /// The instrument.
    package let instrument: InstrumentID
    /// Event time of the last event they have seen, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// What the indicators are (`FeaturePlan.digest`); states of others cannot be used.
    package let plan: String
    /// The states one after the other, as each wrote itself.
    package let bytes: [UInt8]

    /// Creates a state.
    package init(instrument: InstrumentID, time: Int64, plan: String, bytes: [UInt8]) {
        self.instrument = instrument
        self.time = time
        self.plan = plan
        self.bytes = bytes
    }
}

/// The indicators of an input whose kept states a start goes on with.
struct KeptIndicators: Sendable {
    let features: FeaturePlan
    /// Events before a state's last one that are played all the same, for what remembers the last few: a price to move from, the usual
    /// moves (20 bars), as many again that push out what a step before them left there, a step that is not decided (5 more), and twice
    /// the horizon of the models.
    let tail: Int
    /// How many of the last events their values are wanted of: states that have seen one of these already are of no use. A window
    /// of a model begins before the row it ends with, and of an input beside the driving one the newest row is carried on.
    let rows: Int

    /// Those of an input of a plan; `nil` for figures and factors: what is carried of them may be from years ago.
    init?(_ input: InputPlan, of plan: PipelinePlan) {
        guard input.kind != .figure, input.kind != .factor else { return nil }
        let models = input.name.isEmpty ? plan.models : []
        features = input.features
        rows = input.name.isEmpty ? (models.map(\.window).max() ?? 1) - 1 : 1
        tail = 48 + rows + 2 * (models.compactMap { $0.measure?.horizon }.max() ?? 0)
    }
}

/// States of one instrument, ready to be gone on with.
struct ResumedIndicators: Sendable {
    let instrument: InstrumentID
    let time: Int64
    let states: [any Indicator]
}

extension FeaturePlan {
    /// What the indicators are, in their order: with another one kept states mean nothing.
    package var digest: String { StableDigest.of(columns.flatMap { [$0.id, $0.identity] }) }

    /// Whether the states of all its indicators are in this process, so that keeping them asks nobody.
    var keepsStates: Bool { !columns.isEmpty && !columns.contains { $0.prototype is any JointIndicator } }

    /// Returns the states that were written one after the other; throws `.corrupted` where they are others.
    func resume(_ kept: IndicatorState) throws(PluginError) -> ResumedIndicators {
        var reader = StateReader(kept.bytes)
        var states: [any Indicator] = []
        for column in columns {
            var state = column.prototype
            try state.restore(from: &reader)
            states.append(state)
        }
        guard reader.isAtEnd else {
            throw PluginError(.corrupted, "states of indicators: there is more than \(columns.count) wrote.")
        }
        return ResumedIndicators(instrument: kept.instrument, time: kept.time, states: states)
    }
}
