import PluginKit

/// What a partition does with events that its bars are built of: judges them, builds, and runs indicators over the bars.
struct ShapedInput<Material: CheckedEvent & BarMaterial>: InputStage {
    private var quality: QualityStage<Material>
    private var shaper: BarShaper<Material>
    private var bars: EventInput<Bar>
    private var accepted: [Material] = []
    private var times: [Int64] = []
    private var made: [Bar] = []
    private var closedAt: [Int64] = []

    /// Creates a stage; `bars` computes over what `make` builds.
    init(isKnown: [Bool], rules: QualityRules, bars: EventInput<Bar>, make: @escaping BarShaper<Material>.Make) {
        quality = QualityStage(isKnown: isKnown, rules: rules)
        shaper = BarShaper(make)
        self.bars = bars
    }

    var events: EventBatch { bars.events }
    var corrections: EventBatch { bars.corrections }
    var acceptedCount: Int { accepted.count }
    var correctedCount: Int { quality.corrections.count }
    var lastEvent: Int64? { bars.lastEvent }
    var levels: [PriceLevel] { quality.levels }
    var doubts: [QualityDoubt: Int] { quality.doubts }
    var waitingCount: Int { quality.waitingCount }
    var lastTimes: [InstrumentID: Int64] { bars.lastTimes }
    var shaping: ShapingTally { shaper.tally }
    var openSince: UInt64? { shaper.openSince }

    func clock(_ arrivals: ArrivalClock) -> ArrivalClock {
        guard case .each = arrivals else { return arrivals }
        return .each(closedAt)
    }

    mutating func noteRejection(of instrument: InstrumentID) { quality.noteRejection(of: instrument) }

    mutating func resume(refused instrument: InstrumentID) { quality.resume(refused: instrument) }

    mutating func takeShares() -> [InstrumentID: RefusalShare] { quality.takeShares() }

    mutating func judge(_ item: IngestItem, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        begin()
        if let events = Material.events(of: item.events) {
            quality.process(events.span, latest: item.latest, into: &accepted) { refusal in
                reject(refusal.reason) { $0.add(refusal) }
            }
        }
        // One that waited counts as come with the one that let it in.
        for origin in quality.origins { times.append(item.eventClock[origin]) }
        shaper.take(accepted, times, end: item.reached, sequence: item.sequence, into: &made, clocks: &closedAt)
        if item.isEnd { shaper.finish(at: item.reached, into: &made, clocks: &closedAt) }
        sort()
        bars.take(stored: .bars(made), [])
    }

    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        begin()
        quality.finish { refusal in reject(refusal.reason) { $0.add(refusal) } }
        bars.take(stored: .bars([]), [])
    }

    func keys(into keys: inout [RowKey]) { bars.keys(into: &keys) }

    mutating func compute(into rows: inout [Double], stride: Int) { bars.compute(into: &rows, stride: stride) }

    mutating func warmUp(_ batch: EventBatch) {
        resume(after: batch)
        bars.warmUp(batch)
    }

    mutating func take(stored batch: EventBatch, _ places: [UInt32]) {
        begin()
        resume(after: batch)
        bars.take(stored: batch, places)
        closedAt = Bar.events(of: batch)?.map(\.time) ?? []
    }

    mutating func begin(_ journal: EventJournal) { bars.begin(journal) }

    mutating func endJournal() { bars.endJournal() }

    mutating func adopt(_ plan: FeaturePlan, warmed: (any InputStage)?) { bars.adopt(plan, warmed: warmed) }

    func computing<Event: CheckedEvent>(_ type: Event.Type) -> EventInput<Event>? { bars as? EventInput<Event> }

    mutating func feed(_ batch: EventBatch) { bars.feed(batch) }

    mutating func keepStates(span: Int64) { bars.keepStates(span: span) }

    mutating func keepStates(since time: Int64) { bars.keepStates(since: time) }

    mutating func takeStates() -> [IndicatorState] { bars.takeStates() }

    mutating func resume(_ indicators: ResumedIndicators) { bars.resume(indicators) }

    private mutating func begin() {
        accepted.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        made.removeAll(keepingCapacity: true)
        closedAt.removeAll(keepingCapacity: true)
    }

    private mutating func resume(after batch: EventBatch) {
        if let bars = Bar.events(of: batch) { shaper.resume(after: bars) }
    }

    /// In order of event time, then instrument; of an instrument they are in order already.
    private mutating func sort() {
        guard made.count > 1 else { return }
        let order = made.indices.sorted {
            (made[$0].time, made[$0].instrument, $0) < (made[$1].time, made[$1].instrument, $1)
        }
        (made, closedAt) = (order.map { made[$0] }, order.map { closedAt[$0] })
    }
}
