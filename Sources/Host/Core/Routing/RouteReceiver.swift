import PluginKit
import Synchronization

/// The host's end of the stream of one input: says what of it is new, and when it may go into the pipeline.
///
/// A stream that broke off begins again with another attempt; what was taken of the ones before is left out, and what they
/// still push is not taken.
final class RouteReceiver: Sendable {
    private struct State {
        /// The input's clock: in a replay the newest event time that went in.
        var newest: Int64 = .min
        /// The newest event time that went in, where bars are built of the events.
        var reached: Int64 = .min
        var attempt = 0
        var taken: TakenEvents
        var places: InstantPlaces
        /// What lies before the next position, with what comes again.
        var passed: InstantPlaces
    }

    private let intake: Intake
    private let ledger: AcknowledgementLedger
    private let input: Int
    /// The provider that is preferred.
    private let source: String
    private let clock: PipelineClock
    private let kind: EventKind
    /// Whether bars are built of the events.
    private let isShaped: Bool
    /// How rows wait for those of other instruments.
    private let section: SectionPlan?
    /// Whether events of an instrument share instants; bars do not.
    private let sharesInstants: Bool
    private let directory: InstrumentTable
    private let through: Int64
    private let acceptedAge: Int64?
    private let isStopping: StopSignal
    private let hasEnded: @Sendable () -> Void
    /// Fired when a source that is asked has answered all, or failed to, for the first time.
    let isFilled = StopSignal()
    private let state: Mutex<State>

    /// Creates the receiver of an input of a plan; `hasEnded` is called when the source has pushed all the past there is.
    init(
        _ plan: PipelinePlan, _ input: Int, intake: Intake, ledger: AcknowledgementLedger,
        wallTime: @escaping @Sendable () -> Int64, isStopping: StopSignal, hasEnded: @escaping @Sendable () -> Void
    ) {
        let own = plan.inputs[input]
        self.intake = intake
        self.ledger = ledger
        self.input = input
        source = own.route.first.id
        clock = PipelineClock(isReplay: own.isReplay, span: own.sourceTimeframe.nanoseconds, wallTime: wallTime)
        kind = own.sourceKind
        isShaped = own.shape != nil
        section = own.section
        sharesInstants = kind != .bar
        directory = plan.directory
        through = plan.through
        acceptedAge = own.acceptedAge
        self.isStopping = isStopping
        self.hasEnded = hasEnded
        let count = plan.directory.count
        let places = InstantPlaces(instruments: count)
        state = Mutex(State(taken: TakenEvents(instruments: count), places: places, passed: places))
    }

    /// Whether the past is played again.
    var isReplay: Bool { clock.isReplay }

    /// Event time of the newest event that was taken of each instrument.
    var newest: [InstrumentID: Int64] { state.withLock { $0.taken.reached.mapValues(\.time) } }

    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    var wallTime: Int64 { clock.wallTime() }

    /// Whether the pipeline is stopping.
    var isEnding: Bool { isStopping.isFired }

    /// Begins an attempt, which ends those before; returns its number and where the stream goes on.
    func beginAttempt() -> (number: Int, after: StreamPosition?) {
        let (position, reached) = ledger.beginAgain(input)
        let number = state.withLock { state in
            state.attempt += 1
            if state.attempt > 1 { state.taken.beginAgain(after: reached) }
            if sharesInstants {
                state.places.goOn(after: reached.merging(state.taken.reached, uniquingKeysWith: max))
                state.passed.goOn(after: reached)
            }
            return state.attempt
        }
        return (number, position)
    }

    /// Takes a delivery of an attempt; returns how many rows were new.
    ///
    /// Throws `.cancelled` when the attempt is to end.
    func receive(
        _ delivery: Delivery, of attempt: Int, _ provenance: Provenance, _ alerts: [Alert] = []
    ) async throws(PluginError) -> Int {
        guard !isStopping.isFired, !Task.isCancelled else { throw Intake.stopping }
        let all = delivery.batch
        guard all.kind == kind else {
            throw PluginError(
                .unsupported,
                "provider/\(provenance.source): it pushed \(all.kind.rawValue) events where \(kind.rawValue) events were asked "
                    + "for. Correct the plugin: a batch has events of the subscription's kind, and 'streams' of its "
                    + "description names those it can push.")
        }
        let wallTime = clock.wallTime()
        let times = EventTimes.possible.lowerBound...EventTimes.latest(at: wallTime, span: clock.span)
        // What has no possible time says nothing about the end; the quality stage refuses it.
        let within = through == .max ? all : all.filter { _, time, _ in time <= through || !times.contains(time) }
        if within.count == 0, all.count > 0 { throw Intake.stopping }
        guard var arrival = arrival(within, delivery.defects, attempt, provenance, times, wallTime)
        else { throw Intake.stopping }
        arrival.events = marked(arrival.events, arrival.clock)
        arrival.alerts = alerts
        // A delivery that was cut is not whole, so its position says too much.
        try await enter(arrival, within.count == all.count ? delivery.position : nil, of: attempt)
        return arrival.events.count + arrival.defects.count
    }

