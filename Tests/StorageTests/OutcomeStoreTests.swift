import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct OutcomeStoreTests {
    let folder: TemporaryFolder
    let database: StateDatabase
    let instruments = InstrumentTable()
    private let aapl = Instrument(code: "AAPL", venue: "US")
    private let ibm = Instrument(code: "IBM", venue: "US")

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
    }

    private func key(_ instrument: Instrument, target: String = "return over 2 bars") -> OutcomeKey {
        OutcomeKey(
            pipeline: "main", timeframe: Timeframe(1, .day), model: "next", target: target, instrument: instrument)
    }

    private func prediction(
        _ time: Int64, _ value: Double, known: Int64? = nil, actual: Double = .nan, of instrument: Instrument? = nil
    ) -> KeptPrediction {
        KeptPrediction(
            model: "next", target: "return over 2 bars", instrument: instruments.intern(instrument ?? aapl), time: time,
            horizon: 2, value: value, flags: [.stale], known: known, actual: actual)
    }

    private func state(_ time: Int64, number: Int, fit: String = "f") -> LearnedState {
        LearnedState(
            model: "next", target: "return over 2 bars", instrument: instruments.intern(aapl), time: time, fit: fit,
            number: number, labels: number * 2, bytes: [UInt8(truncatingIfNeeded: number), 7])
    }

    private func store(_ predictions: [KeptPrediction] = [], _ learned: [LearnedState] = []) async throws {
        try await database.store([
            StoreEntry(
                pipeline: "main", timeframe: Timeframe(1, .day), provenance: Provenance(source: "history"),
                events: .bars([]), predictions: predictions, learned: learned)
        ])
    }

    @Test func whatIsSaidFirstAndKnownFirstStands() async throws {
        try await store([prediction(1, 0.5), prediction(2, 0.25)])
        try await store([prediction(1, 0.75, known: 3, actual: 0.1)])
        try await store([prediction(1, 0.9, known: 3, actual: 0.2), prediction(2, 0.9)])
        let open = try await database.predictions(knownAfter: [OutcomePlace(key(aapl), at: 3)], before: 0)[0]
        #expect(open.map(\.time) == [2] && open.map(\.value) == [0.25] && open.map(\.known) == [nil])
        #expect(open.first?.flags == [.stale] && open.first?.actual.isNaN == true)
        let late = try await database.predictions(knownAfter: [OutcomePlace(key(aapl), at: 2)], before: 0)[0]
        #expect(late.map(\.value) == [0.5, 0.25] && late.map(\.known) == [3, nil] && late.first?.actual == 0.1)
        #expect(try await database.predictions(knownAfter: [OutcomePlace(key(ibm), at: .min)], before: 0)[0].isEmpty)
        #expect(
            try await database.predictions(
                knownAfter: [OutcomePlace(key(aapl, target: "volatility over 2 bars"), at: .min)], before: 0)[0]
                .isEmpty)
        #expect(try await database.firstOutcomes([key(aapl)])[0] == 3)
        #expect(try await database.firstOutcomes([key(ibm)])[0] == nil)
    }

    @Test func aPredictionWithoutAnOutcomeWaitsNoMoreAndIsNoOutcome() async throws {
        try await store([prediction(1, 0.5, known: 2), prediction(2, 0.5, known: 4, actual: 0.3)])
        #expect(try await database.predictions(knownAfter: [OutcomePlace(key(aapl), at: 4)], before: 0)[0].isEmpty)
        #expect(try await database.outcomes(OutcomeQuery()).map(\.outcome.time) == [4])
        #expect(try await database.firstOutcomes([key(aapl)])[0] == 4)
    }

    @Test func outcomesAreAskedForByModelInstrumentAndTime() async throws {
        try await store((1...9).map { prediction($0, Double($0), known: $0 + 2, actual: 0.5) })
        try await store([prediction(4, 0.1, known: 6, actual: -1, of: ibm)])
        var query = OutcomeQuery()
        #expect(try await database.outcomes(query).count == 10)
        query.limit = 3
        let last = try await database.outcomes(query)
        #expect(last.map(\.outcome.time) == [9, 10, 11] && last.map(\.outcome.predictedAt) == [7, 8, 9])
        #expect(last[0].outcome.error == 6.5 && last[0].outcome.horizon == 2 && last[0].outcome.model == "next")
        #expect(last[0].pipeline == "main" && last[0].timeframe == "1d" && last[0].instrument == aapl)
        query.limit = 100
        query.range = 6...7
        #expect(try await database.outcomes(query).map(\.instrument) == [aapl, ibm, aapl])
        query.instruments = [ibm]
        #expect(try await database.outcomes(query).map(\.outcome.actual) == [-1])
        query.model = "other"
        #expect(try await database.outcomes(query).isEmpty)
    }

    @Test func predictionsAreAskedForByTheTimeTheyWereMadeFrom() async throws {
        try await store((1...9).map { prediction($0, Double($0), known: $0 < 5 ? $0 + 2 : nil, actual: 0.5) })
        try await store([prediction(4, 0.1, of: ibm)])
        var query = OutcomeQuery()
        query.range = 3...8
        let all = try await database.predictions(query, offset: 0)
        #expect(all.map(\.prediction.time) == [3, 4, 4, 5, 6, 7, 8])
        #expect(all[0].prediction.known == 5 && all[0].prediction.actual == 0.5 && all[0].pipeline == "main")
        #expect(all.last?.prediction.known == nil && all.last?.instrument == aapl)
        query.limit = 2
        #expect(try await database.predictions(query, offset: 5).map(\.prediction.value) == [7, 8])
        #expect(try await database.predictions(query, offset: 7).isEmpty)
        query.instruments = [ibm]
        #expect(try await database.predictions(query, offset: 0).map(\.prediction.value) == [0.1])
        query.timeframe = Timeframe(1, .minute)
        #expect(try await database.predictions(query, offset: 0).isEmpty)
    }

    @Test func theNewestStatesOfAFitAreKeptAndSomeOfThoseBefore() async throws {
        let day: Int64 = 86_400_000_000_000
        // A bar every second day, and 64 days from one time at which states are kept to the next: 32 bars.
        for number in 1...700 { try await store([], [state(Int64(number) * 2 * day + 7, number: number)]) }
        func found(_ time: Int64, fit: String = "f") async throws -> Int? {
            try await database.learned(through: [OutcomePlace(key(aapl), at: time)], fit: fit)[0]?.number
        }
        let expected: [(Int64, Int?)] = [
            (.max, 700), (1_400 * day, 699), (1_395 * day, 697), (1_394 * day, 671), (1_344 * day, 671),
            (1_342 * day, 639), (640 * day, 319), (400 * day, 191), (376 * day, nil),
        ]
        for (time, number) in expected {
            #expect(try await found(time) == number, "\(time / day)")
        }
        // Of another instrument, with bars every day and gaps, the same times.
        for number in 1...200 where number % 30 > 9 {
            let state = state(Int64(number) * day, number: number)
            try await store(
                [],
                [
                    LearnedState(
                        model: state.model, target: state.target, instrument: instruments.intern(ibm), time: state.time,
                        fit: "f", number: number, labels: 0, bytes: [1])
                ])
        }
        #expect(
            try await database.learned(through: [OutcomePlace(key(ibm), at: 128 * day)], fit: "f")[0]?.time == 119 * day
        )
        #expect(
            try await database.learned(through: [OutcomePlace(key(ibm), at: 64 * day)], fit: "f")[0]?.time == 59 * day)
        #expect(try await found(.max, fit: "g") == nil)
        let newest = try await database.learned(through: [OutcomePlace(key(aapl), at: .max)], fit: "f")[0]
        #expect(newest == state(1_400 * day + 7, number: 700))
        try await store([], [state(1_402 * day, number: 1, fit: "g")])
        #expect(try await found(.max) == nil)
        #expect(try await found(.max, fit: "g") == 1)
    }

    @Test func whatIsOlderThanIsKeptGoes() async throws {
        try await store((1...5_000).map { prediction($0, 0.5, known: $0 + 2, actual: 0.5) } + [prediction(5_001, 1)])
        try await store(
            [prediction(3, 1), prediction(4, 1, known: 4_990, actual: 1)].map { item in
                KeptPrediction(
                    model: item.model, target: item.target, instrument: instruments.intern(ibm), time: item.time,
                    horizon: 2,
                    value: 1, known: item.known, actual: item.actual)
            })
        for number in 1...9 { try await store([], [state(Int64(number) * 1_000, number: number)]) }
        database.close()
        let later = try StateDatabase(
            path: folder.file("penstock.db"), instruments: instruments, now: { 10_000 })
        let retention = Retention(later)
        let rules = RetentionRules(
            quarantineAge: nil, versionAge: nil, predictionAge: 10_000 - 4_900, learnedAge: 10_000 - 7_500)
        while try await retention.step(rules) {}
        #expect(retention.removed.predictions == 4_897 && retention.removed.learned == 0)
        var query = OutcomeQuery()
        query.limit = 10_000
        let left = try await later.outcomes(query)
        #expect(left.map(\.outcome.time).min() == 4_900 && left.count == 104)
        // What waits stays, however old.
        #expect(
            try await later.predictions(knownAfter: [OutcomePlace(key(aapl), at: .max)], before: 0)[0].map(\.time) == [
                5_001
            ])
        #expect(
            try await later.predictions(knownAfter: [OutcomePlace(key(ibm), at: 4_000)], before: 0)[0].map(\.time) == [
                3, 4,
            ])
        later.close()
    }

    @Test func ofOldStatesTheNewestStay() async throws {
        let span: Int64 = 64 * 86_400_000_000_000
        for number in 1...20 { try await store([], [state(Int64(number) * span - 1, number: number)]) }
        database.close()
        let later = try StateDatabase(
            path: folder.file("penstock.db"), instruments: instruments, now: { 100 * span })
        let retention = Retention(later)
        while try await retention.step(RetentionRules(quarantineAge: nil, versionAge: nil, learnedAge: span)) {}
        #expect(retention.removed.learned == 16)
        #expect(try await later.learned(through: [OutcomePlace(key(aapl), at: .max)], fit: "f")[0]?.number == 20)
        #expect(try await later.learned(through: [OutcomePlace(key(aapl), at: 17 * span)], fit: "f")[0]?.number == 17)
        #expect(try await later.learned(through: [OutcomePlace(key(aapl), at: 16 * span)], fit: "f")[0] == nil)
        later.close()
    }

    @Test func whatCannotBeStoredWithItsBarsIsNotStored() async throws {
        try await store([prediction(1, 0.5)])
        database.close()
        await #expect(throws: PluginError.self) { try await store([prediction(2, 0.5)]) }
        let again = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        #expect(
            try await again.predictions(knownAfter: [OutcomePlace(key(aapl), at: .min)], before: 0)[0].map(\.time) == [
                1
            ])
        again.close()
    }
}
