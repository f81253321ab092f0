import PluginKit

/// What a partition asks of its input, whatever kind of event that takes.
protocol InputStage: Sendable {
    /// The events accepted by the last call.
    var events: EventBatch { get }
    /// The newest event time accepted by the last call, nanoseconds since the Unix epoch, UTC.
    var lastEvent: Int64? { get }
    /// For each accepted event the position of the one that let it in.
    var origins: [Int] { get }
    /// Levels taken up by the last call.
    var levels: [PriceLevel] { get }
    /// Accepted events that are unusual.
    var doubts: [QualityDoubt: Int] { get }
    /// How many events wait for the ones after them.
    var waitingCount: Int { get }
    /// Last accepted event time of each instrument that has one.
    var lastTimes: [InstrumentID: Int64] { get }

    /// Notes that a row of an instrument could not even be read.
    mutating func noteRejection(of instrument: InstrumentID)
    /// Returns what became of the rows of each instrument whose share of refused ones changed.
    mutating func takeShares() -> [InstrumentID: RefusalShare]
    /// Judges a batch; calls `reject` for each event that is refused, with what describes it.
    mutating func judge(
        _ batch: EventBatch, latest: Int64, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void)
    /// Judges what waits, at the end of the data.
    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void)
    /// Replaces `keys` by one a accepted event.
    func keys(into keys: inout [RowKey])
    /// Writes the columns of the accepted events, one row of `stride` numbers each.
    mutating func compute(into rows: inout [Double], stride: Int)
    /// Lets indicators see events that an earlier run accepted, and nothing else.
    mutating func warmUp(_ batch: EventBatch)
    /// Takes events that an earlier run accepted as if they had just been.
    mutating func take(stored batch: EventBatch)
    /// From now on notes accepted events in a journal.
    mutating func begin(_ journal: EventJournal)
    /// Ends a journal that nobody wants any more.
    mutating func endJournal()
    /// Goes over to other columns; those that are new take the states of `warmed`, after it saw the journal.
    mutating func adopt(_ plan: FeaturePlan, warmed: (any InputStage)?)
    /// Lets the indicators see events of the past.
    mutating func feed(_ batch: EventBatch)
}

extension PipelinePlan {
    /// Makes the stage of the pipeline's kind of event, for some of its indicators.
    func inputStage(isKnown: [Bool] = [], _ features: FeaturePlan? = nil) -> any InputStage {
        func make<Event: CheckedEvent>(_ type: Event.Type) -> any InputStage {
            EventInput<Event>(features ?? self.features, isKnown: isKnown, rules: rules)
        }
        return switch kind {
        case .bar: make(Bar.self)
        case .trade: make(Trade.self)
        case .quote: make(Quote.self)
        case .orderBook: make(OrderBook.self)
        case .figure: make(Figure.self)
        case .factor: make(Factor.self)
        }
    }
}
