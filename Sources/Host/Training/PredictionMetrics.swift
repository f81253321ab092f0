import Glibc
package import PredictionTargets

/// How good predictions were, each number beside what a naive rule would have reached on the same rows.
///
/// | Metric | Meaning | Naive rule |
/// |---|---|---|
/// | `r2` | `1 - sum((y - p)^2) / sum((y - mean(y))^2)` | predict the mean label of the training rows |
/// | `ic` | Pearson correlation of prediction and label over all rows | persistence: the same measure over the bars before |
/// | `rankIC` | Spearman correlation (ties share their mean rank) | persistence |
/// | `logLoss`, `brier` | of labels 0 and 1: mean of `-ln(p of what came)`, of `(y - p)^2` | the share of 1 in training |
/// | `meanAbsoluteError` | mean of `abs(y - p)` | none |
/// | `pinball` | of a quantile `q`: mean of `max(q e, (q - 1) e)`, `e = y - p` | the quantile of the training labels |
/// | `coverage` | of a quantile: share of rows whose label is not above it | none |
/// | `directionalAccuracy` | share of rows whose direction was right | always the direction more frequent in training |
///
/// A metric that is undefined (a constant prediction has no correlation) is `nil`, never 0.
package struct PredictionMetrics: Sendable, Hashable, Codable {
    /// Rows judged.
    package var rows = 0
    package var r2: Double?
    package var ic: Double?
    package var rankIC: Double?
    package var directionalAccuracy: Double?
    package var naiveR2: Double?
    package var naiveIC: Double?
    package var naiveRankIC: Double?
    package var naiveDirectionalAccuracy: Double?
    /// Mean distance of prediction and label, in the target's unit.
    package var meanAbsoluteError: Double?
    package var logLoss: Double?
    package var brier: Double?
    package var naiveLogLoss: Double?
    package var naiveBrier: Double?
    package var pinball: Double?
    package var naivePinball: Double?
    package var coverage: Double?
    /// How far the metrics may be chance; only over all tests together.
    package var intervals: Intervals?

    /// Where 95 of 100 draws of a block bootstrap lie.
    package struct Interval: Sendable, Hashable, Codable {
        package var low: Double
        package var high: Double
    }

    /// The intervals of the metrics that have one.
    package struct Intervals: Sendable, Hashable, Codable {
        package var r2: Interval?
        package var ic: Interval?
        package var rankIC: Interval?
        package var directionalAccuracy: Interval?
        package var logLoss: Interval?
        package var brier: Interval?
        package var pinball: Interval?

        enum CodingKeys: String, CodingKey {
            case r2, ic, brier, pinball
            case rankIC = "rank_ic"
            case directionalAccuracy = "directional_accuracy"
            case logLoss = "log_loss"
        }
    }

    enum CodingKeys: String, CodingKey {
        case rows, r2, ic, brier, intervals, pinball, coverage
        case naivePinball = "naive_pinball"
        case meanAbsoluteError = "mean_absolute_error"
        case logLoss = "log_loss"
        case naiveLogLoss = "naive_log_loss"
        case naiveBrier = "naive_brier"
        case rankIC = "rank_ic"
        case directionalAccuracy = "directional_accuracy"
        case naiveR2 = "naive_r2"
        case naiveIC = "naive_ic"
        case naiveRankIC = "naive_rank_ic"
        case naiveDirectionalAccuracy = "naive_directional_accuracy"
    }

    /// One judged prediction.
    package struct Observation: Sendable {
        /// What came.
        package let label: Double
        /// What was predicted.
        package let prediction: Double
        /// What persistence would have predicted.
        package let trailing: Double
        /// Mean label of the rows the predictor learned from.
        package let trainMean: Double
        /// Whether "up" was more frequent in the rows the predictor learned from.
        package let isTrainMostlyUp: Bool
        /// Of a prediction that is a quantile, which, and that of the labels the predictor learned from.
        package let quantile: Quantile?

        /// Creates an observation.
        package init(
            label: Double, prediction: Double, trailing: Double, trainMean: Double, isTrainMostlyUp: Bool,
            quantile: Quantile? = nil
        ) {
            self.quantile = quantile
            self.label = label
            self.prediction = prediction
            self.trailing = trailing
            self.trainMean = trainMean
            self.isTrainMostlyUp = isTrainMostlyUp
        }
    }

    /// What share of outcomes is to lie below a prediction, and what the training labels alone say.
    package struct Quantile: Sendable, Hashable {
        package let share: Double
        package let naive: Double

        /// Creates a quantile.
        package init(share: Double, naive: Double) { (self.share, self.naive) = (share, naive) }

        /// The loss of which the quantile is the lowest place.
        package static func loss(_ label: Double, _ prediction: Double, share: Double) -> Double {
            max(share * (label - prediction), (share - 1) * (label - prediction))
        }
    }

    /// Judges predictions.
    package init(_ observations: [Observation], target: Target) {
        rows = observations.count
        let labels = observations.map(\.label)
        let predictions = observations.map(\.prediction)
        let trailing = observations.map(\.trailing)
        r2 = Self.r2(labels, predictions)
        ic = Self.pearson(labels, predictions)
        rankIC = Self.spearman(labels, predictions)
        naiveR2 = Self.r2(labels, observations.map(\.trainMean))
        naiveIC = Self.pearson(labels, trailing)
        naiveRankIC = Self.spearman(labels, trailing)
        let ups = observations.map { target.isUp($0.label, trailing: $0.trailing) }
        let calls = observations.map { target.isUp($0.prediction, trailing: $0.trailing) }
        directionalAccuracy = Self.share(ups, calls)
        naiveDirectionalAccuracy = Self.share(ups, observations.map(\.isTrainMostlyUp))
        meanAbsoluteError = Self.mean(observations.map { ($0.label - $0.prediction).magnitude })
            .flatMap { $0.isFinite ? $0 : nil }
        judgeQuantiles(observations)
        guard target.isClass else { return }
        logLoss = Self.mean(observations.map { Self.logLoss($0.label, $0.prediction) })
        naiveLogLoss = Self.mean(observations.map { Self.logLoss($0.label, $0.trainMean) })
        brier = Self.mean(observations.map { ($0.label - $0.prediction) * ($0.label - $0.prediction) })
        naiveBrier = Self.mean(observations.map { ($0.label - $0.trainMean) * ($0.label - $0.trainMean) })
    }

    private mutating func judgeQuantiles(_ observations: [Observation]) {
        let quantiles = observations.compactMap { row in row.quantile.map { (row, $0) } }
        guard !quantiles.isEmpty else { return }
        pinball = quantiles.map { Quantile.loss($0.label, $0.prediction, share: $1.share) }.mean
        naivePinball = quantiles.map { Quantile.loss($0.label, $1.naive, share: $1.share) }.mean
        coverage = Double(quantiles.count { $0.0.label <= $0.0.prediction }) / Double(quantiles.count)
    }

    /// Returns `-ln` of the probability given to what came; what is not within 0.000001...0.999999 is moved there.
    package static func logLoss(_ label: Double, _ probability: Double) -> Double {
        let kept = min(max(probability, 1e-6), 1 - 1e-6)
        return -log(label > 0.5 ? kept : 1 - kept)
    }

    private static func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.mean }

    /// Returns the coefficient of determination, or `nil` where the labels do not vary or a sum overflows.
    package static func r2(_ labels: [Double], _ predictions: [Double]) -> Double? {
        guard labels.count > 1 else { return nil }
        let mean = labels.mean
        var total = 0.0
        var residual = 0.0
        for (label, prediction) in zip(labels, predictions) {
            total += (label - mean) * (label - mean)
            residual += (label - prediction) * (label - prediction)
        }
        let value = 1 - residual / total
        return total > 0 && value.isFinite ? value : nil
    }

    /// Returns the linear correlation, or `nil` where a side does not vary or a sum overflows.
    package static func pearson(_ left: [Double], _ right: [Double]) -> Double? {
        guard left.count > 1 else { return nil }
        let (leftMean, rightMean) = (left.mean, right.mean)
        var (both, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
        for (x, y) in zip(left, right) {
            both += (x - leftMean) * (y - rightMean)
            leftSquares += (x - leftMean) * (x - leftMean)
            rightSquares += (y - rightMean) * (y - rightMean)
        }
        let scale = (leftSquares * rightSquares).squareRoot()
        let isConstant = leftSquares <= 1e-24 * leftMean * leftMean || rightSquares <= 1e-24 * rightMean * rightMean
        return scale > 0 && scale.isFinite && !isConstant ? both / scale : nil
    }

    /// Returns the rank correlation, or `nil` where a side does not vary.
    package static func spearman(_ left: [Double], _ right: [Double]) -> Double? {
        pearson(ranks(left), ranks(right))
    }

    /// Returns ranks from 1; equal values share their mean rank.
    package static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = Array(repeating: 0.0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for position in start...end { ranks[order[position]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }

    private static func share(_ left: [Bool], _ right: [Bool]) -> Double? {
        guard !left.isEmpty else { return nil }
        return Double(zip(left, right).count { $0 == $1 }) / Double(left.count)
    }
}
