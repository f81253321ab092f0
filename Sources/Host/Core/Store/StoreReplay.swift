import PluginKit

/// Plays what the store has of an input into the partitions, before the provider's stream goes on.
///
/// What every sink has only warms up indicators, instrument by instrument. The rest, and the last event of each instrument,
/// goes the way of every delivery, in order of event time: so a sink gets what it lacks, and readers see where each
/// instrument stands. Memory is bounded: some events an instrument are held.
struct StoreReplay<Event: MarketEvent> {
    /// Events of one step that only warms up.
    private let warmUpSize = 4_096
    /// Events that are held while rows go out in order of event time, of all instruments together.
    private let held = 65_536

    private let plan: PipelinePlan
    private let input: InputPlan
    private let events: any EventStore
    private let receiver: RouteReceiver
    /// Event time through which an instrument's events only warm up.
    private let settled: (InstrumentID) -> Int64
    /// Whose kept states are gone on with; `nil` where every event is played.
    private let kept: KeptIndicators?

    /// Plays an input of a plan; the driving rows of an instrument that are not after `settled` are in every sink.
    init(
        _ type: Event.Type, _ plan: PipelinePlan, _ input: InputPlan, from events: any EventStore,
        to receiver: RouteReceiver, kept: KeptIndicators? = nil, settled: @escaping (InstrumentID) -> Int64
    ) {
        self.kept = kept
        self.plan = plan
        self.input = input
        self.events = events
        self.receiver = receiver
        self.settled = settled
    }

    /// An instrument's events that go out as deliveries.
    private struct Rest {
        let reference: InstrumentReference
        let last: Int64
        var after: Int64
        var held: [StoredEvent<Event>] = []

        /// Up to when every event is held.
        var horizon: Int64 { after >= last ? .max : after }
    }

    /// Returns the last stored event time of each instrument that has events, when all was handed to the partitions.
    ///
    /// The last driving event goes out in any case.
    func run(isDriving: Bool, warmsUp: Bool) async throws(PluginError) -> [InstrumentID: Int64] {
        var newest: [InstrumentID: Int64] = [:]
        var rests: [Rest] = []
        for reference in plan.instruments {
            guard let last = try await read(reference, limit: 1, isFromStart: false).last?.event.time else { continue }
            newest[reference.id] = last
            let isAlone = isDriving && input.section == nil
            let through = isAlone ? min(settled(reference.id), last - 1) : settled(reference.id)
            if warmsUp { try await warmUp(reference, through: through) }
            rests.append(Rest(reference: reference, last: last, after: through))
        }
        try await play(&rests)
        return newest
    }

    private func warmUp(_ reference: InstrumentReference, through last: Int64) async throws(PluginError) {
        var after = try await goOn(reference, through: last)
        while after < last {
            let piece = try await read(reference, after: after, through: last, limit: warmUpSize)
            guard let newest = piece.last?.event.time else { return }
            try await receiver.warmUp(reference.id, piece)
            after = newest
        }
    }

    /// Goes on with the newest states of an instrument's indicators that may be; returns the event time after which it is played.
    ///
    /// What cannot be read is as good as none.
    private func goOn(_ reference: InstrumentReference, through last: Int64) async throws(PluginError) -> Int64 {
        guard let kept else { return .min }
        let query = query(reference.instrument, .min...last, 1)
        guard let state = try await events.indicatorState(Event.kind, query, plan: kept.features.digest),
            let indicators = try? kept.features.resume(state)
        else { return .min }
        let tail = try await read(reference, through: state.time, limit: kept.tail, isFromStart: false)
        guard tail.count == kept.tail, let first = tail.first?.event.time else { return .min }
        try await receiver.resume(indicators)
        return first - 1
    }

    private func play(_ rests: inout [Rest]) async throws(PluginError) {
        while !rests.isEmpty {
            for index in rests.indices { try await fill(&rests[index]) }
            let horizon = rests.map(\.horizon).min() ?? .max
            var ready: [StoredEvent<Event>] = []
            for index in rests.indices {
                let count = rests[index].held.prefix { $0.event.time <= horizon }.count
                ready += rests[index].held.prefix(count)
                rests[index].held.removeFirst(count)
            }
            rests.removeAll { $0.held.isEmpty && $0.after >= $0.last }
            ready = Self.sorted(ready)
            try await hand(ready)
        }
    }

    /// In order of event time, then instrument; of one instant of an instrument as they were stored.
    private static func sorted(_ events: [StoredEvent<Event>]) -> [StoredEvent<Event>] {
        func key(_ place: Int) -> (Int64, InstrumentID, Int) {
            (events[place].event.time, events[place].event.instrument, place)
        }
        return events.indices.sorted { key($0) < key($1) }.map { events[$0] }
    }

    /// Events of an instrument that are held.
    private var ahead: Int { max(64, held / max(1, plan.instruments.count)) }

    private func fill(_ rest: inout Rest) async throws(PluginError) {
        guard rest.held.isEmpty, rest.after < rest.last else { return }
        rest.held = try await read(rest.reference, after: rest.after, through: rest.last, limit: ahead)
        rest.after = rest.held.count < ahead ? rest.last : rest.held[rest.held.count - 1].event.time
    }

    /// Hands events on, those of one provenance that follow each other together.
    private func hand(_ events: [StoredEvent<Event>]) async throws(PluginError) {
        var start = 0
        while start < events.count {
            var end = start + 1
            while end < events.count, end - start < 1_024, events[end].provenance == events[start].provenance {
                end += 1
            }
            try await receiver.take(stored: events[start..<end])
            start = end
        }
    }

    /// Returns stored events of a range; where they come from its start, all of the last one's instant are among them.
    private func read(
        _ reference: InstrumentReference, after: Int64 = .min, through: Int64 = .max, limit: Int,
        isFromStart: Bool = true
    ) async throws(PluginError) -> [StoredEvent<Event>] {
        let first = after == .min ? after : after + 1
        guard first <= through else { return [] }
        func stored(_ range: ClosedRange<Int64>, _ limit: Int) async throws(PluginError) -> [StoredEvent<Event>] {
            try await events.events(Event.self, query(reference.instrument, range, limit, isFromStart: isFromStart))
        }
        let piece = try await stored(first...through, limit)
        guard isFromStart, piece.count == limit, let last = piece.last?.event.time else { return piece }
        return piece.filter { $0.event.time < last } + (try await stored(last...last, .max))
    }

    private func query(
        _ instrument: Instrument, _ range: ClosedRange<Int64>, _ limit: Int, isFromStart: Bool = false
    ) -> EventQuery {
        EventQuery(
            instrument: instrument, timeframe: input.timeframe, pipeline: plan.scope(of: input), range: range,
            limit: limit, isFromStart: isFromStart)
    }
}
