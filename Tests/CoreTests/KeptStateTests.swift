import PluginKit
import RowColumns
import Testing

@testable import HostCore

/// Pipelines that compare instruments, look at windows or have inputs beside the driving one go on from kept states too.
@Suite struct KeptStateTests {
    private typealias Side = SideInputTests
    private static let kinds: Set<RecordKind> = [.bars, .features, .predictions]
    private static let bars = (1...300).flatMap { day in
        (0..<3).map { bar($0, day, close: 10 + Double(day * ($0 + 3) % 11)) }
    }

    private static func rig(_ stores: MemoryStores) -> Rig {
        var rig = fullRig()
        rig.stores = stores
        rig.instrumentCount = 3
        rig.streamDigest = "stream"
        rig.wallTime = 301 * day
        return rig
    }

    /// A run without a break, then one that ends after some bars and one that goes on; returns the rows of both ways, what
    /// the second start read, and the stores.
    private static func runs(
        through count: Int = 700, _ make: (MemoryStores) throws -> Rig
    ) async throws -> (whole: [SeenRow], parts: [SeenRow], read: Int, stores: MemoryStores) {
        func run(_ rig: Rig, _ count: Int, _ sink: RecordingSink) async throws {
            let deliveries = bars.prefix(count).enumerated().map { delivery([$0.element], $0.offset + 1) }
            try await rig.pipeline(PositionedLog(deliveries), [Rig.sink("keep", sink, records: kinds)]).run()
        }
        let (whole, parts, stores) = (RecordingSink(), RecordingSink(), MemoryStores())
        try await run(make(MemoryStores()), bars.count, whole)
        try await run(make(stores), count, parts)
        let before = stores.read
        try await run(make(stores), bars.count, parts)
        return (whole.rows, parts.rows, stores.read - before, stores)
    }

    private static func texts(_ rows: [SeenRow]) -> Set<String> { Set(rows.map { "\($0)" }) }

    @Test func whereInstrumentsAreCompared() async throws {
        var rank = try CrossColumn(
            Configuration(
                instance: "indicator/x",
                values: ["cross": .text("rank"), "of": .text("roll.mean"), "by": .list([]), "min": .integer(2)]))
        rank.groups = []
        let features = FeaturePlan([("roll", RollingCloses(period: 3)), ("count", EventCount()), ("rank", rank)])
        // Cut between two days: the end of the data closes a day, and what comes of it later is late.
        let found = try await Self.runs(through: 699) { stores in
            var rig = Self.rig(stores)
            rig.features = features
            rig.models = [Rig.model("sum", [2, 3])]
            rig.sectionWait = .seconds(4)
            return rig
        }
        #expect(Set(found.stores.resumed) == [191 * day] && found.stores.resumed.count == 3)
        #expect(found.read < 3 * (48 + 44 + 8))
        #expect(Self.texts(found.parts) == Self.texts(found.whole))
        #expect(found.parts.count { $0.kind == .features } == Self.bars.count)
    }

    /// The newest states have seen bars that a window wants the rows of, where it is long: the ones before them have not.
    @Test(arguments: [(5, 191), (60, 127)]) func whereAModelSeesWindows(steps: Int, from number: Int) async throws {
        let found = try await Self.runs { stores in
            var rig = Self.rig(stores)
            rig.models = [
                ServingModel(
                    id: "windows", target: "return over 1 bar", columns: [0], window: steps,
                    timeline: PredictorTimeline(parts: [
                        PredictorTimeline.Part(
                            validAfter: .min, validThrough: .max, predictor: FeatureWindowTests.WindowSum(steps: steps))
                    ]))
            ]
            return rig
        }
        #expect(found.stores.resumed == Array(repeating: Int64(number) * day, count: 3))
        #expect(Self.texts(found.parts) == Self.texts(found.whole))
        #expect(found.parts.contains { $0.kind == .predictions })
    }

    @Test func beside() async throws {
        let days = Self.bars.map { Bar(time: $0.time - day / 2, like: $0) }
        let quotes = Self.bars.map { Side.quote(Int($0.instrument.rawValue), $0.time - day / 4, $0.close) }
        let found = try await Self.runs { stores in
            var rig = Self.rig(stores)
            var beside = Side.side(
                "days", .bar, PositionedLog(Side.cut(days, 5)), fields: ["close"],
                features: FeaturePlan([("roll", RollingCloses(period: 4)), ("count", EventCount())]))
            beside.streamDigest = "days"
            var told = Side.side("quotes", .quote, PositionedLog(Side.cut(quotes, 7)), fields: ["bid"])
            told.streamDigest = "quotes"
            rig.sides = [beside, told]
            return rig
        }
        // Those of the bars beside as well; what has no indicator keeps none.
        #expect(found.stores.resumed.count == 6)
        #expect(found.read < 3 * 3 * 150)
        #expect(Self.texts(found.parts) == Self.texts(found.whole))
        #expect(found.parts.count { $0.kind == .features } == Self.bars.count)
    }
}

extension Bar {
    fileprivate init(time: Int64, like bar: Bar) {
        self = bar
        self.time = time
    }
}
