import PluginKit
import PredictionTargets
import Testing

@testable import HostCore

/// What came beyond the mean of the instruments of an event time.
@Suite struct SectionOutcomesTests {
    private static let target = Target(.excessReturn, bars: 3)

    /// Closes of four instruments that wander and are left out at times, one with a new level, one with a late bar.
    private static let bars: [Bar] = {
        var random = Seeded(9)
        var closes = [100.0, 20, 7, 55]
        var bars: [Bar] = []
        for number in 1...80 {
            for place in 0..<4 where Int.random(in: 0..<6, using: &random) > 0 {
                closes[place] *= 1 + Double.random(in: -0.05...0.05, using: &random)
                var made = bar(place, number, close: closes[place])
                if place == 1, number > 40, !bars.contains(where: { $0.flags.contains(.newLevel) }) {
                    made.flags.insert(.newLevel)
                }
                if place == 2, number > 55, !bars.contains(where: { $0.flags.contains(.late) }) {
                    made.flags.insert(.late)
                }
                bars.append(made)
            }
        }
        return bars
    }()

    private func stage(learns: Bool = false, target: Target = Self.target) -> InferenceStage {
        InferenceStage(
            model: ServingModel(
                id: "m", target: target.description, columns: [0], measure: target, learns: learns,
                timeline: PredictorTimeline(
                    parts: [.init(validAfter: .min, validThrough: .max, predictor: RowNumber())], fit: "f")))
    }

    /// What a stage says of whole days, so many a call, the rows of each call in pieces.
    private func run(
        _ stage: inout InferenceStage, _ bars: [Bar], days: Int = 1, pieces: Int = 2
    ) -> (outcomes: [Outcome], kept: [KeptPrediction], states: [LearnedState], predictions: [Prediction]) {
        var (outcomes, kept): ([Outcome], [KeptPrediction]) = ([], [])
        var (states, predictions): ([LearnedState], [Prediction]) = ([], [])
        var start = 0
        while start < bars.count {
            let last = bars[start].time + Int64(days - 1) * day
            let end = bars[start...].firstIndex { $0.time > last } ?? bars.count
            let keys = bars[start..<end].map { RowKey($0) }
            stage.foresee(keys)
            for piece in stride(from: 0, to: keys.count, by: pieces) {
                let part = Array(keys[piece..<min(piece + pieces, keys.count)])
                predictions +=
                    stage.process(part, features: part.map { $0.price / 100 }, width: 1) { _, _ in }?.rows ?? []
                states += stage.outcomes?.learned ?? []
                outcomes += stage.outcomes?.made ?? []
                kept += stage.outcomes?.kept ?? []
            }
            start = end
        }
        predictions.sort { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        return (outcomes.sorted(by: Self.isBefore), kept, states, predictions)
    }

    private static func isBefore(_ one: Outcome, _ other: Outcome) -> Bool {
        (one.time, one.instrument, one.predictedAt) < (other.time, other.instrument, other.predictedAt)
    }

    /// One bar of an instrument with a known future: when, known when, what came, whether it counts for others.
    private struct Came {
        let instrument: InstrumentID
        let time: Int64
        let end: Int64
        let value: Double
        let counts: Bool
    }

    private func came() -> [Came] {
        var all: [Came] = []
        for place in 0..<4 {
            var level: [Bar] = []
            for bar in Self.bars where bar.instrument == id(place) {
                if bar.flags.contains(.newLevel) { level = [] }
                level.append(bar)
                let first = level.count - 1 - Self.target.horizon
                guard first >= 0 else { continue }
                let isLate = level[first].flags.contains(.late) || bar.flags.contains(.late)
                all.append(
                    Came(
                        instrument: bar.instrument, time: level[first].time, end: bar.time,
                        value: bar.close / level[first].close - 1, counts: !isLate && first >= Self.target.horizon))
            }
        }
        return all
    }

    @Test func anOutcomeIsBeyondTheMeanOfThoseKnownByThen() {
        var stage = stage()
        let outcomes = run(&stage, Self.bars).outcomes
        let came = came()
        var (compared, alone) = (0, 0)
        for own in came {
            let others = came.filter { $0.time == own.time && $0.end <= own.end && $0.counts }
            let found = outcomes.first { $0.instrument == own.instrument && $0.predictedAt == own.time }
            guard others.count > 1 else {
                alone += 1
                #expect(found == nil)
                continue
            }
            compared += 1
            let mean = others.map(\.value).reduce(0, +) / Double(others.count)
            let expected: Double = own.value - mean
            let distance: Double = abs((found?.actual ?? .nan) - expected)
            #expect(found?.time == own.end)
            #expect(distance < 1e-14)
        }
        #expect(outcomes.count == compared && compared > 150 && alone > 3)
    }

    @Test func aRankIsAmongThoseKnownByThen() throws {
        var stage = stage(target: Target(.rank, bars: Self.target.horizon))
        let outcomes = run(&stage, Self.bars).outcomes
        let came = came()
        for outcome in outcomes {
            let own = try #require(
                came.first { $0.time == outcome.predictedAt && $0.instrument == outcome.instrument })
            let values = came.filter { $0.time == own.time && $0.end <= own.end && $0.counts }.map(\.value)
            let below = Double(values.count { $0 < own.value }) + Double(values.count { $0 == own.value }) / 2
            #expect(abs(outcome.actual - (below / Double(values.count) - 0.5)) < 1e-15)
        }
        #expect(outcomes.count > 150 && Set(outcomes.map(\.actual)).count > 5)
    }

