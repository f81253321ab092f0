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
    /// Numbers of the events that stand behind what indicators give, by their places in `Event.fieldNames`.
    private let fields: [Int]

    init(
        _ features: FeaturePlan, fields: [Int] = [], isKnown: [Bool], rules: QualityRules, calendar: BarCalendar? = nil,
        sessions: SessionWatch? = nil
    ) {
        self.fields = fields
        quality = QualityStage(isKnown: isKnown, rules: rules, calendar: calendar, sessions: sessions)
        bank = IndicatorBank(plan: features)
    }

    var events: EventBatch { Event.batch(accepted) }
    var places: [UInt32] { quality.places }
    var corrections: EventBatch { Event.batch(quality.corrections) }
    private(set) var lastEvent: Int64?
    var acceptedCount: Int { accepted.count }
    var correctedCount: Int { quality.corrections.count }
    var levels: [PriceLevel] { quality.levels }
    var doubts: [QualityDoubt: Int] { quality.doubts }
    var waitingCount: Int { quality.waitingCount }
    var lastTimes: [InstrumentID: Int64] { quality.lastTimes }

    func clock(_ arrivals: ArrivalClock) -> ArrivalClock { arrivals.picking(quality.origins) }

    mutating func noteRejection(of instrument: InstrumentID) { quality.noteRejection(of: instrument) }

    mutating func resume(refused instrument: InstrumentID) { quality.resume(refused: instrument) }

    mutating func takeShares() -> [InstrumentID: RefusalShare] { quality.takeShares() }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func judge(_ item: IngestItem, _ reject: (QualityReason, (inout RefusalLog) -> Void) -> Void) {
        accepted.removeAll(keepingCapacity: true)
        guard let events = Event.events(of: item.events) else { return }
        quality.process(events.span, latest: item.latest, places: item.places, into: &accepted) { refusal in
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
        for (column, field) in fields.enumerated() {
            var place = stride - fields.count + column
            for event in accepted {
                rows[place] = event.field(field)
                place += stride
            }
        }
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func warmUp(_ batch: EventBatch) {
        take(stored: batch, [])
        bank.process(accepted, into: &unused)
    }

    mutating func keepStates(span: Int64) { bank.keepStates(span: span) }

    mutating func keepStates(since time: Int64) { bank.keepStates(since: time) }

    mutating func endPast() { bank.endPast() }

    mutating func takeStates() -> [IndicatorState] { bank.takeStates() }

    mutating func resume(_ indicators: ResumedIndicators) { bank.resume(indicators) }

    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    mutating func take(stored batch: EventBatch, _ places: [UInt32]) {
        accepted.removeAll(keepingCapacity: true)
        guard let events = Event.events(of: batch) else { return }
        accepted.append(contentsOf: events)
        // To whoever is given it now it is the only version.
        for index in accepted.indices { accepted[index].flags.remove(.revised) }
        quality.resume(events, places: places)
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
        var warmed = warmed?.computing(Event.self)
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
