import PluginKit
import Synchronization
import Testing

@testable import HostCore

/// The value of the figures of one name; NaN at all others.
private struct ValueOf: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "value_of", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")]
    ).reading(.figure)

    private let name: FigureName
    var warmUpLength: Int { 1 }

    init(_ name: FigureName) { self.name = name }
    init(_ configuration: Configuration) throws(PluginError) {
        throw PluginError(.unsupported, "test: built directly.")
    }

    mutating func update(_ event: Figure, into row: OutputRow) -> Bool {
        row.clear()
        guard event.name == name else { return false }
        row[0] = event.value
        return true
    }

    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}

/// Figures and factors beside bars: known from their publication on, each with its own age.
@Suite struct FigureInputTests {
    private static func figure(_ name: String, _ published: Int64, _ value: Double, end: Int64 = 0) throws -> Figure {
        Figure(
            time: published, periodEnd: end, value: value, name: try #require(FigureName(name)), instrument: id(0))
    }

    private static func plan() throws -> FeaturePlan {
        FeaturePlan([
            ("eps", ValueOf(try #require(FigureName("eps")))), ("sales", ValueOf(try #require(FigureName("sales")))),
        ])
    }

    private static func side(
        _ kind: EventKind, _ provider: any Provider, fields: [String] = [], maxAge: Int64? = nil
    ) throws -> InputPlan {
        SideInputTests.side(
            "known", kind, provider, fields: fields, maxAge: maxAge,
            features: kind == .figure ? try plan() : FeaturePlan(instances: []))
    }

    private static func run(
        _ bars: any Provider, _ side: InputPlan, stores: MemoryStores = MemoryStores(), pull: PullPlan? = nil,
        workers: Int = 1
    ) async throws -> (sink: SideInputTests.FeatureRowsSink, pipeline: Pipeline) {
        var rig = Rig()
        rig.sides = [side]
        rig.stores = stores
        rig.pull = pull
        rig.isReplay = pull == nil
        rig.workers = workers
        let sink = SideInputTests.FeatureRowsSink()
        let pipeline = rig.pipeline(bars, [Rig.sink("out", sink, records: [.features])])
        try await pipeline.run()
        return (sink, pipeline)
    }

    private static let bars = (1...6).map { bar(0, $0, close: 10) }
    private static let none = Double.nan

    private static func isSame(_ rows: [[Double]], _ expected: [[Double]]) -> Bool {
        rows.map { $0.map(\.description) } == expected.map { $0.map(\.description) }
    }

    @Test(arguments: [1, 2, 4]) func eachFigureHasTheAgeOfItsOwnPublication(size: Int) async throws {
        let figures = [
            try Self.figure("eps", 2 * day, 5), try Self.figure("other", 3 * day, 1),
            try Self.figure("sales", 4 * day, 70), try Self.figure("eps", 6 * day, 6),
        ]
        let side = try Self.side(
            .figure, ArrayProvider(SideInputTests.cut(figures, size)), maxAge: 2 * day)
        let (sink, pipeline) = try await Self.run(
            ArrayProvider(SideInputTests.cut(Self.bars, size)), side, workers: size)
        #expect(sink.names.value == ["known.age", "known.eps.age", "known.eps", "known.sales.age", "known.sales"])
        let (none, days) = (Self.none, 86_400.0)
        let expected: [[Double]] = [
            [none, none, none, none, none],
            [0, 0, 5, none, none],
            [0, days, 5, none, none],
            [0, 2 * days, 5, 0, 70],
            [days, 3 * days, none, days, 70],
            [0, 0, 6, 2 * days, 70],
        ]
        #expect(Self.isSame(sink.values, expected), "\(sink.values)")
        #expect(pipeline.snapshot.addsUp)
        #expect(pipeline.snapshot.sides[0].accepted == 4)
        #expect(pipeline.snapshot.sides[0].missing == ["no_event": 4, "too_old": 1])
    }

    @Test func badFiguresAreRefusedAndCarriedNowhere() async throws {
        let stores = MemoryStores()
        let figures = [
            try Self.figure("eps", day, 5), try Self.figure("eps", 2 * day, 9, end: 3 * day),
            try Self.figure("eps", 3 * day, .infinity), try Self.figure("sales", 4 * day, 70),
            try Self.figure("sales", 4 * day, 70),
        ]
        let side = try Self.side(.figure, ArrayProvider(SideInputTests.cut(figures, 2)))
        let (sink, pipeline) = try await Self.run(
            ArrayProvider(SideInputTests.cut(Self.bars, 6)), side, stores: stores)
        #expect(sink.values.map { $0[2] } == [5, 5, 5, 5, 5, 5])
        #expect(
            pipeline.snapshot.sides[0].rejected == ["published_before_period_end": 1, "non_finite": 1, "duplicate": 1],
            "\(pipeline.snapshot.sides[0].rejected)")
        #expect(pipeline.snapshot.addsUp)
    }

    @Test func aFactorTwiceIsRefusedAndOneAnnouncedLaterIsKnownLater() async throws {
        let factors = [
            Factor(time: 2 * day, announced: day, cash: 0.5, instrument: id(0)),
            Factor(time: 2 * day, announced: day, cash: 0.5, instrument: id(0)),
            Factor(time: 3 * day, announced: 5 * day, cash: 0.75, instrument: id(0)),
        ]
        let side = try Self.side(.factor, ArrayProvider(SideInputTests.cut(factors, 3)), fields: ["cash"])
        let (sink, pipeline) = try await Self.run(ArrayProvider(SideInputTests.cut(Self.bars, 1)), side)
        let (none, days) = (Self.none, 86_400.0)
        #expect(
            Self.isSame(
                sink.values, [[none, none], [0, 0.5], [days, 0.5], [2 * days, 0.5], [0, 0.75], [days, 0.75]]),
            "\(sink.values)")
        #expect(pipeline.snapshot.sides[0].rejected == ["duplicate": 1])
    }

    /// The bars' provider answers at once, that of the figures only when it is let to.
    @Test func figuresOnRequestStandInThePastOfLiveBars() async throws {
        let gate = StopSignal()
        let asked = StopSignal()
        let figures = [try Self.figure("eps", 2 * day, 5), try Self.figure("eps", 4 * day, 6)]
        var side = try Self.side(
            .figure,
            AnsweringProvider { (_, request) in
                asked.fire()
                await gate.wait()
                return Reply(events: figures.filter { request.range.contains($0.time) })
            })
        side = SideInputTests.side("known", .figure, side.route, features: side.features)
        side.pull = PullPlan(interval: .seconds(60), isOnce: true)
        let bars = AnsweringProvider { (_, _) in Reply(events: Self.bars) }
        async let ran = Self.run(bars, side, pull: PullPlan(interval: .seconds(60), isOnce: true))
        await asked.wait()
        #expect(bars.starts.isEmpty)
        gate.fire()
        let (sink, _) = try await ran
        #expect(Self.isSame(sink.values.map { [$0[2]] }, [[Self.none], [5], [5], [6], [6], [6]]), "\(sink.values)")
    }

    @Test func anInstrumentWithoutFiguresIsNoFault() async throws {
        var side = try Self.side(
            .figure, AnsweringProvider { (_, _) throws(PluginError) in throw PluginError(.noData, "none.") })
        side = SideInputTests.side("known", .figure, side.route, features: side.features)
        side.pull = PullPlan(interval: .seconds(60), isOnce: true)
        let bars = AnsweringProvider { (_, _) in Reply(events: Self.bars) }
        let (sink, pipeline) = try await Self.run(bars, side, pull: PullPlan(interval: .seconds(60), isOnce: true))
        #expect(sink.values.count == 6 && sink.values.allSatisfy { $0.allSatisfy(\.isNaN) })
        #expect(pipeline.snapshot.sides[0].missing == ["no_event": 12])
    }
}

extension SideInputTests {
    /// A live input with the same route.
    fileprivate static func side(
        _ name: String, _ kind: EventKind, _ route: RoutePlan, features: FeaturePlan
    ) -> InputPlan {
        var input = InputPlan(
            name: name, kind: kind, timeframe: daily, route: route, isReplay: false, features: features)
        input.policy = StreamPolicy(isOnce: true)
        return input
    }
}
