import PluginKit
import PredictionTargets
import Testing

@testable import HostCore

@Suite struct ShadowTests {
    private func timeline(_ version: Int) -> PredictorTimeline {
        PredictorTimeline(
            parts: [
                .init(validAfter: .min, validThrough: .max, predictor: SumPredictor(plus: Double(version) * 1_000))
            ],
            version: version)
    }

    private func model(_ version: Int) -> ServingModel {
        let target = Target(.relativeReturn, bars: 1)
        return ServingModel(
            id: "m", target: target.description, columns: [0], measure: target, timeline: timeline(version))
    }

    private func process(_ stage: inout InferenceStage, _ days: ClosedRange<Int>) -> PredictionBatch? {
        let keys = days.map { RowKey(bar(0, $0, close: 100 + Double($0))) }
        let features = days.map(Double.init)
        let batch = stage.process(keys, features: features, width: 1) { _, _ in }
        stage.shadow(keys, features: features, width: 1, made: ModelValues())
        return batch
    }

    @Test func aShadowSeesTheSameRowsAndIsNeverGivenOut() {
        let model = model(1)
        var stage = InferenceStage(model: model)
        model.swap(timeline(1), shadows: [timeline(2), timeline(3)], after: 1)
        let batch = process(&stage, 1...3)
        #expect(batch?.rows.map(\.value) == [1_001, 1_002, 1_003] && stage.versions.all == 1)
        let kept = stage.kept
        for (version, shadow) in [(1, 0), (2, 2), (3, 3)] {
            let own = kept.filter { $0.version == version }
            #expect(own.map(\.value) == (1...3).map { Double(version) * 1_000 + Double($0) })
            #expect(own.map(\.known) == [2 * day, 3 * day, nil], "the outcome of the last is not known")
            #expect(own.map(\.actual).prefix(2) == kept.filter { $0.version == 1 }.map(\.actual).prefix(2))
            let isOwn = own.allSatisfy { $0.shadow == shadow }
            #expect(isOwn)
        }
        #expect(stage.outcomes?.made.count == 2, "the records of outcomes are the champion's")
    }

    @Test func aPromotedShadowServesAndOpenPredictionsOfTheOneBeforeBecomeKnown() {
        let model = model(1)
        model.swap(timeline(1), shadows: [timeline(2)], after: 1)
        var stage = InferenceStage(model: model)
        _ = process(&stage, 1...2)
        model.swap(timeline(2), shadows: [timeline(1)], after: 2)
        let batch = process(&stage, 3...3)
        #expect(batch?.rows.map(\.value) == [2_003] && stage.versions.all == 2)
        let known = stage.kept.filter { $0.known != nil }
        #expect(known.map(\.time) == [2 * day] && known.map(\.value) == [1_002] && known.map(\.shadow) == [0])
        #expect(stage.kept.contains { $0.shadow == 1 && $0.time == 3 * day && $0.value == 1_003 })
    }

    @Test func aShadowThatStaysKeepsItsOpenPredictions() {
        let model = model(1)
        model.swap(timeline(1), shadows: [timeline(2)], after: 1)
        var stage = InferenceStage(model: model)
        _ = process(&stage, 1...2)
        model.swap(timeline(1), shadows: [timeline(2), timeline(3)], after: 2)
        // And over a reload.
        let next = self.model(1)
        next.takeOver(model)
        stage = InferenceStage(model: next, among: ["m"], goingOn: [stage])
        _ = process(&stage, 3...3)
        let known = stage.kept.filter { $0.shadow == 2 && $0.known != nil }
        #expect(known.map(\.time) == [2 * day] && known.map(\.known) == [3 * day])
    }

    @Test func anEarlierChangeNeverTakesThePlaceOfALaterOne() {
        let model = model(1)
        model.swap(timeline(3), shadows: [], after: 7)
        model.swap(timeline(2), shadows: [timeline(1)], after: 6)
        #expect(model.timeline?.version == 3 && model.shadows.isEmpty)
    }

    /// A thousand swaps under a stream: no row is lost, and each says the version that it was predicted by.
    @Test func noPredictionIsLostOrHalfSwapped() async {
        let model = model(1)
        let isDone = Guarded(false)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for change in 2...1_001 {
                    model.swap(self.timeline(change), shadows: [self.timeline(change - 1)], after: Int64(change))
                    await Task.yield()
                }
                isDone.change { $0 = true }
            }
            group.addTask {
                var stage = InferenceStage(model: model)
                var (next, versions) = (1, Set<Int>())
                while !isDone.value || next < 10_000 {
                    let batch = self.process(&stage, next...next + 9)
                    let rows = batch?.rows.map(\.value) ?? []
                    #expect(rows == (next...next + 9).map { Double(stage.versions.all * 1_000 + $0) })
                    let shadows = stage.kept.filter { $0.shadow > 0 && $0.time >= Int64(next) * day }
                    let isWhole = shadows.allSatisfy { $0.value == Double($0.shadow * 1_000) + Double($0.time / day) }
                    #expect(isWhole && shadows.count == (stage.versions.all > 1 ? 10 : 0))
                    versions.insert(stage.versions.all)
                    next += 10
                    await Task.yield()
                }
                #expect(model.timeline?.version == 1_001)
            }
        }
    }
}
