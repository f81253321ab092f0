package import PluginKit

/// What waits before a partition, in order.
enum PartitionInput: Sendable {
    /// A provider's delivery.
    case delivery(IngestItem)
    /// An order of a reload; carried out at this boundary between two deliveries.
    case order(PartitionOrder)
}

/// Something a partition's task does between two deliveries.
struct PartitionOrder: Sendable {
    let carryOut: @Sendable (inout PartitionWorker) async -> Void
}

/// A provider's delivery on its way into one partition.
package struct IngestItem: Sendable {
    /// The input it came through: 0 drives, the others stand beside it.
    var input = 0
    /// Number of the delivery in its pipeline; each partition sees every number, in order.
    package let sequence: UInt64
    /// Events of this partition's instruments, in the provider's order.
    package let events: EventBatch
    /// Rows that could not be read.
    package let defects: [Defect]
    /// The pipeline's clock at each of the events.
    package let clock: ArrivalClock
    /// The last event time that is no future, by the machine's clock.
    let latest: Int64
    /// Where the delivery comes from.
    let provenance: Provenance
    /// Where bars are built of the events: the newest event time so far at each of them, and after the delivery.
    var eventClock: [Int64] = []
    var reached = Int64.min
    /// Whether no more events come.
    var isEnd = false
    /// Whether everything of the other inputs that happened until its last event has come before it.
    var isMerged = false
    /// Whether the store has the bars already: an earlier run accepted them.
    var isStored = false
    /// Which of the events of its instant each is; empty where they are alone there.
    var places: [UInt32] = []
    /// What its route has to say of the events.
    var alerts: [Alert] = []
    /// Where the delivery is followed.
    var trace: DeliveryTrace?

    /// Returns a share of it.
    func selecting(_ isKept: (Int) -> Bool, of isKeptInstrument: (InstrumentID?) -> Bool) -> IngestItem {
        IngestItem(
            input: input, sequence: sequence, events: events.filter { place, _, _ in isKept(place) },
            defects: defects.filter { isKeptInstrument($0.instrument) }, clock: clock.selecting(isKept), latest: latest,
            provenance: provenance,
            eventClock: eventClock.indices.filter(isKept).map { eventClock[$0] }, reached: reached, isEnd: isEnd,
            isMerged: isMerged, isStored: isStored, places: places.indices.filter(isKept).map { places[$0] },
            alerts: alerts.filter { isKeptInstrument($0.instrument) }, trace: trace)
    }

    /// When it arrived, where it came when it happened.
    var arrival: Int64? {
        guard case .same(let time) = clock, provenance.reason == .live else { return nil }
        return time
    }
}

/// What the pipeline's clock showed at each event of a delivery, nanoseconds since the Unix epoch, UTC.
package enum ArrivalClock: Sendable {
    /// The same for all: the delivery arrived as a whole.
    case same(Int64)
    /// One an event: the past is played again, and how it was cut into deliveries means nothing.
    case each([Int64])

    /// The clock at the event at a position.
    package subscript(position: Int) -> Int64 {
        switch self {
        case .same(let time): time
        case .each(let times): times[position]
        }
    }

    /// Returns how old the event at a position was; an age beyond what 64 bits hold counts as the greatest.
    func age(of time: Int64, at position: Int) -> Int64 {
        let (age, overflows) = self[position].subtractingReportingOverflow(time)
        guard overflows else { return age }
        return self[position] > time ? .max : .min
    }

    /// Returns the clock at some of the events, by their positions.
    func picking(_ positions: [Int]) -> ArrivalClock {
        guard case .each(let times) = self else { return self }
        return .each(positions.map { times[$0] })
    }

    /// Returns the clock of some of the events.
    func selecting(_ isKept: (Int) -> Bool) -> ArrivalClock {
        guard case .each(let times) = self else { return self }
        return .each(times.indices.filter(isKept).map { times[$0] })
    }
}

/// Says what time it is for a pipeline: arrival time when live, the newest event time so far in a replay.
package struct PipelineClock: Sendable {
    /// Whether the past is played again.
    package let isReplay: Bool
    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    package let wallTime: @Sendable () -> Int64
    /// Span of the bars, nanoseconds.
    let span: Int64

    /// Creates a clock.
    package init(isReplay: Bool, span: Int64 = 0, wallTime: @escaping @Sendable () -> Int64) {
        self.isReplay = isReplay
        self.span = span
        self.wallTime = wallTime
    }
}
