import PluginKit
import PredictionTargets
import Testing

@testable import HostCore

/// Outcomes and what was learned, over runs that end anywhere.
@Suite struct OutcomeResumeTests {
    private static let target = Target(.relativeReturn, bars: 3)
    private static let kinds: Set<RecordKind> = [.bars, .predictions, .outcomes]

    private static let deliveries: [Delivery] = {
        var random = Seeded(9)
        var closes = [100.0, 20, 7]
        return (1...40).flatMap { day in
            (0..<3).compactMap { place -> Bar? in
                guard place == 0 || Int.random(in: 0..<6, using: &random) > 0 else { return nil }
                closes[place] *= 1 + Double.random(in: -0.05...0.05, using: &random)
                return bar(place, day, close: closes[place])
            }
        }.enumerated().map { delivery([$0.element], $0.offset + 1) }
    }()

    /// 150 days of four instruments, one of which has too few bars to be predicted.
    private static let days: [[Bar]] = {
        var random = Seeded(3)
        var closes = [100.0, 20, 7, 3]
        return (1...150).map { day in
            (0..<4).compactMap { place -> Bar? in
                guard place == 3 ? day < 3 : Int.random(in: 0..<6, using: &random) > 0 else { return nil }
                closes[place] *= 1 + Double.random(in: -0.05...0.05, using: &random)
                return bar(place, day, close: closes[place])
            }
        }
    }()

    private static func model(_ id: String, learns: Bool, _ predictor: any Predictor) -> ServingModel {
        ServingModel(
            id: id, target: target.description, columns: [0, 1], measure: target, learns: learns,
            timeline: PredictorTimeline(
                parts: [.init(validAfter: .min, validThrough: .max, predictor: predictor)], fit: "f"))
    }

    private static func run(
        _ stores: MemoryStores, _ sink: RecordingSink, through end: Int? = nil, workers: Int, plus: Double = 0,
        kinds: Set<RecordKind> = OutcomeResumeTests.kinds, comparing deliveries: [Delivery]? = nil
    ) async throws -> FlowSnapshot {
        var rig = fullRig(workers: workers)
        rig.sectionWait = deliveries.map { _ in .seconds(4) }
        let given = deliveries ?? Self.deliveries
        rig.stores = stores
        rig.streamDigest = "stream"
        rig.models = [
            model("online", learns: true, RowNumber()), model("fixed", learns: false, SumPredictor(plus: plus)),
        ]
        let pipeline = rig.pipeline(
            PositionedLog(Array(given.prefix(end ?? .max))), [Rig.sink("keep", sink, records: kinds)])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        return pipeline.snapshot
    }

    private static func records(_ sink: RecordingSink, _ kind: RecordKind) -> [String] {
        sink.rows(kind).map { "\($0)" }.sorted()
    }

    @Test(arguments: [1, 3]) func runsThatEndAnywhereKnowAndLearnWhatOneRunDoes(workers: Int) async throws {
        let (stores, whole) = (MemoryStores(), RecordingSink())
        let flow = try await Self.run(stores, whole, workers: workers)
        for ends in [[1, 2, 3, 5, 9, 14], [30, 31, 60, 97], Array(stride(from: 4, to: 110, by: 7))] {
            let (next, parts) = (MemoryStores(), RecordingSink())
            var known = 0
            for end in ends + [Self.deliveries.count] {
                known += try await Self.run(next, parts, through: end, workers: workers).models[0].outcomes
            }
            for kind in [RecordKind.outcomes, .predictions] {
                #expect(Self.records(parts, kind) == Self.records(whole, kind))
            }
            for model in ["online", "fixed"] {
                #expect(Set(next.kept(model).map { "\($0)" }) == Set(stores.kept(model).map { "\($0)" }))
            }
            #expect(known >= flow.models[0].outcomes)
            let newest = { (stores: MemoryStores) in
                Dictionary(grouping: stores.learned("online"), by: \.instrument).mapValues { $0.last?.labels }
            }
            #expect(newest(next) == newest(stores))
        }
        #expect(Self.records(whole, .outcomes).count > 150 && flow.models[0].learned == flow.models[0].outcomes)
    }

