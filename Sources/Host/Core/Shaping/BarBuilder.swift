package import PluginKit

/// Builds bars of one instrument out of trades or finer bars; a value that holds its own state, like an indicator.
///
/// A bar closes by an event that belongs to a later one, or by the pipeline's clock, never by a timer: the same events
/// give the same bars, live and in a replay, however they were cut into deliveries.
package protocol BarBuilder<Input>: Sendable {
    /// What it builds of.
    associatedtype Input: BarMaterial

    /// Takes a run of events in ascending time and appends the bars that they close.
    mutating func take(_ run: Span<Input>, into bars: inout [Bar], tally: inout ShapingTally)

    /// Appends the bars that cannot change any more when the pipeline's clock shows `time`.
    mutating func close(through time: Int64, into bars: inout [Bar])

    /// Whether a bar is forming.
    var isForming: Bool { get }

    /// The bar that is forming, flagged `.partial`; `nil` where there is none.
    var forming: Bar? { get }
}

/// What building bars left out.
package struct ShapingTally: Sendable, Hashable {
    /// Events of a bar that had closed when they came.
    package var late = 0
    /// Events while the venue was closed, its auctions not counted.
    package var outsideSession = 0
    /// Events of a time for which the venue has published no hours.
    package var notKnown = 0

    /// Events of a bar that an earlier run built: they came again.
    package var repeated = 0

    /// Creates an empty tally.
    package init() {}

    /// The counts by reason.
    var reasons: [(reason: String, count: Int)] {
        [("late", late), ("outside_session", outsideSession), ("hours_not_known", notKnown), ("repeated", repeated)]
    }
}
