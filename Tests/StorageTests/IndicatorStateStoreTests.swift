import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// States of indicators are kept with the events they have seen, and go when that past is another one.
@Suite struct IndicatorStateStoreTests {
    let folder: TemporaryFolder
    let instruments = InstrumentTable()
    let database: StateDatabase
    let id: InstrumentID

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        id = instruments.intern(apple)
    }

    private func store(
        days: Range<Int>, states: [Int] = [], plan: String = "p", change: Double = 0, isCorrection: Bool = false,
        in own: StateDatabase? = nil
    ) async throws {
        var bars = makeBars(id, days: days)
        for index in bars.indices { bars[index].close += change }
        let times = makeBars(id, days: 0..<400).map(\.time)
        try await (own ?? database).store([
            StoreEntry(
                pipeline: "main", timeframe: daily, provenance: Provenance(source: "a"), events: .bars(bars),
                isCorrection: isCorrection,
                states: states.map { IndicatorState(instrument: id, time: times[$0], plan: plan, bytes: [UInt8($0)]) })
        ])
    }

    /// The state that is found, by the day it was written with.
    private func found(
        through day: Int = 399, plan: String = "p", in own: StateDatabase? = nil
    ) async throws -> UInt8? {
        let time = makeBars(id, days: 0..<400).map(\.time)[day]
        let query = EventQuery(instrument: apple, timeframe: daily, pipeline: "main", range: .min...time)
        return try await (own ?? database).indicatorStates(.bar, each: [query], plan: plan)[0]?.bytes.first
    }

    @Test func theThreeNewestAreKept() async throws {
        try await store(days: 0..<100, states: [10, 20, 30, 40])
        #expect(try await found() == 40)
        #expect(try await found(through: 29) == 20)
        #expect(try await found(through: 19) == nil)
        #expect(try await found(plan: "other") == nil)
        try await store(days: 100..<101, states: [90])
        #expect(try await found() == 90)
        #expect(try await found(through: 89) == 40)
        #expect(try await found(through: 39) == 30)
        #expect(try await found(through: 29) == nil)
    }

    @Test func otherIndicatorsTakeTheirPlace() async throws {
        try await store(days: 0..<100, states: [10, 20])
        try await store(days: 100..<101, states: [30], plan: "q")
        #expect(try await found(plan: "q") == 30)
        #expect(try await found() == nil)
    }

    @Test func aCorrectionEndsThoseThatHaveSeenWhatItCorrects() async throws {
        try await store(days: 0..<100, states: [10, 20])
        try await store(days: 15..<16, change: 0.5, isCorrection: true)
        #expect(try await found() == 10)
        // What runs now has seen the bar as it was.
        try await store(days: 100..<101, states: [50])
        #expect(try await found() == 10)
    }

    @Test func aBarBeforeTheNewestEndsThem() async throws {
        try await store(days: 0..<50, states: [10])
        try await store(days: 60..<100, states: [70])
        try await store(days: 50..<60)
        #expect(try await found() == 10)
    }

    @Test func whatIsThereAlreadyEndsNone() async throws {
        try await store(days: 0..<100, states: [10, 20])
        try await store(days: 0..<100)
        try await store(days: 90..<110, states: [30])
        #expect(try await found() == 30)
    }

    @Test func anotherRunKeepsThemAgain() async throws {
        try await store(days: 0..<100, states: [10, 20])
        let later = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        try await store(days: 5..<6, change: 0.5, in: later)
        #expect(try await found(in: later) == nil)
        let last = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        try await store(days: 100..<101, states: [40], in: last)
        #expect(try await found(in: last) == 40)
    }
}
