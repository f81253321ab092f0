import PluginKit

/// An input whose rows are bars that come later than its events: they were built, or waited for others.
protocol BarsBehindInput: InputStage {
    /// Computes over these bars.
    var bars: EventInput<Bar> { get set }
    /// The pipeline's clock at each of them.
    var closedAt: [Int64] { get }
}

extension BarsBehindInput {
    var events: EventBatch { bars.events }
    var lastTimes: [InstrumentID: Int64] { bars.lastTimes }

    func clock(_ arrivals: ArrivalClock) -> ArrivalClock {
        guard case .each = arrivals else { return arrivals }
        return .each(closedAt)
    }

    func keys(into keys: inout [RowKey]) { bars.keys(into: &keys) }

    mutating func compute(into rows: inout [Double], stride: Int) { bars.compute(into: &rows, stride: stride) }

    mutating func begin(_ journal: EventJournal) { bars.begin(journal) }

    mutating func endJournal() { bars.endJournal() }

    mutating func adopt(_ plan: FeaturePlan, warmed: (any InputStage)?) { bars.adopt(plan, warmed: warmed) }

    func computing<Event: CheckedEvent>(_ type: Event.Type) -> EventInput<Event>? { bars as? EventInput<Event> }

    mutating func feed(_ batch: EventBatch) { bars.feed(batch) }

    mutating func keepStates(span: Int64) { bars.keepStates(span: span) }

    mutating func keepStates(since time: Int64) { bars.keepStates(since: time) }

    mutating func endPast() { bars.endPast() }

    mutating func takeStates() -> [IndicatorState] { bars.takeStates() }

    mutating func resume(_ indicators: ResumedIndicators) { bars.resume(indicators) }
}
