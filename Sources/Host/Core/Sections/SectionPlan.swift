package import PluginKit

/// How the rows of one event time wait for each other, where columns compare the instruments.
package struct SectionPlan: Sendable, Hashable {
    /// The instruments that are expected.
    package let members: [InstrumentID]
    /// Longest time that a live row waits for those of other instruments.
    package let wait: Duration

    /// Creates a plan.
    package init(members: [InstrumentID], wait: Duration) {
        self.members = members
        self.wait = wait
    }
}

/// What comparing instruments left without a value; added up over event times.
package struct SectionTally: Sendable, Hashable {
    /// Event times whose rows were compared.
    package var closed = 0
    /// Rows that were expected and not there when their time was closed.
    package var absent = 0
    /// Rows that wait for others of their time.
    package var held = 0
    /// Compared columns without a value, one a row and column, by reason: `late_row`, `no_value` (the column itself has none),
    /// `no_group`, `too_few`, `undefined`.
    package var missing = ReasonCounts()

    /// Creates counts of nothing.
    package init() {}

    mutating func reset() { self = SectionTally() }

    func add(to tally: inout SectionTally) {
        tally.closed += closed
        tally.absent += absent
        tally.held = held
        for (reason, count) in missing { tally.missing[reason, default: 0] += count }
    }
}

/// Where rows come from that leave with another delivery than their own.
struct RowOrigin: Sendable, Hashable {
    let provenance: Provenance
    let arrival: Int64?
    let isStored: Bool

    init(_ item: IngestItem) { (provenance, arrival, isStored) = (item.provenance, item.arrival, item.isStored) }

    init(_ provenance: Provenance) { (self.provenance, arrival, isStored) = (provenance, nil, false) }
}
