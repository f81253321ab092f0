import PluginKit
import PredictionTargets
import Testing

@testable import HostCore

@Suite struct OutcomeStageTests {
    private func timeline(_ cuts: [Int64] = []) -> PredictorTimeline {
        let starts = [Int64.min] + cuts
        return PredictorTimeline(
            parts: starts.enumerated().map { index, start in
                .init(
                    validAfter: start, validThrough: index < cuts.count ? cuts[index] : .max, predictor: RowNumber())
            }, fit: "f")
    }

    private func stage(
        _ target: Target, learns: Bool = false, _ timeline: PredictorTimeline? = nil
    ) -> InferenceStage {
        InferenceStage(
            model: ServingModel(
                id: "m", target: target.description, columns: [0], measure: target, learns: learns,
                timeline: timeline ?? self.timeline()))
    }

    /// Closes of three instruments that wander, one of them with a new level, in the order of days.
    private static let bars: [Bar] = {
        var random = Seeded(5)
        var closes = [100.0, 20, 7]
        var bars: [Bar] = []
        for number in 1...60 {
            for place in 0..<3 where Int.random(in: 0..<7, using: &random) > 0 {
                closes[place] *= 1 + Double.random(in: -0.05...0.05, using: &random)
                var made = bar(place, number, close: closes[place])
                let isFirst = !bars.contains { $0.flags.contains(.newLevel) }
                if place == 1, number > 30, isFirst { made.flags.insert(.newLevel) }
                bars.append(made)
            }
        }
        return bars
    }()

    /// What a stage says of bars that come in batches of some sizes.
    private func run(
        _ stage: inout InferenceStage, _ bars: [Bar], sizes: [Int] = [1_000]
    ) -> (outcomes: [Outcome], predictions: [Prediction], states: [LearnedState], kept: [KeptPrediction]) {
        var outcomes: [Outcome] = []
        var predictions: [Prediction] = []
        var states: [LearnedState] = []
        var kept: [KeptPrediction] = []
        var (start, turn) = (0, 0)
        while start < bars.count {
            let end = min(bars.count, start + sizes[turn % sizes.count])
            let keys = bars[start..<end].map { RowKey($0) }
            let batch = stage.process(keys, features: keys.map { $0.price / 100 }, width: 1) { _, _ in }
            predictions += batch?.rows ?? []
            outcomes += stage.outcomes?.made ?? []
            states += stage.outcomes?.learned ?? []
            kept += stage.outcomes?.kept ?? []
            (start, turn) = (end, turn + 1)
        }
        return (outcomes, predictions, states, kept)
    }

    @Test(arguments: [
        Target(.relativeReturn, bars: 1), Target(.relativeReturn, bars: 5), Target(.volatility, bars: 4),
        Target(.direction, bars: 3), Target(.netReturn, bars: 2), Target(.tripleBarrier, bars: 6),
    ])
    func anOutcomeIsTheLabelOfTrainingAndKnownWithTheBarThatCompletesIt(target: Target) throws {
        var stage = stage(target)
        let (outcomes, predictions, _, _) = run(&stage, Self.bars, sizes: [7])
        var expected: [Outcome] = []
        for place in 0..<3 {
            // On each side of a new level by itself.
            let own = Self.bars.filter { $0.instrument == id(place) }
            let cut = own.firstIndex { $0.flags.contains(.newLevel) } ?? own.count
            for level in [own[..<cut], own[cut...]].map({ Array($0) }) {
                for index in level.indices {
                    guard let label = target.label(level.map(\.close), at: index) else { continue }
                    expected.append(
                        Outcome(
                            time: level[index + target.horizon].time, model: "m", predictedAt: level[index].time,
                            horizon: target.horizon, value: level[index].close / 100, actual: label,
                            instrument: id(place), flags: level[index].flags))
                }
            }
        }
        func sorted(_ outcomes: [Outcome]) -> [Outcome] {
            outcomes.sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        }
        #expect(predictions.count == Self.bars.count && expected.count > 100)
        #expect(sorted(outcomes) == sorted(expected))
        #expect(outcomes.map(\.time) == outcomes.map(\.time).sorted())
    }

    @Test func whatANewLevelCutsOffHasNoOutcomeAndWaitsNoMore() {
        var stage = stage(Target(.relativeReturn, bars: 3))
        let (_, _, _, kept) = run(&stage, Self.bars, sizes: [5])
        let undefined = kept.filter { $0.known != nil && $0.actual.isNaN }
        let level = Self.bars.first { $0.flags.contains(.newLevel) }
        #expect(undefined.count == 3 && undefined.allSatisfy { $0.known == level?.time && $0.instrument == id(1) })
    }