    /// Lets indicators see stored events of one instrument that every sink has.
    func warmUp<Event: MarketEvent>(
        _ instrument: InstrumentID, _ stored: [StoredEvent<Event>]
    ) async throws(PluginError) {
        guard !isStopping.isFired else { throw Intake.stopping }
        let events = Event.batch(stored.map(\.event))
        try await intake.order(
            instrument, PartitionOrder { [input] worker in await worker.warmUp(events, of: input) })
        guard !isShaped else { return }
        let places = sharesInstants ? stored.map(\.place) : []
        state.withLock { $0.taken.note(events, places, [], through: .max) }
    }

    /// Notes that the last row of an instrument was refused by an earlier run.
    func resume(refused instrument: InstrumentID) async throws(PluginError) {
        try await intake.order(
            instrument, PartitionOrder { [input] worker in worker.resume(refused: instrument, of: input) })
    }

    /// Goes on with the predictions of a model that wait since an earlier run.
    func resume(_ kept: [KeptPrediction], of model: String, _ instrument: InstrumentID) async throws(PluginError) {
        try await intake.order(instrument, PartitionOrder { worker in worker.resume(kept, of: model, instrument) })
    }

    /// Goes on with what an instrument taught a model in an earlier run.
    func resume(_ state: LearnedState) async throws(PluginError) {
        try await intake.order(state.instrument, PartitionOrder { worker in worker.resume(state) })
    }

    /// Goes on with the states of an instrument's indicators, before the events after them warm up.
    func resume(_ indicators: ResumedIndicators) async throws(PluginError) {
        try await intake.order(
            indicators.instrument, PartitionOrder { [input] worker in worker.resume(indicators, of: input) })
    }

    /// Takes events of one provenance that the store has, in order of event time.
    func take<Event: MarketEvent>(stored: ArraySlice<StoredEvent<Event>>) async throws(PluginError) {
        guard !isStopping.isFired, let provenance = stored.first?.provenance else { throw Intake.stopping }
        let (times, attempt) = state.withLock { state in
            var newest = state.newest
            let times = stored.map { event in
                newest = max(newest, event.knownAt)
                return newest
            }
            return (times, state.attempt)
        }
        let arrival = Intake.Arrival(
            input: input, events: Event.batch(stored.map(\.event)), defects: [], clock: .each(times), latest: .max,
            provenance: provenance, isStored: true, places: sharesInstants ? stored.map(\.place) : [])
        try await enter(arrival, nil, of: attempt)
    }

    /// Tells the partitions that no more events come: bars that are open are closed, and rows wait for no others.
    func finish() async throws(PluginError) {
        if isShaped { try await finishBars() }
        try await closeSections()
    }

    /// Lets rows go that wait for those of other instruments.
    func closeSections() async throws(PluginError) {
        guard let member = section?.members.first else { return }
        try await intake.order(member, PartitionOrder { worker in await worker.close() })
    }

    private func finishBars() async throws(PluginError) {
        let (attempt, reached) = state.withLock { ($0.attempt, $0.reached) }
        try await enter(
            Intake.Arrival(
                input: input, events: .empty(kind), defects: [], clock: .each([]), latest: .max,
                provenance: Provenance(source: source), reached: reached, isEnd: true), nil, of: attempt)
    }

    /// Begins the stream after a position of an earlier run; what was taken from the store is left out when it comes again.
    func resume(after mark: StreamMark?) {
        var reached: EventMarks = [:]
        for (instrument, mark) in mark?.reached ?? [:] { reached[directory.intern(instrument)] = mark }
        // What was imported has no place in the stream.
        let position = mark?.position.text.isEmpty ?? true ? nil : mark?.position
        ledger.resume(input, after: position, reached)
        state.withLock { $0.taken.beginAgain(after: reached) }
    }

