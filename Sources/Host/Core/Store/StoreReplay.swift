import PluginKit

/// Plays what the store has of an input into the partitions, before the provider's stream goes on.
///
/// What every sink has only warms up indicators, instrument by instrument. The rest, and the last event of each instrument,
/// goes the way of every delivery, in order of event time: so a sink gets what it lacks, and readers see where each
/// instrument stands. Memory is bounded: some events an instrument are held.
struct StoreReplay<Event: MarketEvent> {
    /// Events of one step that only warms up.
    private let warmUpSize = 4_096
    /// Events that are held while rows go out in order of event time, or of those that are read together, of all instruments.
    private let held = 65_536
    /// Instruments whose kept states are read together.
    private let group = 256

    private let plan: PipelinePlan
    private let input: InputPlan
    private let events: any EventStore
    private let receiver: RouteReceiver
    /// Event time of each instrument's last event.
    private let last: [InstrumentID: Int64]
    /// Event time through which an instrument's events only warm up.
    private let settled: (InstrumentID) -> Int64
    /// Whose kept states are gone on with; `nil` where every event is played.
    private let kept: KeptIndicators?

    /// Plays an input of a plan; the driving rows of an instrument that are not after `settled` are in every sink.
    init(
        _ type: Event.Type, _ plan: PipelinePlan, _ input: InputPlan, from events: any EventStore,
        to receiver: RouteReceiver, last: [InstrumentID: Int64], kept: KeptIndicators? = nil,
        settled: @escaping (InstrumentID) -> Int64
    ) {
        self.kept = kept
        self.plan = plan
        self.input = input
        self.events = events
        self.receiver = receiver
        self.last = last
        self.settled = settled
    }

    /// A part of an instrument's events, from after an event time on.
    private struct Span {
        let reference: InstrumentReference
        var after = Int64.min
        let last: Int64
        /// Those that are read and wait.
        var held: [StoredEvent<Event>] = []

        /// Up to when every event is held.
        var horizon: Int64 { after >= last ? .max : after }
    }

    /// Hands all to the partitions. The last driving event goes out in any case.
    ///
    /// Which kind it is is known only when it runs: without being asked for, nothing that sees every event is specialised.
    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    @specialized(where Event == OrderBook)
    func run(isDriving: Bool, warmsUp: Bool) async throws(PluginError) {
        let isAlone = isDriving && input.section == nil
        var (settled, rests): ([Span], [Span]) = ([], [])
        for reference in plan.instruments {
            guard let last = last[reference.id] else { continue }
            let through = isAlone ? min(self.settled(reference.id), last - 1) : self.settled(reference.id)
            settled.append(Span(reference: reference, last: through))
            rests.append(Span(reference: reference, after: through, last: last))
        }
        for start in stride(from: 0, to: warmsUp ? settled.count : 0, by: group) {
            try await warmUp(Array(settled[start..<min(start + group, settled.count)]))
        }
        try await play(&rests)
    }

    private func warmUp(_ spans: [Span]) async throws(PluginError) {
        var spans = spans
        let states = try await goOn(&spans)
        for index in spans.indices {
            if let state = states[index] { try await receiver.resume(state) }
            while !spans[index].held.isEmpty || spans[index].after < spans[index].last {
                if spans[index].held.isEmpty { try await fill(&spans[index...index], warmUpSize) }
                guard !spans[index].held.isEmpty else { break }
                try await receiver.warmUp(spans[index].reference.id, spans[index].held)
                spans[index].held = []
            }
        }
    }

