import PluginKit

/// What a partition does with events that its bars are built of: judges them, builds, and runs indicators over the bars.
struct ShapedInput<Material: CheckedEvent & BarMaterial>: BarsBehindInput {
    private var quality: QualityStage<Material>
    private var shaper: BarShaper<Material>
    var bars: EventInput<Bar>
    private var accepted: [Material] = []
    private var times: [Int64] = []
    private var made: [Bar] = []
    private(set) var closedAt: [Int64] = []

    /// Creates a stage; `bars` computes over what `make` builds.
    init(isKnown: [Bool], rules: QualityRules, bars: EventInput<Bar>, make: @escaping BarShaper<Material>.Make) {
        quality = QualityStage(isKnown: isKnown, rules: rules)
        shaper = BarShaper(make)
        self.bars = bars
    }

    var corrections: EventBatch { bars.corrections }
    var acceptedCount: Int { accepted.count }
    var correctedCount: Int { quality.corrections.count }
    var lastEvent: Int64? { bars.lastEvent }
    var levels: [PriceLevel] { quality.levels }
    var doubts: [QualityDoubt: Int] { quality.doubts }
    var waitingCount: Int { quality.waitingCount }
    var shaping: ShapingTally { shaper.tally }
    var openSince: UInt64? { shaper.openSince }

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

    mutating func close(through time: Int64) {
        begin()
        shaper.close(through: time, at: time, into: &made, clocks: &closedAt)
        sort()
        bars.take(stored: .bars(made), [])
    }

    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        begin()
        quality.finish { refusal in reject(refusal.reason) { $0.add(refusal) } }
        bars.take(stored: .bars([]), [])
    }

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
