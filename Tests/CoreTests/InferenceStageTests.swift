import HostCore
import PluginKit
import Testing

struct InferenceStageTests {
    private func part(_ after: Int64, _ through: Int64, _ plus: Double) -> PredictorTimeline.Part {
        PredictorTimeline.Part(validAfter: after, validThrough: through, predictor: SumPredictor(plus: plus))
    }

    private func run(
        _ model: ServingModel, _ bars: [Bar], _ features: [Double], width: Int
    ) -> (batch: PredictionBatch?, skipped: [NoPrediction: Int]) {
        var stage = InferenceStage(model: model)
        var skipped: [NoPrediction: Int] = [:]
        let batch = stage.process(bars.map { RowKey($0) }, features: features, width: width) {
            skipped[$0, default: 0] += $1
        }
        return (batch, skipped)
    }

    private func model(_ parts: [PredictorTimeline.Part]?, columns: [Int] = [0]) -> ServingModel {
        ServingModel(
            id: "m", target: "return over 1 bar", columns: columns, timeline: parts.map { PredictorTimeline(parts: $0) }
        )
    }

    @Test func eachPartPredictsItsOwnTimes() {
        let model = model([part(day, 2 * day, 100), part(2 * day, 4 * day, 200), part(5 * day, .max, 300)])
        let bars = [1, 2, 3, 4, 5, 6, 2, 3].map { bar($0, $0) }
        let (batch, skipped) = run(model, bars, (1...8).map(Double.init), width: 1)
        #expect(batch?.rows.map(\.value) == [102, 203, 204, 306, 107, 208])
        #expect(batch?.rows.map(\.time) == [2, 3, 4, 6, 2, 3].map { $0 * day })
        #expect(skipped == [.noOutOfSampleModel: 2])
    }

    @Test func aTimelineAnswersByOpenStartAndClosedEnd() {
        let timeline = PredictorTimeline(parts: [part(10, 20, 0), part(20, .max, 1)])
        #expect([10, 11, 20, 21, .max].map { timeline.index(at: $0, of: id(0)) } == [nil, 0, 0, 1, 1])
        #expect(PredictorTimeline(parts: []).index(at: 0, of: id(0)) == nil)
    }

    @Test func partsOfOneInstrumentPredictItAlone() {
        func own(_ instrument: Int, _ after: Int64, _ through: Int64, _ plus: Double) -> PredictorTimeline.Part {
            PredictorTimeline.Part(
                validAfter: after, validThrough: through, predictor: SumPredictor(plus: plus),
                instrument: id(instrument))
        }
        let parts = [own(0, day, 3 * day, 100), own(0, 3 * day, .max, 200), own(2, 2 * day, .max, 300)]
        let bars = [bar(0, 2), bar(2, 2), bar(1, 3), bar(2, 3), bar(0, 3), bar(0, 4), bar(2, 4)]
        let (batch, skipped) = run(model(parts), bars, (1...7).map(Double.init), width: 1)
        #expect(batch?.rows.map(\.value) == [101, 304, 105, 206, 307])
        #expect(batch?.rows.map(\.instrument) == [0, 2, 0, 0, 2].map { id($0) })
        // One comes before its first part, one has none.
        #expect(skipped == [.noOutOfSampleModel: 2])
    }

    @Test func readsTheModelsColumnsInItsOrderAndSkipsRowsWithoutAllOfThem() {
        let predictor = SumPredictor()
        let model = Rig.model("m", [2, 0], predictor)
        let features = [1, .nan, 10, .nan, 5, 20, 3, 5, .infinity, 4, 5, 40]
        let (batch, skipped) = run(model, (1...4).map { bar(0, $0) }, features, width: 3)
        #expect(batch?.rows.map(\.value) == [11, 44])
        #expect(skipped == [.missingFeatures: 2])
    }

