import PluginKit

/// What a partition does with events of one kind: judges them, and runs its indicators over them.
///
/// It is called through a protocol, and what stands behind one is not specialised by itself: the methods that see every event
/// ask for it. Without that each field of each event is read through the type's description, at a third of the speed.
struct EventInput<Event: CheckedEvent>: InputStage {
    private var quality: QualityStage<Event>
    private var bank: IndicatorBank<Event>
    private var journal: EventJournal?
    private var accepted: [Event] = []
    private var unused: [Double] = []

    init(_ features: FeaturePlan, isKnown: [Bool], rules: QualityRules) {
        quality = QualityStage(isKnown: isKnown, rules: rules)
        bank = IndicatorBank(plan: features)
    }

    var events: EventBatch { Event.batch(accepted) }
    private(set) var lastEvent: Int64?
    var origins: [Int] { quality.origins }
    var levels: [PriceLevel] { quality.levels }
    var doubts: [QualityDoubt: Int] { quality.doubts }
    var waitingCount: Int { quality.waitingCount }
    var lastTimes: [InstrumentID: Int64] { quality.lastTimes }

    mutating func noteRejection(of instrument: InstrumentID) { quality.noteRejection(of: instrument) }

    mutating func takeShares() -> [InstrumentID: RefusalShare] { quality.takeShares() }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func judge(
        _ batch: EventBatch, latest: Int64, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void
    ) {
        accepted.removeAll(keepingCapacity: true)
        guard let events = Event.events(of: batch) else { return }
        quality.process(events.span, latest: latest, into: &accepted) { refusal in
            reject(refusal.reason) { $0.add(refusal) }
        }
        noteLastEvent()
        journal?.append(self.events)
    }

    mutating func finish(_ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        accepted.removeAll(keepingCapacity: true)
        quality.finish { refusal in reject(refusal.reason) { $0.add(refusal) } }
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    func keys(into keys: inout [RowKey]) {
        keys.removeAll(keepingCapacity: true)
        for event in accepted {
            keys.append(
                RowKey(time: event.time, price: event.price, instrument: event.instrument, flags: event.flags))
        }
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func compute(into rows: inout [Double], stride: Int) {
        bank.process(accepted, into: &rows, stride: stride)
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func warmUp(_ batch: EventBatch) {
        guard let events = Event.events(of: batch) else { return }
        quality.resume(events)
        bank.process(events, into: &unused)
        journal?.append(batch)
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func take(stored batch: EventBatch) {
        accepted.removeAll(keepingCapacity: true)
        guard let events = Event.events(of: batch) else { return }
        accepted.append(contentsOf: events)
        quality.resume(events)
        noteLastEvent()
        journal?.append(batch)
    }

    private mutating func noteLastEvent() {
        lastEvent = nil
        for event in accepted { lastEvent = max(lastEvent ?? event.time, event.time) }
    }

    mutating func begin(_ journal: EventJournal) { self.journal = journal }

    mutating func endJournal() { journal = nil }

    mutating func adopt(_ plan: FeaturePlan, warmed: (any InputStage)?) {
        var warmed = warmed as? EventInput<Event>
        for batch in journal?.take() ?? [] { warmed?.feed(batch) }
        journal = nil
        bank.adopt(plan, warmed: warmed?.bank)
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func feed(_ batch: EventBatch) {
        guard let events = Event.events(of: batch) else { return }
        bank.process(events, into: &unused)
    }
}
