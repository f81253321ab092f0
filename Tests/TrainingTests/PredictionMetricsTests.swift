import HostTraining
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
        let metrics = PredictionMetrics(observations(predictions), target: .futureReturn(bars: 1))
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
        let metrics = PredictionMetrics(observations(predictions), target: .realisedVolatility(bars: 1))
        #expect(isClose(metrics.directionalAccuracy, 2.0 / 3))
        #expect(metrics.naiveDirectionalAccuracy == 0.5)
    }

    @Test func equalValuesShareTheirMeanRank() {
        #expect(PredictionMetrics.ranks([3, 1, 3, 2, 3, 1]) == [5, 1.5, 5, 3, 5, 1.5])
        #expect(PredictionMetrics.ranks([]).isEmpty)
    }

    @Test func aConstantPredictionHasNoCorrelation() {
        let metrics = PredictionMetrics(
            observations(Array(repeating: 0.1, count: 12)), target: .futureReturn(bars: 1))
        #expect(metrics.ic == nil)
        #expect(metrics.rankIC == nil)
        #expect(metrics.r2 != nil)
    }

    @Test func nothingIsDefinedOverTooFewOrConstantOrHugeNumbers() {
        let none = PredictionMetrics([], target: .futureReturn(bars: 1))
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