    @Test func predictionsCarryTheBarsCloseAndFlags() {
        var flagged = bar(2, 5, close: 7)
        flagged.flags = [.afterRejected]
        let (batch, _) = run(Rig.model("m", [0]), [flagged], [1], width: 1)
        #expect(batch?.rows.first?.price == 7)
        #expect(batch?.rows.first?.instrument == id(2))
        #expect(batch?.rows.first?.flags == [.afterRejected])
        #expect(batch?.target == "return over 1 bar")
    }

    @Test func aModelThatIsNotReadyPredictsNothing() {
        let bars = [bar(0, 1), bar(0, 2)]
        for model in [model(nil), model([])] {
            let (batch, skipped) = run(model, bars, [1, 2], width: 1)
            #expect(batch == nil)
            #expect(skipped == [.modelNotReady: 2])
        }
    }

    @Test func aThrowingPredictorCostsItsStretchOnly() {
        let faulty = SumPredictor(fault: (above: 1.5, .throwing))
        let model = model([
            PredictorTimeline.Part(validAfter: .min, validThrough: 2 * day, predictor: faulty), part(2 * day, .max, 0),
        ])
        let (batch, skipped) = run(model, (1...3).map { bar(0, $0) }, [1, 2, 3], width: 1)
        #expect(batch?.rows.map(\.value) == [3])
        #expect(skipped == [.predictorFault: 2])
    }

    @Test func anInfinitePredictionCostsItsRowOnly() {
        let (batch, skipped) = run(
            Rig.model("m", [0], SumPredictor(columnCount: 2, fault: (above: 1.5, .infinite))),
            (1...3).map { bar(0, $0) }, [1, 2, 1], width: 1)
        #expect(batch?.rows.map(\.time) == [day, 3 * day])
        #expect(batch?.values == [1, 2, 1, 2])
        #expect(skipped == [.predictorFault: 1])
    }

    @Test(arguments: [0, 2])
    func aPartWithOtherColumnsIsNotUsed(columns: Int) {
        let other = PredictorTimeline.Part(
            validAfter: .min, validThrough: day, predictor: SumPredictor(columnCount: columns))
        let (batch, skipped) = run(model([other, part(day, .max, 0)]), [bar(0, 1), bar(0, 2)], [1, 2], width: 1)
        #expect(batch?.values == [2])
        #expect(skipped == [.predictorFault: 1])
    }

    /// A model over two members and one feature, where a member is missing in some rows.
    private func runOverMembers(combines: Bool) -> (batch: PredictionBatch?, skipped: [NoPrediction: Int]) {
        let model = ServingModel(
            id: "m", target: "t", members: ["b", "gone", "a"], columns: [1], combines: combines,
            timeline: PredictorTimeline(parts: [
                PredictorTimeline.Part(validAfter: .min, validThrough: .max, predictor: GivenSum())
            ]))
        var stage = InferenceStage(model: model, among: ["a", "b", "m"])
        let made = ModelValues([
            [1, 10, .nan], [2, .nan, .nan], [.nan, .nan, .nan], [4, .infinity, .nan], [5, 50, .nan],
        ])
        var skipped: [NoPrediction: Int] = [:]
        let batch = stage.process(
            (1...5).map { RowKey(bar(0, $0)) }, features: [0, 100, 0, 200, 0, 300, 0, 400, 0, .nan], width: 2,
            made: made
        ) { skipped[$0, default: 0] += $1 }
        return (batch, skipped)
    }

    @Test func aModelThatCombinesOthersNeedsOneOfThem() {
        let (batch, skipped) = runOverMembers(combines: true)
        #expect(batch?.rows.map(\.value) == [111, 202, 404])
        #expect(batch?.rows.map(\.time) == [1, 2, 4].map { $0 * day })
        #expect(skipped == [.missingFeatures: 2])
        // Each says of how many members it was made.
        #expect(batch?.outputs.map(\.name) == ["value", "members"])
        #expect((0..<3).map { batch?.members(of: $0) } == [2, 1, 1])
    }

    @Test func anotherModelOverMembersNeedsAllOfThem() {
        let (batch, skipped) = runOverMembers(combines: false)
        #expect(batch == nil)
        #expect(skipped == [.missingFeatures: 5])
    }