    /// Finds the newest states of each instrument's indicators that may be gone on with, and reads the events from the last few that
    /// they have seen on.
    ///
    /// What cannot be read is as good as none.
    private func goOn(_ spans: inout [Span]) async throws(PluginError) -> [ResumedIndicators?] {
        guard let kept else { return spans.map { _ in nil } }
        guard !kept.features.columns.isEmpty else { return try await takeTails(&spans, kept.tail) }
        let found = try await events.indicatorStates(
            Event.kind, each: try await mostSeen(spans, kept.rows), plan: kept.features.digest)
        var states = found.map { $0.flatMap { try? kept.features.resume($0) } }
        let usable = states.indices.filter { states[$0] != nil }
        let tails = try await events.events(
            Event.self,
            each: usable.map { query(spans[$0].reference, .min...(states[$0]?.time ?? .min), kept.tail) })
        for (index, tail) in zip(usable, tails) {
            guard tail.count == kept.tail, let state = states[index] else {
                states[index] = nil
                continue
            }
            (spans[index].after, spans[index].held) = (state.time, tail)
        }
        let resumed = usable.filter { states[$0] != nil }
        var rest = resumed.map { Span(reference: spans[$0].reference, after: spans[$0].after, last: spans[$0].last) }
        try await fill(&rest[...], held / group)
        for (index, rest) in zip(resumed, rest) {
            spans[index].held += rest.held
            spans[index].after = rest.after
        }
        return states
    }

    /// Where nothing is computed the last few events are enough.
    private func takeTails(_ spans: inout [Span], _ count: Int) async throws(PluginError) -> [ResumedIndicators?] {
        let tails = try await events.events(
            Event.self, each: spans.map { query($0.reference, .min...$0.last, count) })
        for (index, tail) in zip(spans.indices, tails) {
            (spans[index].after, spans[index].held) = (spans[index].last, tail)
        }
        return spans.map { _ in nil }
    }

    /// Asks for what states may have seen at most: all, or what is before the last so many events.
    private func mostSeen(_ spans: [Span], _ rows: Int) async throws(PluginError) -> [EventQuery] {
        guard rows > 0 else { return spans.map { query($0.reference, .min...$0.last, 1) } }
        let wanted = try await events.events(
            Event.self, each: spans.map { query($0.reference, .min...$0.last, rows) })
        return zip(spans, wanted).map { span, wanted in
            let first = wanted.count == rows ? wanted.first?.event.time : nil
            return query(span.reference, .min...((first ?? .min + 1) - 1), 1)
        }
    }

    private func play(_ rests: inout [Span]) async throws(PluginError) {
        while !rests.isEmpty {
            try await fill(&rests[...], max(64, held / max(1, plan.instruments.count)))
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

    /// Reads the next events of those that hold none, at most so many of each; all of the last one's instant are among them.
    private func fill(_ spans: inout ArraySlice<Span>, _ limit: Int) async throws(PluginError) {
        let asked = spans.indices.filter { spans[$0].held.isEmpty && spans[$0].after < spans[$0].last }
        let found = try await events.events(
            Event.self,
            each: asked.map {
                query(spans[$0].reference, Self.first(spans[$0])...spans[$0].last, limit, isFromStart: true)
            })
        for (index, piece) in zip(asked, found) {
            spans[index].held = piece
            spans[index].after = piece.count < limit ? spans[index].last : piece.last?.event.time ?? spans[index].last
        }
        // There may be more of the last instant.
        let cut = asked.filter { spans[$0].held.count == limit }
        let instants = try await events.events(
            Event.self, each: cut.map { query(spans[$0].reference, spans[$0].after...spans[$0].after, .max) })
        for (index, instant) in zip(cut, instants) {
            let time = spans[index].after
            spans[index].held.removeAll { $0.event.time == time }
            spans[index].held += instant
        }
    }

    private static func first(_ span: Span) -> Int64 { span.after == .min ? .min : span.after + 1 }

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

    private func query(
        _ reference: InstrumentReference, _ range: ClosedRange<Int64>, _ limit: Int, isFromStart: Bool = false
    ) -> EventQuery {
        EventQuery(
            instrument: reference.instrument, timeframe: input.timeframe, pipeline: plan.scope(of: input), range: range,
            limit: limit, isFromStart: isFromStart)
    }
}
