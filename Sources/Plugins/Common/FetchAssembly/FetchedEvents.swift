public import PluginKit

/// What a source had of one instrument.
public struct FetchedEvents<Event: MarketEvent>: Sendable {
    /// The events, in any order.
    public var events: [Event]
    /// What was there and could not be read.
    public var defects: [Defect]

    /// Creates what was found.
    public init(_ events: [Event] = [], defects: [Defect] = []) {
        self.events = events
        self.defects = defects
    }

    /// Adds what another page of the source had.
    public mutating func add(_ other: FetchedEvents) {
        events += other.events
        defects += other.defects
    }
}