    @Test func membersGiveTheirNumbersToTheModelsBehindThem() async throws {
        var rig = fullRig()
        rig.models = [
            Rig.model("a", [0]), Rig.model("b", [2], SumPredictor(plus: 0.5)),
            ServingModel(
                id: "both", target: "return over 1 bar", members: ["b", "a"], columns: [2],
                timeline: Rig.model("x", []).timeline),
        ]
        let given = Guarded<[String: [RowKey: Double]]>([:])
        let sink = RecordingSink(answer: { _, batch in
            guard case .predictions(let made) = batch.content else { return .accepted }
            given.change { values in
                for row in made.rows {
                    let key = RowKey(time: row.time, price: row.price, instrument: row.instrument)
                    values[made.model, default: [:]][key] = row.value
                }
            }
            return .accepted
        })
        let pipeline = rig.pipeline(
            ArrayProvider(deliveries(walks(instruments: 3, days: 40, seed: 2), sizes: 1...9, seed: 3)),
            [Rig.sink("out", sink, records: [.predictions])])
        try await pipeline.run()
        let values = given.value
        let (a, b, both) = (values["a"] ?? [:], values["b"] ?? [:], values["both"] ?? [:])
        #expect(both.count > 50 && both.count == a.count)
        for (key, value) in both {
            let (first, second) = (try #require(a[key]), try #require(b[key]))
            #expect(value == second + first + (second - 0.5))
        }
    }

    @Test func anyColumnOfAMemberIsAFeature() async throws {
        var rig = fullRig()
        let wide = PredictorTimeline(
            parts: [.init(validAfter: .min, validThrough: .max, predictor: SumPredictor(columnCount: 3))])
        rig.models = [
            ServingModel(id: "wide", target: "t", columns: [0], outputCount: 3, timeline: wide),
            ServingModel(
                id: "over", target: "t", members: ["wide"], columns: [2, -1, -2],
                borrowed: [MemberOutput(model: "wide", column: 2), MemberOutput(model: "wide", column: 9)],
                timeline: Rig.model("x", []).timeline),
            ServingModel(
                id: "some", target: "t", members: ["wide"], columns: [-1],
                borrowed: [MemberOutput(model: "wide", column: 2)], timeline: Rig.model("x", []).timeline),
        ]
        let given = Guarded<[String: [[Double]]]>([:])
        let sink = RecordingSink(answer: { _, batch in
            guard case .predictions(let made) = batch.content else { return .accepted }
            given.change { values in
                for row in made.rows.indices {
                    let width = made.outputs.count
                    values[made.model, default: []].append(Array(made.values[row * width..<(row + 1) * width]))
                }
            }
            return .accepted
        })
        let pipeline = rig.pipeline(
            ArrayProvider(deliveries(walks(instruments: 1, days: 40, seed: 2), sizes: 1...9, seed: 3)),
            [Rig.sink("out", sink, records: [.predictions])])
        try await pipeline.run()
        let (wides, somes) = (given.value["wide"] ?? [], given.value["some"] ?? [])
        #expect(wides.count > 15 && somes.map { $0[0] } == wides.map { $0[0] + $0[2] })
        // A column that the member does not have has no value.
        #expect(given.value["over"] == nil)
    }

    @Test func aSwapIsSeenFromTheNextBatchOn() {
        let model = model(nil)
        var stage = InferenceStage(model: model)
        #expect(stage.process([RowKey(bar(0, 1))], features: [1], width: 1) { _, _ in } == nil)
        model.swap(PredictorTimeline(parts: [part(.min, .max, 5)]))
        #expect(stage.process([RowKey(bar(0, 2))], features: [1], width: 1) { _, _ in }?.rows.map(\.value) == [6])
    }
}

/// Adds the numbers that are there.
private struct GivenSum: Predictor {
    var outputs: [OutputColumn] { [OutputColumn("value", unit: "", "")] }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        for row in 0..<shape.batch {
            var sum = 0.0
            for column in 0..<shape.features where input[row * shape.features + column].isFinite {
                sum += input[row * shape.features + column]
            }
            output[row] = sum
        }
    }
}