    @Test(arguments: [1, 2, 7, 80], [1, 3, 100])
    func howBarsComeMeansNothing(days: Int, pieces: Int) {
        var (one, other) = (stage(), stage())
        // Within a day in another order.
        let turned = Self.bars.sorted { ($0.time, $1.instrument) < ($1.time, $0.instrument) }
        #expect(run(&one, Self.bars).outcomes == run(&other, turned, days: days, pieces: pieces).outcomes)
    }

    @Test(arguments: [10, 30, 45, 60]) func aRestartGoesOnWithTheSame(last: Int) {
        var whole = stage()
        let (outcomes, kept, _, _) = run(&whole, Self.bars)
        var known: [String: KeptPrediction] = [:]
        for item in kept { known["\(item.instrument) \(item.time)"] = item }
        var next = stage()
        let through = Int64(last) * day
        for place in 0..<4 {
            let open = known.values.filter {
                $0.instrument == id(place) && $0.time <= through && ($0.known ?? .max) > through
            }
            next.resume(
                open.sorted { $0.time < $1.time }.map {
                    var item = $0
                    (item.known, item.actual) = (nil, .nan)
                    return item
                }, of: id(place))
        }
        // Instrument by instrument, as the store is played.
        for place in 0..<4 {
            next.warmUp(Self.bars.filter { $0.instrument == id(place) && $0.time <= through }.map { RowKey($0) })
        }
        let after = run(&next, Self.bars.filter { $0.time > through })
        #expect(after.outcomes == outcomes.filter { $0.time > through } && after.outcomes.count > 20)
    }

    /// What is learned is what came beyond the mean, in the order in which it became known, however bars come and wherever a run
    /// ends.
    @Test(arguments: [10, 30, 45, 60]) func aLearnerIsTaughtWhatIsBeyondTheMean(last: Int) throws {
        var (one, plain) = (stage(learns: true), stage())
        let whole = run(&one, Self.bars)
        #expect(whole.outcomes.map(\.actual) == run(&plain, Self.bars).outcomes.map(\.actual))
        let labels = Dictionary(grouping: whole.states, by: \.instrument).compactMap { $1.last?.labels }.reduce(0, +)
        #expect(labels == whole.outcomes.count)
        var other = stage(learns: true)
        let turned = Self.bars.sorted { ($0.time, $1.instrument) < ($1.time, $0.instrument) }
        #expect(run(&other, turned, days: 7, pieces: 3).predictions == whole.predictions)

        var next = stage(learns: true)
        let through = Int64(last) * day
        for place in 0..<4 {
            let own = whole.states.last { $0.instrument == id(place) && $0.time <= through }
            try next.resume(#require(own))
        }
        for place in 0..<4 {
            next.warmUp(Self.bars.filter { $0.instrument == id(place) && $0.time <= through }.map { RowKey($0) })
        }
        let after = run(&next, Self.bars.filter { $0.time > through })
        #expect(after.outcomes == whole.outcomes.filter { $0.time > through } && after.outcomes.count > 20)
        #expect(after.predictions == whole.predictions.filter { $0.time > through })
    }
}
