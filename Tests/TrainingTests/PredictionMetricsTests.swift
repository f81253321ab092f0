import HostTraining
import PredictionTargets
import Testing

/// Golden values: numpy 2.4.6 and scipy 1.17.1 (`corrcoef`, `spearmanr`, `rankdata`), relative tolerance 1e-12.
struct PredictionMetricsTests {
    private let labels = [0.012, -0.004, 0, 0.031, -0.022, 0.007, 0.007, -0.015, 0.019, -0.001, 0.004, -0.009]
    private let predictions = [0.003, 0.001, -0.002, 0.010, -0.008, 0.001, 0.004, 0.002, 0.011, -0.003, 0.001, 0]
    private let trailing = [0.005, -0.003, 0.002, -0.011, 0.006, 0.006, -0.020, 0.014, 0.001, -0.002, 0.009, 0.003]

    private func observations(_ predictions: [Double]) -> [PredictionMetrics.Observation] {
        labels.indices.map {
            PredictionMetrics.Observation(
                label: labels[$0], prediction: predictions[$0], trailing: trailing[$0],
                trainMean: $0 < 6 ? 0.001 : 0.002,
                isTrainMostlyUp: $0 < 6)
        }
    }

    private func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) <= 1e-12 * abs(expected) } ?? false
    }

    @Test func equalNumpyAndScipy() {
        let metrics = PredictionMetrics(observations(predictions), target: Target(.relativeReturn, bars: 1))
        #expect(metrics.rows == 12)
        #expect(isClose(metrics.r2, 0.46523756429162333))
        #expect(isClose(metrics.naiveR2, -0.013847426536704566))
        #expect(isClose(metrics.ic, 0.8330650478683715))
        #expect(isClose(metrics.naiveIC, -0.48329152315728074))
        #expect(isClose(metrics.rankIC, 0.7478058818498304))
        #expect(isClose(metrics.naiveRankIC, -0.4157894736842106))
        #expect(isClose(metrics.directionalAccuracy, 10.0 / 12))
        #expect(metrics.naiveDirectionalAccuracy == 0.5)
    }

    @Test func directionOfAVolatilityIsJudgedAgainstTheTrailingOne() {
        let metrics = PredictionMetrics(observations(predictions), target: Target(.volatility, bars: 1))
        #expect(isClose(metrics.directionalAccuracy, 2.0 / 3))
        #expect(metrics.naiveDirectionalAccuracy == 0.5)
    }

    /// Golden values: scikit-learn 1.9.1, `log_loss` and `brier_score_loss`.
    @Test func probabilitiesAreJudgedByTheirLoss() throws {
        let pairs = [(1.0, 0.9), (0, 0.2), (1, 0.4), (1, 0.7)]
        let rows = pairs.map { label, prediction in
            PredictionMetrics.Observation(
                label: label, prediction: prediction, trailing: 1, trainMean: 0.75, isTrainMostlyUp: true)
        }
        let metrics = PredictionMetrics(rows, target: Target(.direction, bars: 1))
        #expect(isClose(metrics.logLoss, 0.40036743569623084) && isClose(metrics.brier, 0.125))
        #expect(isClose(metrics.naiveLogLoss, 0.5623351446188083) && isClose(metrics.naiveBrier, 0.1875))
        #expect(metrics.directionalAccuracy == 0.75)
        #expect(PredictionMetrics(rows, target: Target(.relativeReturn, bars: 1)).logLoss == nil)
        #expect(isClose(PredictionMetrics.logLoss(1, 0), 13.815510557964274), "a wrong certainty costs no infinity")
    }

    /// Golden values: scikit-learn 1.9.1, `mean_pinball_loss`.
    @Test func quantilesAreJudgedByTheirLoss() throws {
        let rows = labels.indices.map {
            PredictionMetrics.Observation(
                label: labels[$0], prediction: predictions[$0], trailing: trailing[$0], trainMean: 0,
                isTrainMostlyUp: true, quantile: .init(share: 0.9, naive: 0.02))
        }
        let target = Target(.relativeReturn, bars: 1)
        let metrics = PredictionMetrics(rows, target: target)
        #expect(isClose(metrics.pinball, 0.004425) && isClose(metrics.naivePinball, 0.002675))
        #expect(isClose(metrics.coverage, 4.0 / 12))
        let many = (0..<100).flatMap { _ in rows }
        let intervals = MetricBootstrap(many, times: many.indices.map { Int64($0) }, target: target).intervals(
            horizon: 1, seed: 1)
        let interval = try #require(intervals?.pinball)
        #expect(interval.low < metrics.pinball ?? 0 && interval.high > metrics.pinball ?? 1)
        #expect(PredictionMetrics(observations(predictions), target: target).pinball == nil)
    }

    /// Rows of independent noise: an interval of the IC is about as wide as theory has it, 2 * 1.96 / sqrt(n).
    @Test func intervalsAreAsWideAsChance() throws {
        var random = Seeded(3)
        let rows = (0..<2_000).map { _ in
            PredictionMetrics.Observation(
                label: .random(in: -1...1, using: &random), prediction: .random(in: -1...1, using: &random),
                trailing: 0,
                trainMean: 0, isTrainMostlyUp: true)
        }
        let target = Target(.relativeReturn, bars: 1)
        let metrics = PredictionMetrics(rows, target: target)
        let drawn = MetricBootstrap(rows, times: rows.indices.map { Int64($0) }, target: target)
        let found = try #require(drawn.intervals(horizon: 1, seed: 5))
        for (interval, value) in [(found.ic, metrics.ic), (found.rankIC, metrics.rankIC)] {
            let (interval, value) = (try #require(interval), try #require(value))
            #expect(interval.low < value && value < interval.high)
            #expect(abs((interval.high - interval.low) / (2 * 1.96 / 2_000.0.squareRoot()) - 1) < 0.25)
        }
        #expect(try #require(found.r2).high < 0, "noise explains nothing")
        #expect(found.logLoss == nil)
        #expect(drawn.intervals(horizon: 1, seed: 5) == found, "the same seed draws the same")
    }

    /// Instruments that move alike say no more than one: the interval is that of the event times.
    @Test func copiesOfAnInstrumentDoNotNarrowAnInterval() throws {
        var random = Seeded(4)
        let single = (0..<500).map { _ in
            PredictionMetrics.Observation(
                label: .random(in: -1...1, using: &random), prediction: .random(in: -1...1, using: &random),
                trailing: 0,
                trainMean: 0, isTrainMostlyUp: true)
        }
        let copies = single.flatMap { Array(repeating: $0, count: 10) }
        let target = Target(.relativeReturn, bars: 1)
        let one = MetricBootstrap(single, times: single.indices.map { Int64($0) }, target: target)
        let ten = MetricBootstrap(copies, times: copies.indices.map { Int64($0 / 10) }, target: target)
        let narrow = try #require(one.intervals(horizon: 3, seed: 1)?.ic)
        let wide = try #require(ten.intervals(horizon: 3, seed: 1)?.ic)
        #expect(abs(narrow.low - wide.low) < 1e-9 && abs(narrow.high - wide.high) < 1e-9)
        #expect(one.intervals(horizon: 101, seed: 1) == nil, "four runs are too few to draw from")
    }

    @Test func equalValuesShareTheirMeanRank() {
        #expect(PredictionMetrics.ranks([3, 1, 3, 2, 3, 1]) == [5, 1.5, 5, 3, 5, 1.5])
        #expect(PredictionMetrics.ranks([]).isEmpty)
    }

    @Test func aConstantPredictionHasNoCorrelation() {
        let metrics = PredictionMetrics(
            observations(Array(repeating: 0.1, count: 12)), target: Target(.relativeReturn, bars: 1))
        #expect(metrics.ic == nil)
        #expect(metrics.rankIC == nil)
        #expect(metrics.r2 != nil)
    }

    @Test func nothingIsDefinedOverTooFewOrConstantOrHugeNumbers() {
        let none = PredictionMetrics([], target: Target(.relativeReturn, bars: 1))
        #expect(none.rows == 0 && none.r2 == nil && none.ic == nil && none.rankIC == nil)
        #expect(none.directionalAccuracy == nil && none.naiveDirectionalAccuracy == nil)
        #expect(PredictionMetrics.r2([1], [1]) == nil)
        #expect(PredictionMetrics.pearson([1], [1]) == nil)
        #expect(PredictionMetrics.r2([2, 2, 2], [1, 2, 3]) == nil)
        #expect(PredictionMetrics.pearson([0.1, 0.1, 0.1], [1, 2, 3]) == nil)
        #expect(PredictionMetrics.spearman([1, 1], [1, 2]) == nil)
        #expect(PredictionMetrics.r2([1e300, -1e300], [0, 0]) == nil)
        #expect(PredictionMetrics.pearson([1e300, -1e300], [1, 2]) == nil)
    }

    @Test func aPerfectPredictionIsOne() {
        #expect(PredictionMetrics.r2(labels, labels) == 1)
        #expect(isClose(PredictionMetrics.pearson(labels, labels.map { 3 * $0 + 1 }), 1))
        #expect(isClose(PredictionMetrics.spearman([1, 2, 3], [1, 8, 27]), 1))
        #expect(isClose(PredictionMetrics.spearman([1, 2, 3], [3, 2, 1]), -1))
    }
}