    /// A kill between flush and watermark: rows come again as they were, and none is missing.
    @Test(arguments: [0, 1, 6, 12]) func whatASinkMayNotHaveComesAgainAsItWas(day last: Int) async throws {
        let (stores, whole) = (MemoryStores(), RecordingSink())
        _ = try await Self.run(stores, whole, workers: 2)
        let (next, parts) = (MemoryStores(), RecordingSink())
        _ = try await Self.run(next, parts, through: 50, workers: 2)
        next.forgetMarks(after: Int64(last) * day)
        _ = try await Self.run(next, parts, workers: 2)
        for kind in [RecordKind.outcomes, .predictions] {
            #expect(Set(Self.records(parts, kind)) == Set(Self.records(whole, kind)))
        }
        #expect(Set(next.kept("online").map { "\($0)" }) == Set(stores.kept("online").map { "\($0)" }))
    }

    @Test func rowsThatAreComparedGoOnAfterOneTime() async throws {
        func run(_ stores: MemoryStores, _ sink: RecordingSink, through last: Int = 150) async throws -> Int {
            let bars = Self.days[..<last].flatMap(\.self)
            let flow = try await Self.run(
                stores, sink, workers: 3, comparing: bars.enumerated().map { delivery([$0.element], $0.offset + 1) })
            return flow.models[0].predicted
        }
        let (stores, whole) = (MemoryStores(), RecordingSink())
        let predicted = try await run(stores, whole)
        #expect(predicted > 300)
        for ends in [[1, 2, 3, 5, 9, 14], [30, 31, 60, 97], Array(stride(from: 4, to: 150, by: 17))] {
            let (next, parts) = (MemoryStores(), RecordingSink())
            var count = 0
            for end in ends + [150] { count += try await run(next, parts, through: end) }
            for kind in [RecordKind.outcomes, .predictions] {
                #expect(Self.records(parts, kind) == Self.records(whole, kind))
            }
            // A run that goes on makes the rows of the last time again, and of the first days all.
            #expect(count <= predicted + 20 * (ends.count + 1))
        }
        // The sink has what it had at day 100: states are kept of the last bars before day 64.
        let (next, parts) = (MemoryStores(), RecordingSink())
        _ = try await run(next, parts)
        next.forgetMarks(after: 100 * day)
        let again = try await run(next, parts)
        let after = Self.days[63...].joined().count
        #expect(again <= after + 3 && again > after - 6)
        #expect(Set(Self.records(parts, .outcomes)) == Set(Self.records(whole, .outcomes)))
        #expect(Set(next.kept("online").map { "\($0)" }) == Set(stores.kept("online").map { "\($0)" }))
    }

    @Test func anotherFitChangesNothingOfWhatWasSaid() async throws {
        let given = Guarded<[Outcome]>([])
        let sink = RecordingSink(answer: { _, batch in
            if case .outcomes(let rows) = batch.content { given.change { $0 += rows.filter { $0.model == "fixed" } } }
            return .accepted
        })
        let stores = MemoryStores()
        _ = try await Self.run(stores, sink, through: 60, workers: 1)
        let said = stores.kept("fixed")
        #expect(said.contains { $0.known == nil })
        _ = try await Self.run(stores, sink, workers: 1, plus: 1_000)
        let after = stores.kept("fixed")
        for prediction in said {
            let now = after.first { $0.instrument == prediction.instrument && $0.time == prediction.time }
            #expect(now?.value == prediction.value && now?.known != nil)
        }
        let outcomes = given.value
        for prediction in said {
            let outcome = outcomes.filter {
                $0.instrument == prediction.instrument && $0.predictedAt == prediction.time
            }
            #expect(outcome.map(\.value) == [prediction.value])
        }
    }

    @Test func aSinkThatTakesOutcomesLaterHasAll() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        _ = try await Self.run(stores, sink, through: 60, workers: 1, kinds: [.bars, .predictions])
        #expect(Self.records(sink, .outcomes).isEmpty)
        _ = try await Self.run(stores, sink, workers: 1)
        let whole = RecordingSink()
        _ = try await Self.run(MemoryStores(), whole, workers: 1)
        #expect(Self.records(sink, .outcomes) == Self.records(whole, .outcomes))
        #expect(Self.records(sink, .predictions) == Self.records(whole, .predictions))
    }
}
