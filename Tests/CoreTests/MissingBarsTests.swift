import HostCore
import PluginKit
import Testing

/// Bars that the calendar has and nobody gave: what a route does about them.
struct MissingBarsTests {
    private static let bars = [
        bar(0, 1, close: 10), bar(1, 1, close: 20), bar(1, 2, close: 21), bar(0, 4, close: 11), bar(1, 3, close: 22),
        bar(0, 5, close: 12),
    ]

    private static func rig(_ missing: MissingBars, _ stores: MemoryStores = MemoryStores()) -> Rig {
        var rig = fullRig()
        rig.stores = stores
        rig.instrumentCount = 2
        rig.streamDigest = "stream"
        rig.rules = QualityRules(missing: missing)
        rig.hours = { _ in EveryDay() }
        return rig
    }

    private func run(
        _ missing: MissingBars, _ deliveries: [[Bar]], _ stores: MemoryStores = MemoryStores()
    ) async throws -> (rows: [SeenRow], flow: FlowSnapshot) {
        let sink = RecordingSink()
        let pipeline = Self.rig(missing, stores).pipeline(
            ArrayProvider(deliveries.enumerated().map { delivery($0.element, $0.offset + 1) }),
            [Rig.sink("out", sink, records: [.bars, .features, .alerts])])
        try await pipeline.run()
        return (sink.rows, pipeline.snapshot)
    }

    private func days(_ rows: [SeenRow], of instrument: Int) -> [Int64] {
        rows.filter { $0.kind == .bars && $0.instrument == id(instrument) }.map { $0.time / day }
    }

    @Test func whatIsLeftIsToldAndCounted() async throws {
        let (rows, flow) = try await run(.leave, [Self.bars])
        #expect(days(rows, of: 0) == [1, 4, 5] && days(rows, of: 1) == [1, 2, 3])
        #expect(flow.missingBars["left"] == 2 && flow.missingBars["filled"] == nil)
        #expect(flow.suspects.isEmpty && flow.alerts["gap"] == 1 && flow.addsUp)
    }

    @Test func barsOfAShorterSpanAreToldOnceAnInstrument() async throws {
        let minutes = (1...5).flatMap { minute in
            (0..<2).map { instrument in
                var one = bar(instrument, 1, close: 10)
                one.time += Int64(minute) * 60_000_000_000
                return one
            }
        }
        let (rows, flow) = try await run(.leave, [minutes])
        #expect(rows.count { $0.kind == .bars } == 10)
        #expect(flow.alerts == ["timeframe": 2])
    }

    @Test func whatIsFilledIsAtTheLastCloseAndFlagged() async throws {
        let stores = MemoryStores()
        let (rows, flow) = try await run(.fill, [Self.bars], stores)
        #expect(days(rows, of: 0) == [1, 2, 3, 4, 5] && days(rows, of: 1) == [1, 2, 3])
        #expect(flow.missingBars["filled"] == 2 && flow.received == 6 && flow.accepted == 8 && flow.addsUp)
        #expect(flow.alerts["gap"] == 1)
        let stored = stores.bars.filter { $0.flags.contains(.filled) }
        #expect(stored.map { $0.time / day } == [2, 3])
        #expect(
            stored.allSatisfy { $0.open == 10 && $0.high == 10 && $0.low == 10 && $0.close == 10 && $0.volume == 0 })
        #expect(stores.bars.filter { !$0.flags.contains(.filled) }.count == 6)
        // Indicators saw them: each row has a value of its own.
        #expect(rows.count { $0.kind == .features } == 8)
    }

    @Test(arguments: [1, 2, 3, 4, 5]) func howItWasCutAndAStopBetweenMakeNoDifference(cut: Int) async throws {
        let whole = MemoryStores()
        _ = try await run(.fill, [Self.bars], whole)
        let parts = MemoryStores()
        let pieces = [Array(Self.bars[..<cut]), Array(Self.bars[cut...])]
        _ = try await run(.fill, pieces, parts)
        #expect(parts.bars.map { "\($0)" } == whole.bars.map { "\($0)" })
        // Another run goes on from the store: the gap lies between what that has and what comes.
        let stopped = MemoryStores()
        _ = try await run(.fill, [pieces[0]], stopped)
        let (_, flow) = try await run(.fill, pieces, stopped)
        #expect(Set(stopped.bars.map { "\($0)" }) == Set(whole.bars.map { "\($0)" }), "\(flow)")
    }

    @Test func whatFailsIsRefusedWithAllThatFollows() async throws {
        let stores = MemoryStores()
        let (rows, flow) = try await run(.fail, [Self.bars], stores)
        #expect(days(rows, of: 0) == [1] && days(rows, of: 1) == [1, 2, 3])
        #expect(flow.rejected["missing_before"] == 2 && flow.addsUp)
        // Those that were missing come after all.
        let (more, after) = try await run(
            .fail, [Self.bars, [bar(0, 2), bar(0, 3), bar(0, 4), bar(0, 5)]], MemoryStores())
        #expect(days(more, of: 0) == [1, 2, 3, 4, 5] && after.addsUp)
    }

    @Test func wherePricesAreNotComparableNothingIsMade() async throws {
        // Nothing is known between a bar that ends at no time of the calendar and another.
        var odd = bar(0, 4)
        odd.time += day / 3
        let (rows, flow) = try await run(.fill, [[bar(0, 1), odd]])
        #expect(rows.count { $0.kind == .bars } == 2 && flow.missingBars.isEmpty)
    }
}
