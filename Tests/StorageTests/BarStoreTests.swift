import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct BarStoreTests {
    let folder: TemporaryFolder
    let clock = SetClock()
    let instruments = InstrumentTable()
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        clock.set(1_000)
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments, now: clock.read)
    }

    private func all(_ instrument: Instrument = apple, limit: Int = .max) async throws -> [StoredBar] {
        try await database.bars(of: instrument, timeframe: daily, range: anyTime, limit: limit)
    }

    @Test func givesBackWhatWasStored() async throws {
        let id = instruments.intern(apple)
        var bars = makeBars(id, days: 0..<100)
        bars[3].amount = 12_345.678
        bars[4].flags = .adjusted
        try await database.store(bars, source: "history", timeframe: daily)
        let found = try await all()
        #expect(found.count == 100)
        #expect(zip(found, bars).allSatisfy { $0.bar.isSame(as: $1) })
        #expect(found.allSatisfy { $0.version == 1 && $0.source == "history" && $0.storedAt == 1_000 })
    }

    @Test(arguments: [1, 15, 16, 40]) func storesAnUnchangedBarOnce(count: Int) async throws {
        let bars = makeBars(instruments.intern(apple), days: 0..<count)
        try await database.store(bars, source: "history", timeframe: daily)
        clock.set(2_000)
        try await database.store(bars, source: "history", timeframe: daily)
        let found = try await all()
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.version == 1 && $0.storedAt == 1_000 })
    }

    @Test(arguments: [1, 40]) func keepsEveryVersionOfABar(count: Int) async throws {
        let id = instruments.intern(apple)
        for shift in [0.0, 1, 2, 2, 1] {
            clock.set(clock.read() + 1)
            try await database.store(makeBars(id, days: 0..<count, shift: shift), source: "history", timeframe: daily)
        }
        let versions = try await database.versions(of: apple, timeframe: daily, at: 0)
        #expect(versions.map(\.version) == [1, 2, 3, 4])
        #expect(versions.map(\.bar.open) == [100, 101, 102, 101])
        #expect(try await all().map(\.version) == Array(repeating: 4, count: count))
    }

    @Test func answersAsOfAnEarlierInstant() async throws {
        let id = instruments.intern(apple)
        for (instant, shift) in [(10, 0.0), (20, 1), (30, 2)] {
            clock.set(Int64(instant))
            try await database.store(
                makeBars(id, days: 0..<2, shift: shift), source: "history", timeframe: daily, arrival: Int64(instant))
        }
        for (asOf, expected) in [(9, []), (10, [100.0, 101]), (29, [101, 102]), (30, [102, 103])] {
            let found = try await database.events(
                Bar.self, EventQuery(instrument: apple, timeframe: daily, asOf: Int64(asOf), limit: 10))
            #expect(found.map(\.bar.open) == expected, "as of \(asOf)")
        }
    }

    @Test func takesFlagsOfTheRunForNoChange() async throws {
        var bar = makeBars(instruments.intern(apple), days: 0..<1)[0]
        try await database.store([bar], source: "history", timeframe: daily)
        bar.flags = [.stale, .afterRejected, .fallback, .warmUpOnly]
        try await database.store([bar], source: "history", timeframe: daily)
        #expect(try await all().map(\.version) == [1])
        bar.flags = [.partial, .stale]
        try await database.store([bar], source: "history", timeframe: daily)
        let found = try await all()
        #expect(found.map(\.version) == [2])
        #expect(found.map(\.bar.flags) == [[.partial, .stale]])
    }

    @Test func limitsToTheLatestInAscendingTime() async throws {
        try await database.store(makeBars(instruments.intern(apple), days: 0..<50), source: "a", timeframe: daily)
        #expect(try await all(limit: 3).map(\.bar.time) == [47 * day, 48 * day, 49 * day])
        #expect(try await all(limit: 0).isEmpty)
        let middle = try await database.bars(of: apple, timeframe: daily, range: 10 * day...12 * day, limit: 100)
        #expect(middle.map(\.bar.time) == [10 * day, 11 * day, 12 * day])
    }

    @Test func givesOneBarAnEventTimeTheOneStoredLast() async throws {
        let id = instruments.intern(apple)
        try await database.store(makeBars(id, days: 0..<3), source: "a", timeframe: daily)
        clock.set(2_000)
        try await database.store(makeBars(id, days: 1..<5, shift: 1), source: "b", timeframe: daily)
        clock.set(3_000)
        try await database.store(makeBars(id, days: 2..<3, shift: 2), source: "a", timeframe: daily)
        let found = try await all()
        #expect(found.map(\.bar.time) == (0..<5).map { Int64($0) * day })
        #expect(found.map(\.source) == ["a", "b", "a", "b", "b"])
        #expect(try await all(limit: 3).map(\.source) == ["a", "b", "b"])
    }

    @Test func keepsInstrumentsAndTimeframesApart() async throws {
        let (first, second) = (instruments.intern(apple), instruments.intern(maotai))
        let mixed = zip(makeBars(first, days: 0..<30), makeBars(second, days: 0..<30, shift: 7)).flatMap { [$0, $1] }
        try await database.store(mixed, source: "a", timeframe: daily)
        try await database.store(Array(mixed.reversed()), source: "a", timeframe: daily)
        try await database.store(makeBars(first, days: 0..<1), source: "a", timeframe: Timeframe(5, .minute))
        #expect(try await all(apple).map(\.bar.open) == makeBars(first, days: 0..<30).map(\.open))
        #expect(try await all(maotai).map(\.bar.open) == makeBars(second, days: 0..<30, shift: 7).map(\.open))
        #expect(try await all(maotai).allSatisfy { $0.version == 1 && $0.bar.instrument == second })
        #expect(try await all(Instrument(code: "NOBODY", venue: "US")).isEmpty)
        #expect(instruments.count == 2)
    }

    @Test(arguments: [1, 20]) func numbersBarsOfOneBatchInTheirOrder(copies: Int) async throws {
        let id = instruments.intern(apple)
        let batch = (0..<copies).flatMap { makeBars(id, days: 0..<2, shift: Double($0)) }
        try await database.store(batch + makeBars(id, days: 0..<1, shift: 99), source: "a", timeframe: daily)
        let versions = try await database.versions(of: apple, timeframe: daily, at: 0)
        #expect(versions.map(\.version) == Array(1...copies + 1))
        #expect(versions.last?.bar.open == 199)
    }

    @Test func readsInAnotherRunWithOtherNumbers() async throws {
        let id = instruments.intern(apple)
        try await database.store(makeBars(id, days: 0..<4), source: "a", timeframe: daily)
        database.close()
        let others = InstrumentTable()
        _ = others.intern(maotai)
        let again = try StateDatabase(path: folder.file("penstock.db"), instruments: others)
        let found = try await again.bars(of: apple, timeframe: daily, range: anyTime, limit: 10)
        #expect(found.count == 4)
        #expect(found.allSatisfy { $0.bar.instrument == others.id(of: apple) })
    }
}