    @Test(arguments: [false, true])
    func howBarsAreCutIntoDeliveriesMeansNothing(learns: Bool) {
        let cuts = [30 * day]
        var one = stage(Target(.relativeReturn, bars: 2), learns: learns, timeline(cuts))
        let whole = run(&one, Self.bars)
        for sizes in [[1], [2, 9, 1], [40]] {
            var other = stage(Target(.relativeReturn, bars: 2), learns: learns, timeline(cuts))
            let found = run(&other, Self.bars, sizes: sizes)
            #expect(found.outcomes == whole.outcomes && found.predictions == whole.predictions)
            for place in 0..<3 {
                #expect(
                    found.states.last { $0.instrument == id(place) }?.labels
                        == whole.states.last { $0.instrument == id(place) }?.labels)
            }
        }
        // And other instruments mean nothing to one of them.
        var alone = stage(Target(.relativeReturn, bars: 2), learns: learns, timeline(cuts))
        let own = run(&alone, Self.bars.filter { $0.instrument == id(2) }, sizes: [3])
        #expect(own.predictions == whole.predictions.filter { $0.instrument == id(2) })
        #expect(own.outcomes == whole.outcomes.filter { $0.instrument == id(2) })
    }

    @Test func aLabelIsLearnedBeforeTheBarThatMadeItKnownIsPredicted() throws {
        var stage = stage(Target(.relativeReturn, bars: 1), learns: true)
        let (_, predictions, states, _) = run(&stage, [bar(0, 1, close: 100), bar(0, 2, close: 110)])
        // The first row's number is 1, its label 0.1.
        let label = 110.0 / 100 - 1
        let expected: [Double] = [1, 1.1 + (1.0 / 3 + label)]
        #expect(predictions.map(\.value) == expected)
        #expect(states.map(\.labels) == [1])
    }

    @Test func theLastFitDoesNotLearnLabelsThatItWasFittedOn() {
        let parts = [PredictorTimeline.Part(validAfter: 3 * day - 1, validThrough: .max, predictor: RowNumber())]
        var stage = stage(Target(.relativeReturn, bars: 1), learns: true, PredictorTimeline(parts: parts, fit: "f"))
        let (outcomes, predictions, states, _) = run(
            &stage, (2...5).map { bar(0, $0, close: 100 + Double($0)) }, sizes: [1])
        #expect(predictions.map(\.time) == [3, 4, 5].map { $0 * day })
        #expect(outcomes.map(\.predictedAt) == [3, 4].map { $0 * day })
        #expect(states.map(\.labels) == [0, 1, 2])
    }

    /// A run that ends anywhere and goes on from any state that was kept gives the same bits.
    @Test func goingOnFromAKeptStateIsAsIfNothingHadEnded() throws {
        let target = Target(.relativeReturn, bars: 3)
        let fit = timeline([25 * day])
        var unbroken = stage(target, learns: true, fit)
        let whole = run(&unbroken, Self.bars, sizes: [4])
        let last = (0..<3).map { place in Self.bars.last { $0.instrument == id(place) }?.time ?? 0 }
        for place in 0..<3 {
            let own = Self.bars.filter { $0.instrument == id(place) }
            for state in whole.states where state.instrument == id(place) && state.time < last[place] {
                var next = stage(target, learns: true, fit)
                try next.resume(state)
                next.warmUp(own.filter { $0.time <= state.time }.map { RowKey($0) })
                let found = run(&next, own.filter { $0.time > state.time }, sizes: [2])
                #expect(
                    found.predictions
                        == whole.predictions.filter { $0.instrument == id(place) && $0.time > state.time })
                #expect(
                    found.outcomes == whole.outcomes.filter { $0.instrument == id(place) && $0.time > state.time })
            }
        }
    }

    @Test func predictionsThatWaitedAreMatchedWithWhatWasSaidThen() {
        let target = Target(.relativeReturn, bars: 2)
        let closes = [100.0, 110, 121, 133.1, 150]
        let bars = closes.enumerated().map { bar(0, $0.offset + 1, close: $0.element) }
        var stage = stage(target)
        stage.resume(
            [2, 3].map {
                KeptPrediction(
                    model: "m", target: target.description, instrument: id(0), time: $0 * day, horizon: 2, value: 0.5)
            }, of: id(0))
        stage.warmUp(bars.prefix(2).map { RowKey($0) })
        let (outcomes, _, _, kept) = run(&stage, Array(bars.dropFirst(2)))
        // The third bar is played again: what was said of it in the earlier run stands.
        #expect(outcomes.map(\.predictedAt) == [2 * day, 3 * day])
        #expect(outcomes.map(\.value) == [0.5, 0.5])
        let came: [Double] = [closes[3] / closes[1] - 1, closes[4] / closes[2] - 1]
        #expect(outcomes.map(\.actual) == came)
        let times: [Int64] = [2 * day, 3 * day, 4 * day, 5 * day]
        #expect(kept.map(\.time).sorted() == times)
    }

    @Test func aCorrectedBarCountsAsCorrectedWhileItsHorizonIsOpen() {
        var stage = stage(Target(.relativeReturn, bars: 2))
        _ = run(&stage, [bar(0, 1, close: 100), bar(0, 2, close: 110)])
        stage.correct([bar(0, 1, close: 50), bar(0, 9, close: 1)])
        let (outcomes, _, _, _) = run(&stage, [bar(0, 3, close: 60)])
        let corrected: [Double] = [60.0 / 50 - 1]
        #expect(outcomes.map(\.actual) == corrected)
        stage.correct([bar(0, 3, close: 70)])
        let next: [Double] = [55.0 / 110 - 1]
        #expect(run(&stage, [bar(0, 4, close: 55)]).outcomes.map(\.actual) == next)
    }

    @Test func theWindowHoldsTheLastOutcomes() {
        var window = OutcomeWindow()
        #expect(window.meanAbsoluteError == nil && window.hitRate == nil)
        for number in 0..<OutcomeWindow.size { window.add(error: number % 2 == 0 ? 3 : -1, isHit: number % 4 == 0) }
        #expect(window.meanAbsoluteError == 2 && window.rootMeanSquaredError == 5.0.squareRoot())
        #expect(window.count == OutcomeWindow.size && abs((window.hitRate ?? 0) - 0.25) < 0.01)
        for _ in 0..<OutcomeWindow.size { window.add(error: -4, isHit: true) }
        #expect(window.meanAbsoluteError == 4 && window.hitRate == 1 && window.count == OutcomeWindow.size)
    }
}
