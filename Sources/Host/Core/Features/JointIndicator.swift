package import PluginKit

/// An indicator whose states are better fed together than one after the other, as each call leaves the process.
///
/// What it gives is what `update(_:into:)` of each state would give.
package protocol JointIndicator<Input>: Indicator {
    /// Feeds runs of events to states of this type; each state occurs once.
    static func update(_ states: inout [any Indicator<Input>], _ runs: [JointRun], of events: Span<Input>)
}

/// A run of events of one instrument, for one of several states.
package struct JointRun {
    /// Which of the states takes it.
    package let state: Int
    /// Where the run stands in the batch.
    package let events: Range<Int>
    /// Where its outputs go.
    package let rows: FeatureRows

    /// Creates a run.
    package init(state: Int, events: Range<Int>, rows: FeatureRows) {
        self.state = state
        self.events = events
        self.rows = rows
    }
}
