import PluginKit

/// Plays what the store has of a pipeline into its partitions, before the provider's stream goes on.
///
/// What every sink has only warms up indicators, instrument by instrument. The rest, and the last bar of each instrument, goes
/// the way of every delivery, in order of event time: so a sink gets what it lacks, and readers see where each instrument
/// stands. Memory is bounded: some bars an instrument are held.
struct StoreReplay {
    /// Bars of one step that only warms up.
    private static let warmUpSize = 4_096
    /// Bars that are held while rows go out in order of event time, of all instruments together.
    private static let held = 65_536

    let plan: PipelinePlan
    let events: any EventStore
    let receiver: RouteReceiver
    /// Last event time that every sink has of an instrument.
    let settled: (InstrumentID) -> Int64

    /// An instrument's bars that go out as deliveries.
    private struct Rest {
        let reference: InstrumentReference
        let last: Int64
        var after: Int64
        var held: [StoredBar] = []

        /// Up to when every bar is held.
        var horizon: Int64 { after >= last ? .max : after }
    }

    /// Returns the last stored event time of each instrument that has bars, when all was handed to the partitions.
    func run() async throws(PluginError) -> [InstrumentID: Int64] {
        var newest: [InstrumentID: Int64] = [:]
        var rests: [Rest] = []
        for reference in plan.instruments {
            guard let last = try await read(reference, limit: 1, isFromStart: false).last?.bar.time else { continue }
            newest[reference.id] = last
            let through = min(settled(reference.id), last - 1)
            try await warmUp(reference, through: through)
            rests.append(Rest(reference: reference, last: last, after: through))
        }
        try await play(&rests)
        return newest
    }

    private func warmUp(_ reference: InstrumentReference, through last: Int64) async throws(PluginError) {
        guard !plan.features.columns.isEmpty else { return }
        var after = Int64.min
        while after < last {
            let bars = try await read(reference, after: after, through: last, limit: Self.warmUpSize)
            guard let newest = bars.last?.bar.time else { return }
            try await receiver.warmUp(reference.id, .bars(bars.map(\.bar)))
            after = newest
        }
    }

    private func play(_ rests: inout [Rest]) async throws(PluginError) {
        while !rests.isEmpty {
            for index in rests.indices { try await fill(&rests[index]) }
            let horizon = rests.map(\.horizon).min() ?? .max
            var ready: [StoredBar] = []
            for index in rests.indices {
                let count = rests[index].held.prefix { $0.bar.time <= horizon }.count
                ready += rests[index].held.prefix(count)
                rests[index].held.removeFirst(count)
            }
            rests.removeAll { $0.held.isEmpty && $0.after >= $0.last }
            ready.sort { ($0.bar.time, $0.bar.instrument) < ($1.bar.time, $1.bar.instrument) }
            try await hand(ready)
        }
    }

    /// Bars of an instrument that are held.
    private var ahead: Int { max(64, Self.held / max(1, plan.instruments.count)) }

    private func fill(_ rest: inout Rest) async throws(PluginError) {
        guard rest.held.isEmpty, rest.after < rest.last else { return }
        rest.held = try await read(rest.reference, after: rest.after, through: rest.last, limit: ahead)
        rest.after = rest.held.count < ahead ? rest.last : rest.held[rest.held.count - 1].bar.time
    }

    /// Hands bars on, those of one provenance that follow each other together.
    private func hand(_ bars: [StoredBar]) async throws(PluginError) {
        var start = 0
        while start < bars.count {
            var end = start + 1
            while end < bars.count, end - start < 1_024, bars[end].provenance == bars[start].provenance { end += 1 }
            try await receiver.take(stored: bars[start..<end])
            start = end
        }
    }

    private func read(
        _ reference: InstrumentReference, after: Int64 = .min, through: Int64 = .max, limit: Int,
        isFromStart: Bool = true
    ) async throws(PluginError) -> [StoredBar] {
        let first = after == .min ? after : after + 1
        guard first <= through else { return [] }
        let stored = try await events.events(
            Bar.self,
            EventQuery(
                instrument: reference.instrument, timeframe: plan.timeframe, pipeline: plan.id,
                range: first...through, limit: limit, isFromStart: isFromStart))
        return stored
    }
}
