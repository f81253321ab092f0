import PluginKit
import Testing

@testable import HostCore

/// Models that see several bars together.
@Suite struct FeatureWindowTests {
    /// Gives the sum of a window's numbers, and refuses blocks of another length.
    struct WindowSum: Predictor {
        let steps: Int
        let outputs = [OutputColumn("value", unit: "", "")]

        func predict(
            _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
        ) throws(PluginError) {
            guard shape.time == steps, input.count == shape.count else { throw PluginError(.badRequest, "a window") }
            for row in 0..<shape.batch {
                var sum = 0.0
                for place in 0..<steps * shape.features {
                    // Each place counts another power, so that an order is one number.
                    sum = sum * 10 + input[row * steps * shape.features + place]
                }
                output[row] = sum
            }
        }
    }

    private func model(_ steps: Int, after: Int64 = .min, identity: String = "") -> ServingModel {
        ServingModel(
            id: "m", target: "return over 1 bar", columns: [0], window: steps, identity: identity,
            timeline: PredictorTimeline(parts: [
                PredictorTimeline.Part(validAfter: after, validThrough: .max, predictor: WindowSum(steps: steps))
            ]))
    }

    private func values(
        _ stage: inout InferenceStage, _ bars: [Bar], _ features: [Double]
    ) -> (values: [Double], missing: Int) {
        var missing = 0
        let batch = stage.process(bars.map { RowKey($0) }, features: features, width: 1) { missing += $1 }
        return (batch?.rows.map(\.value) ?? [], missing)
    }

    @Test func windowsHoldTheLastBarsOfEachInstrumentWhateverTheBatches() {
        let bars = (1...6).flatMap { day in [bar(0, day), bar(1, day)] }
        let features = (1...6).flatMap { [Double($0), Double($0 + 3)] }
        var whole = InferenceStage(model: model(3))
        let all = values(&whole, bars, features)
        #expect(all.values == [123, 456, 234, 567, 345, 678, 456, 789])
        #expect(all.missing == 4)
        var cut = InferenceStage(model: model(3))
        var found: [Double] = []
        for place in bars.indices { found += values(&cut, [bars[place]], [features[place]]).values }
        #expect(found == all.values)
    }

    @Test func aBarWithoutAValueAndANewLevelEndAWindow() {
        var bars = (1...9).map { bar(0, $0) }
        bars[6].flags.insert(.newLevel)
        var stage = InferenceStage(model: model(2))
        let found = values(&stage, bars, [1, 2, .nan, 4, 5, 6, 7, 8, 9])
        #expect(found.values == [12, 45, 56, 78, 89])
        #expect(found.missing == 4)
    }

    @Test func rowsBeforeTheFirstPartFillWindows() {
        var stage = InferenceStage(model: model(3, after: 3 * day))
        #expect(values(&stage, (1...5).map { bar(0, $0) }, [1, 2, 3, 4, 5]).values == [234, 345])
    }

    @Test func windowsGoOnWhereTheModelIsTheSame() {
        let first = (1...2).map { bar(0, $0) }
        for (identity, expected) in [("same", [123.0]), ("other", [])] {
            var before = InferenceStage(model: model(3, identity: "same"))
            _ = values(&before, first, [1, 2])
            var after = InferenceStage(model: model(3, identity: identity), among: [], goingOn: [before])
            #expect(values(&after, [bar(0, 3)], [3]).values == expected)
        }
    }

    @Test(arguments: [1, 3]) func aRestartMissesNoPrediction(workers: Int) async throws {
        func rig(_ stores: MemoryStores) -> Rig {
            var rig = fullRig(workers: workers)
            rig.models = [model(4)]
            rig.stores = stores
            rig.streamDigest = "stream"
            return rig
        }
        let bars = (1...20).flatMap { day in (0..<3).map { bar($0, day, close: Double(day % 7 + $0 + 1)) } }
        let all = bars.enumerated().map { delivery([$0.element], $0.offset + 1) }
        let (whole, parts) = (RecordingSink(), RecordingSink())
        let kinds: Set<RecordKind> = [.bars, .predictions]
        try await rig(MemoryStores()).pipeline(PositionedLog(all), [Rig.sink("keep", whole, records: kinds)]).run()
        let stores = MemoryStores()
        for end in [31, 44, all.count] {
            let log = PositionedLog(Array(all[..<end]))
            try await rig(stores).pipeline(log, [Rig.sink("keep", parts, records: kinds)]).run()
        }
        #expect(whole.rows(.predictions).count > 30)
        #expect(Set(parts.rows(.predictions).map { "\($0)" }) == Set(whole.rows(.predictions).map { "\($0)" }))
    }
}
