import PluginKit

/// What a partition asks of its input, whatever kind of event that takes.
protocol InputStage: Sendable {
    /// The events accepted by the last call.
    var events: EventBatch { get }
    /// Which of the events of its instant each of `events` is; empty where they are alone there.
    var places: [UInt32] { get }
    /// Events of the last call that correct accepted ones: they reach no indicator.
    var corrections: EventBatch { get }
    /// The newest event time accepted by the last call, nanoseconds since the Unix epoch, UTC.
    var lastEvent: Int64? { get }
    /// How many events the last call accepted; where bars are built of them, they are others than `events`.
    var acceptedCount: Int { get }
    /// How many corrected accepted ones.
    var correctedCount: Int { get }
    /// What building bars left out.
    var shaping: ShapingTally { get }
    /// The first delivery whose events are not all in bars that have closed; `nil` where there is none.
    var openSince: UInt64? { get }
    /// Levels taken up by the last call.
    var levels: [PriceLevel] { get }
    /// Accepted events that are unusual.
    var doubts: [QualityDoubt: Int] { get }
    /// How many events wait for the ones after them.
    var waitingCount: Int { get }
    /// Last accepted event time of each instrument that has one.
    var lastTimes: [InstrumentID: Int64] { get }

    /// Returns the pipeline's clock at each of `events`, from that at each event of the delivery.
    func clock(_ arrivals: ArrivalClock) -> ArrivalClock
    /// Notes that a row of an instrument could not even be read.
    mutating func noteRejection(of instrument: InstrumentID)
    /// Notes that the last row of an instrument was refused by an earlier run.
    mutating func resume(refused instrument: InstrumentID)
    /// Returns what became of the rows of each instrument whose share of refused ones changed.
    mutating func takeShares() -> [InstrumentID: RefusalShare]
    /// Judges a batch; calls `reject` for each event that is refused, with what describes it.
    mutating func judge(_ item: IngestItem, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void)
    /// Judges what waits, at the end of the data.
    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void)
    /// Replaces `keys` by one a accepted event.
    func keys(into keys: inout [RowKey])
    /// Writes the columns of the accepted events, one row of `stride` numbers each: what indicators give from the first
    /// on, carried fields up to the last.
    mutating func compute(into rows: inout [Double], stride: Int)
    /// Lets indicators see events that an earlier run accepted, and nothing else.
    mutating func warmUp(_ batch: EventBatch)
    /// Takes events that an earlier run accepted as if they had just been, with their places.
    mutating func take(stored batch: EventBatch, _ places: [UInt32])
    /// Takes a delivery of such events.
    mutating func take(stored item: IngestItem)
    /// Where `events` come from, in runs of so many, where that is not the delivery of the last call.
    var origins: [(origin: RowOrigin, count: Int)] { get }
    /// The first delivery with events that wait for those of other instruments; `nil` where there is none.
    var heldSince: UInt64? { get }
    /// The newest event time that waits for other instruments.
    var newestHeld: Int64? { get }
    /// What waiting for other instruments did in the last call.
    var section: SectionTally { get }
    /// Lets what waits for other instruments go, or is open, through an event time.
    mutating func close(through time: Int64)
    /// From now on notes accepted events in a journal.
    mutating func begin(_ journal: EventJournal)
    /// Ends a journal that nobody wants any more.
    mutating func endJournal()
    /// Goes over to other columns; those that are new take the states of `warmed`, after it saw the journal.
    mutating func adopt(_ plan: FeaturePlan, warmed: (any InputStage)?)
    /// The stage that computes over events of a kind, where it is of that kind.
    func computing<Event: CheckedEvent>(_ type: Event.Type) -> EventInput<Event>?
    /// Lets the indicators see events of the past.
    mutating func feed(_ batch: EventBatch)
    /// From now on keeps the states of indicators before the first event of each span, nanoseconds.
    mutating func keepStates(span: Int64)
    /// Spans that begin before an event time leave states only when that past is through.
    mutating func keepStates(since time: Int64)
    /// That past is through: its states are kept.
    mutating func endPast()
    /// Hands over the states that were kept since the last call.
    mutating func takeStates() -> [IndicatorState]
    /// Goes on with the states of an instrument; events that they have seen are fed to them no more.
    mutating func resume(_ indicators: ResumedIndicators)
}

extension InputStage {
    /// Bars are alone at their time.
    var places: [UInt32] { [] }
    /// Nothing is built.
    var shaping: ShapingTally { ShapingTally() }
    /// Itself.
    func computing<Event: CheckedEvent>(_ type: Event.Type) -> EventInput<Event>? { self as? EventInput<Event> }
    /// Events and places as they are.
    mutating func take(stored item: IngestItem) { take(stored: item.events, item.places) }
    /// All come from the delivery.
    var origins: [(origin: RowOrigin, count: Int)] { [] }
    /// Nothing waits.
    var heldSince: UInt64? { nil }
    /// Nothing waits.
    var newestHeld: Int64? { nil }
    /// Nothing waits.
    var section: SectionTally { SectionTally() }
    /// Nothing waits.
    mutating func close(through time: Int64) {}
    /// Nothing is open.
    var openSince: UInt64? { nil }
}
