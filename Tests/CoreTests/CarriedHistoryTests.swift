import PluginKit
import Testing

@testable import HostCore

/// What a model learns of an input is bit for bit what stands in the rows it is served.
@Suite struct CarriedHistoryTests {
    /// Bars of some instruments, and more quotes than are joined in one step, many of one instant.
    private static let bars = (1...60).flatMap { number in (0..<3).map { bar($0, number * 2) } }
    private static let quotes: [Quote] = (0..<36_000).map { (number: Int) -> Quote in
        let time: Int64 = day + Int64(number / 6) * (day / 50)
        return SideInputTests.quote(number % 2, time, Double(10 + number % 977))
    }

    private func keys(_ instrument: Int) -> [RowKey] {
        Self.bars.filter { $0.instrument == id(instrument) }.map { RowKey($0) }
    }

    private func run(
        _ side: InputPlan
    ) async throws -> (rows: SideInputTests.FeatureRowsSink, plan: PipelinePlan, MemoryStores) {
        var rig = Rig()
        rig.sides = [side]
        let sink = SideInputTests.FeatureRowsSink()
        let pipeline = rig.pipeline(
            ArrayProvider(SideInputTests.cut(Self.bars, 7)), [Rig.sink("out", sink, records: [.features])])
        try await pipeline.run()
        return (sink, pipeline.plan, rig.stores)
    }

    private func served(_ sink: SideInputTests.FeatureRowsSink, _ instrument: Int) -> [UInt64] {
        sink.rows.value.filter { $0.instrument == id(instrument).rawValue }.sorted { $0.time < $1.time }.flatMap(
            \.values)
    }

    @Test(arguments: [nil, day / 60])
    func ofTheStoreAndOfAnAnswerItIsWhatWasServed(maxAge: Int64?) async throws {
        let side = SideInputTests.side(
            "quotes", .quote, ArrayProvider(SideInputTests.cut(Self.quotes, 911)), fields: ["bid", "ask"],
            maxAge: maxAge)
        let (sink, plan, stores) = try await run(side)
        let history = CarriedHistory(plan, side)
        #expect(side.carriedNames.count == 3 && sink.rows.value.count == Self.bars.count)
        let answers = EventBatch.quotes(Self.quotes).byInstrument()
        for instrument in 0..<3 {
            let expected = served(sink, instrument)
            let own = plan.directory.instrument(id(instrument))
            let stored = try await history.columns(beside: keys(instrument), of: own, from: stores)
            #expect(stored.map(\.bitPattern) == expected)
            let answered = history.columns(
                beside: keys(instrument), in: answers[id(instrument)] ?? .empty(.quote), latest: .max)
            #expect(answered.map(\.bitPattern) == expected)
        }
        // The third instrument has no quotes, and not all of the first one's are missing.
        #expect(served(sink, 2).allSatisfy { Double(bitPattern: $0).isNaN })
        #expect(served(sink, 0).contains { Double(bitPattern: $0) > 10 })
    }

    @Test func indicatorsOfTheInputAreWarmAcrossPieces() async throws {
        let own = FeaturePlan([("roll", RollingCloses(period: 3)), ("count", EventCount())])
        let finer = (1...200).flatMap { number in [bar(0, number), bar(1, number)] }
        let side = SideInputTests.side(
            "days", .bar, ArrayProvider(SideInputTests.cut(finer, 13)), fields: ["close"], features: own)
        let (sink, plan, stores) = try await run(side)
        let history = CarriedHistory(plan, side)
        for instrument in 0..<2 {
            let made = try await history.columns(
                beside: keys(instrument), of: plan.directory.instrument(id(instrument)), from: stores)
            #expect(made.map(\.bitPattern) == served(sink, instrument) && made.last?.isFinite == true)
        }
    }
}
