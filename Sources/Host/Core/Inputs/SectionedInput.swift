import PluginKit

/// What a partition does with bars whose rows are compared with those of other instruments: judges or builds them, lets them
/// wait for each other, and runs indicators over what goes on.
///
/// What waits is not in the store, like a bar that is not closed: so a stored bar is one whose event time was closed, and what
/// waited at a kill comes again.
struct SectionedInput: BarsBehindInput {
    private var judging: any InputStage
    var bars: EventInput<Bar>
    private var barrier: SectionBarrier
    /// Whether the past is played again, in order of event time.
    private let isReplay: Bool
    private var gone: [SectionBarrier.Held] = []
    private var made: [Bar] = []
    private(set) var closedAt: [Int64] = []
    private(set) var origins: [(origin: RowOrigin, count: Int)] = []
    private(set) var corrections = EventBatch.bars([])

    /// Creates a stage; `bars` computes over what `judging` lets through.
    init(_ plan: SectionPlan, judging: any InputStage, bars: EventInput<Bar>, isReplay: Bool) {
        self.judging = judging
        self.bars = bars
        self.isReplay = isReplay
        barrier = SectionBarrier(plan)
    }

    var acceptedCount: Int { judging.acceptedCount }
    var correctedCount: Int { judging.correctedCount }
    var lastEvent: Int64? { judging.lastEvent }
    var levels: [PriceLevel] { judging.levels }
    var doubts: [QualityDoubt: Int] { judging.doubts }
    var waitingCount: Int { judging.waitingCount }
    var shaping: ShapingTally { judging.shaping }
    var heldSince: UInt64? { barrier.openSince }
    var openSince: UInt64? { [judging.openSince, heldSince].compactMap(\.self).min() }
    var newestHeld: Int64? { barrier.newest }

    var section: SectionTally {
        var tally = SectionTally()
        (tally.closed, tally.absent, tally.held) = (barrier.closedTimes, barrier.absent, barrier.heldCount)
        return tally
    }

    mutating func noteRejection(of instrument: InstrumentID) { judging.noteRejection(of: instrument) }

    mutating func resume(refused instrument: InstrumentID) { judging.resume(refused: instrument) }

    mutating func takeShares() -> [InstrumentID: RefusalShare] { judging.takeShares() }

    mutating func judge(_ item: IngestItem, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        begin()
        judging.judge(item, reject)
        correct()
        take(item, isPast: isReplay)
    }

    mutating func take(stored item: IngestItem) {
        begin()
        judging.take(stored: item)
        take(item, isPast: true)
    }

    mutating func close(through time: Int64) {
        begin()
        barrier.close(through: time, into: &gone)
        publish()
    }

    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        begin()
        judging.finish(reject)
        publish()
    }

    mutating func warmUp(_ batch: EventBatch) {
        judging.warmUp(batch)
        bars.warmUp(batch)
        barrier.resume(after: Bar.events(of: batch) ?? [])
    }

    mutating func take(stored batch: EventBatch, _ places: [UInt32]) { warmUp(batch) }

    private mutating func begin() {
        barrier.begin()
        gone.removeAll(keepingCapacity: true)
        corrections = .bars([])
    }

    /// What corrects a bar that waits takes its place; the rest goes the way of corrections.
    private mutating func correct() {
        let all = Bar.events(of: judging.corrections) ?? []
        guard !all.isEmpty else { return }
        corrections = .bars(all.filter { !barrier.correct($0) })
    }

    private mutating func take(_ item: IngestItem, isPast: Bool) {
        let clock = judging.clock(item.clock)
        let origin = RowOrigin(item)
        for (index, bar) in (Bar.events(of: judging.events) ?? []).enumerated() {
            let held = SectionBarrier.Held(bar: bar, clock: clock[index], origin: origin, sequence: item.sequence)
            barrier.take(held, isPast: isPast, into: &gone)
        }
        publish()
    }

    /// Lets indicators have what goes on.
    private mutating func publish() {
        made.removeAll(keepingCapacity: true)
        closedAt.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
        for held in gone {
            made.append(held.bar)
            closedAt.append(held.clock)
            if origins.last?.origin == held.origin {
                origins[origins.count - 1].count += 1
            } else {
                origins.append((held.origin, 1))
            }
        }
        bars.take(stored: .bars(made), [])
    }
}
