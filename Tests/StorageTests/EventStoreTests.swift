import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// Events of every kind: what is the same, what is a new version, and from when on it is known.
@Suite struct EventStoreTests {
    let folder: TemporaryFolder
    let clock = SetClock()
    let instruments = InstrumentTable()
    let database: StateDatabase
    let id: InstrumentID

    init() throws {
        folder = try TemporaryFolder()
        clock.set(1_000)
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments, now: clock.read)
        id = instruments.intern(apple)
    }

    private func store(
        _ events: EventBatch, pipeline: String = "main", provenance: Provenance = Provenance(source: "a"),
        arrival: Int64? = nil
    ) async throws {
        try await database.store([
            StoreEntry(
                pipeline: pipeline, timeframe: daily, provenance: provenance, events: events, arrival: arrival)
        ])
    }

    private func all<Event: MarketEvent>(
        _ type: Event.Type, asOf: Int64 = .max
    ) async throws -> [StoredEvent<Event>] {
        try await database.events(type, EventQuery(instrument: apple, timeframe: daily, asOf: asOf))
    }

    @Test func eventTimesOfAPipelineAreCountedOnceAndNoFurtherThanAsked() async throws {
        let other = instruments.intern(Instrument(code: "IBM", venue: "NASDAQ"))
        try await store(.bars(makeBars(id, days: 0..<9)))
        try await store(.bars(makeBars(other, days: 4..<12)))
        try await store(.bars(makeBars(id, days: 0..<40)), pipeline: "second")
        let last = makeBars(id, days: 3..<4)[0].time
        func count(_ time: Int64, _ limit: Int) async throws -> Int {
            try await database.eventTimes(of: "main", timeframe: daily, after: time, limit: limit)
        }
        #expect(try await count(last, 100) == 8)
        #expect(try await count(last, 5) == 5)
        #expect(try await count(.min, 100) == 12)
        #expect(try await count(.max, 100) == 0)
        #expect(
            try await database.newestBar(of: "main", timeframe: daily) == makeBars(other, days: 11..<12)[0].time)
        #expect(try await database.newestBar(of: "none", timeframe: daily) == nil)
    }

    @Test func tellsWhatTookThePlaceOfAnotherVersion() async throws {
        let before = makeBars(id, days: 0..<3)
        var after = before
        after[1].close += 0.25
        for (bars, count) in [(before, 0), (before, 0), (after, 1), (after, 0)] {
            clock.set(clock.read() + 1)
            let revised = try await database.store([
                StoreEntry(
                    pipeline: "main", timeframe: daily, provenance: Provenance(source: "a"), events: .bars(bars))
            ])
            #expect(revised.map(\.events.count) == (count == 0 ? [] : [count]))
        }
        let told = try await database.revisions(.bar, of: "main", timeframe: daily, after: 1_002)
        #expect(told.map(\.storedAt) == [1_003])
        let bars = told.first.flatMap { Bar.events(of: $0.events) } ?? []
        #expect(bars.map(\.close) == [after[1].close] && bars.first?.flags.contains(.revised) == true)
        #expect(try await database.revisions(.bar, of: "main", timeframe: daily, after: 1_003).isEmpty)
        #expect(try await database.revisions(.bar, of: "other", timeframe: daily, after: 0).isEmpty)
    }

    private var everyKind: [EventBatch] {
        [
            .bars(makeBars(id, days: 0..<3)),
            .quotes((0..<20).map { Quote(time: $0 / 2, bid: 1, ask: .nan, bidSize: 3, askSize: 4, instrument: id) }),
            .trades((0..<20).map { Trade(time: $0 / 3, price: 2, size: Double($0), side: .sell, instrument: id) }),
            .orderBooks([
                OrderBook(
                    time: 5, sequence: 9, bids: [.init(price: 1.1, size: 2), .init(price: 0.1, size: 1e-9)], asks: [],
                    instrument: id)
            ]),
            .figures(
                ["revenue", "net_income"].compactMap { FigureName($0) }.map {
                    Figure(time: 7, periodEnd: 3, value: 12.5, name: $0, instrument: id)
                }),
            .factors([Factor(time: 9, announced: 4, ratio: 2, cash: 0.3, instrument: id)]),
        ]
    }

    private func stored(_ batch: EventBatch) async throws -> EventBatch {
        func read<Event: MarketEvent>(_ type: Event.Type) async throws -> EventBatch {
            Event.batch(try await all(type).map(\.event))
        }
        return try await read(batch.kind.type)
    }

    @Test func givesBackEveryKindAndKeepsWhatComesAgainOnce() async throws {
        for batch in everyKind {
            for _ in 0..<2 { try await store(batch) }
            let found = try await stored(batch)
            // A report's figures are told by name and period; their order is nobody's.
            if case .figures(let figures) = found, case .figures(let given) = batch {
                #expect(Set(figures) == Set(given))
            } else {
                #expect("\(found)" == "\(batch)")
            }
        }
    }

    @Test func keepsTradesOfOneInstantAsOftenAsTheyCame() async throws {
        let twin = Trade(time: 1, price: 2, size: 3, instrument: id)
        let other = Trade(time: 1, price: 2, size: 4, instrument: id)
        try await store(.trades([twin, twin, other]))
        try await store(.trades([twin, twin, other, twin]))
        #expect(try await all(Trade.self).map(\.event.size) == [3, 3, 4, 3])
    }

    @Test func whatArrivesIsKnownThenAndWhatIsFilledInFromItsOwnTime() async throws {
        let bars = makeBars(id, days: 1..<3)
        try await store(.bars([bars[0]]))
        try await store(.bars([bars[1]]), provenance: Provenance(source: "a", reason: .live), arrival: 2 * day + 7)
        #expect(try await all(Bar.self).map(\.knownAt) == [day, 2 * day + 7])
        #expect(try await all(Bar.self, asOf: 2 * day + 6).count == 1)
        #expect(try await all(Bar.self, asOf: day - 1).isEmpty)
    }

    @Test func aFactorIsKnownFromItsAnnouncement() async throws {
        try await store(.factors([Factor(time: 9 * day, announced: 4 * day, ratio: 2, instrument: id)]))
        #expect(try await all(Factor.self, asOf: 4 * day).count == 1)
        #expect(try await all(Factor.self, asOf: 4 * day - 1).isEmpty)
    }

    @Test func aRevisionIsNotKnownBeforeItCame() async throws {
        try await store(.bars(makeBars(id, days: 1..<2)))
        clock.set(50 * day)
        try await store(.bars(makeBars(id, days: 1..<2, shift: 1)))
        #expect(try await all(Bar.self, asOf: 50 * day - 1).map(\.event.open) == [101])
        #expect(try await all(Bar.self, asOf: 50 * day).map(\.event.open) == [102])
        #expect(try await all(Bar.self).map(\.version) == [2])
    }

    @Test func readsFromTheStartTheNewestVersions() async throws {
        for shift in [0.0, 1] { try await store(.bars(makeBars(id, days: 0..<20, shift: shift))) }
        let query = EventQuery(
            instrument: apple, timeframe: daily, pipeline: "main", range: 5 * day...Int64.max, limit: 3,
            isFromStart: true)
        let found = try await database.events(Bar.self, query)
        #expect(found.map(\.event.time) == [5, 6, 7].map { $0 * day })
        #expect(found.allSatisfy { $0.version == 2 })
    }

    @Test func keepsTheProvenanceOfEachDelivery() async throws {
        let live = Provenance(source: "b", attempts: 3, reason: .live, fetchedAt: 77)
        try await store(.bars(makeBars(id, days: 0..<1)))
        try await store(.bars(makeBars(id, days: 1..<2)), provenance: live, arrival: day)
        #expect(try await all(Bar.self).map(\.provenance) == [Provenance(source: "a"), live])
    }

    @Test func keepsPipelinesApart() async throws {
        try await store(.bars(makeBars(id, days: 0..<1)))
        clock.set(2_000)
        try await store(.bars(makeBars(id, days: 0..<1, shift: 1)), pipeline: "raw")
        let main = EventQuery(instrument: apple, timeframe: daily, pipeline: "main")
        #expect(try await database.events(Bar.self, main).map(\.event.open) == [100])
        #expect(try await all(Bar.self).map(\.event.open) == [101])
    }
}