    /// Notes that all there was was pushed, and that the stream waits for more.
    func caughtUp(attempt: Int) async {
        guard state.withLock({ $0.attempt == attempt }), !isStopping.isFired else { return }
        hasEnded()
        await intake.caughtUp(input)
    }

    /// Notes that a source that is asked has answered all.
    func answered() {
        hasEnded()
        isFilled.fire()
    }

    // MARK: The way in

    private var newestKey: Int64 { state.withLock { $0.newest } }

    /// Goes in when it is this input's turn, in as many pieces as there are events of other inputs between.
    private func enter(
        _ arrival: Intake.Arrival, _ position: StreamPosition?, of attempt: Int
    ) async throws(PluginError) {
        var start = 0
        while true {
            let head = arrival.isEnd ? .max : start < arrival.events.count ? arrival.clock[start] : newestKey
            guard let through = await intake.turn(of: input, at: head) else { throw Intake.stopping }
            defer { intake.finishTurn() }
            let end = arrival.end(from: start, through: through)
            let piece = arrival[start..<end]
            guard state.withLock({ $0.attempt == attempt }) else { throw Intake.stopping }
            let isLast = end == arrival.events.count
            let reached = isLast && position != nil ? state.withLock { $0.passed.takeReached() } : []
            try await intake.push(piece, isLast ? position : nil, reached) { item in
                // Bars that were built are not what comes again.
                guard !isShaped || !item.isStored else { return }
                state.withLock { $0.taken.note(item.events, item.places, item.defects, through: item.latest) }
            }
            state.withLock { state in
                if end > start { state.newest = max(state.newest, arrival.clock[end - 1]) }
                state.reached = max(state.reached, piece.reached)
            }
            if isLast { return }
            start = end
        }
    }

    /// Marks events older than the route accepts as stale.
    private func marked(_ events: EventBatch, _ clock: ArrivalClock) -> EventBatch {
        guard let acceptedAge else { return events }
        return events.marking(.stale) { position, time in clock.age(of: time, at: position) > acceptedAge }
    }

    /// Leaves out what was taken before and says when each event counts as come; `nil` for an attempt that another one
    /// followed.
    ///
    /// In a replay event times move the clock, as far as they are possible.
    private func arrival(
        _ events: EventBatch, _ defects: [Defect], _ attempt: Int, _ provenance: Provenance,
        _ possible: ClosedRange<Int64>, _ wallTime: Int64
    ) -> Intake.Arrival? {
        state.withLock { state in
            guard attempt == state.attempt else { return nil }
            if sharesInstants { state.passed.count(events, possible: possible) }
            let events = state.taken.fresh(events)
            let defects = state.taken.fresh(defects)
            var newest = state.newest
            let clock: ArrivalClock
            if self.clock.isReplay {
                var times: [Int64] = []
                times.reserveCapacity(events.count)
                events.forEach { _, time, _ in
                    if possible.contains(time) { newest = max(newest, time) }
                    times.append(newest)
                }
                clock = .each(times)
            } else {
                clock = .same(max(newest, wallTime))
            }
            var arrival = Intake.Arrival(
                input: input, events: events, defects: defects, clock: clock, latest: possible.upperBound,
                provenance: provenance)
            if sharesInstants { arrival.places = state.places.places(of: events, possible: possible) }
            guard isShaped else { return arrival }
            arrival.reached = state.reached
            events.forEach { _, time, _ in
                if possible.contains(time) { arrival.reached = max(arrival.reached, time) }
                arrival.eventClock.append(arrival.reached)
            }
            return arrival
        }
    }
}

extension Intake.Arrival {
    /// Where the events from `start` on end that had come by a time.
    fileprivate func end(from start: Int, through time: Int64) -> Int {
        guard time < .max, case .each(let times) = clock else { return events.count }
        return times[start...].firstIndex { $0 > time } ?? times.count
    }

    /// A part of the events; defects count as before the first.
    fileprivate subscript(range: Range<Int>) -> Intake.Arrival {
        guard range.count < events.count else { return self }
        var piece = self
        piece.events = events[range]
        piece.clock = clock.picking(Array(range))
        if !places.isEmpty { piece.places = Array(places[range]) }
        if range.lowerBound > 0 { (piece.defects, piece.alerts) = ([], []) }
        if !eventClock.isEmpty {
            piece.eventClock = Array(eventClock[range])
            piece.reached = piece.eventClock.last ?? reached
        }
        return piece
    }
}
