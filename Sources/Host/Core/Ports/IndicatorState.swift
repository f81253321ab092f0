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

/// The indicators whose kept states a start goes on with.
struct KeptIndicators: Sendable {
    let features: FeaturePlan
    /// Events before a state's last one that are played all the same, for what remembers the last few: the usual moves of a price
    /// (20 bars), a step of its level that is not decided (5 more), and twice the horizon of the models.
    let tail: Int

    /// Those of the driving events of a plan.
    init(_ plan: PipelinePlan) {
        features = plan.features
        let horizons = plan.models.compactMap { $0.measure?.horizon }
        tail = 64 + 2 * (horizons.max() ?? 0)
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
