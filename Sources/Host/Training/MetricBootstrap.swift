package import PredictionTargets

/// How far metrics may be chance: they are computed again over stretches of event times drawn with replacement.
///
/// Neighbouring rows hang together: labels overlap over the horizon, and instruments move alike. So whole event times are drawn,
/// in runs of consecutive ones. Every metric is made from sums over event times, so a draw costs additions only. Rank IC is
/// drawn from the ranks over all rows.
package struct MetricBootstrap {
    /// Sums over some rows, of numbers with the overall mean taken out.
    private struct Sums {
        enum Part: Int {
            case rows, label, prediction, labelSquares, predictionSquares, products, residuals
            case labelRank, predictionRank, labelRankSquares, predictionRankSquares, rankProducts
            case hits, logLoss, brier, pinball
        }

        var all = SIMD16<Double>()

        subscript(part: Part) -> Double {
            get { all[part.rawValue] }
            set { all[part.rawValue] = newValue }
        }

        private var rows: Double { self[.rows] }

        var r2: Double? {
            ratio(self[.residuals], self[.labelSquares] - self[.label] * self[.label] / rows).map { 1 - $0 }
        }
        var ic: Double? { correlation(.products, .label, .prediction, .labelSquares, .predictionSquares) }
        var rankIC: Double? {
            correlation(.rankProducts, .labelRank, .predictionRank, .labelRankSquares, .predictionRankSquares)
        }

        func mean(_ part: Part) -> Double? { ratio(self[part], rows) }

        private func correlation(_ both: Part, _ x: Part, _ y: Part, _ xx: Part, _ yy: Part) -> Double? {
            let left = self[xx] - self[x] * self[x] / rows
            let right = self[yy] - self[y] * self[y] / rows
            return ratio(self[both] - self[x] * self[y] / rows, (max(left, 0) * max(right, 0)).squareRoot())
        }

        private func ratio(_ top: Double, _ bottom: Double) -> Double? {
            let value = top / bottom
            return bottom > 0 && value.isFinite ? value : nil
        }
    }

    /// Sums over all event times before each; one more than there are event times.
    private var before: [Sums] = [Sums()]
    private let isClass: Bool
    private let isQuantile: Bool
    private static let draws = 400

    /// Takes judged predictions with their event times, ascending.
    package init(_ observations: [PredictionMetrics.Observation], times: [Int64], target: Target) {
        isClass = target.isClass
        isQuantile = observations.first?.quantile != nil
        let labels = Self.centred(observations.map(\.label))
        let predictions = Self.centred(observations.map(\.prediction))
        let labelRanks = Self.centred(PredictionMetrics.ranks(labels))
        let predictionRanks = Self.centred(PredictionMetrics.ranks(predictions))
        var total = Sums()
        for (place, row) in observations.enumerated() {
            if place > 0, times[place] != times[place - 1] { before.append(total) }
            var (x, y) = (labels[place], predictions[place])
            total[.rows] += 1
            total[.label] += x
            total[.prediction] += y
            total[.labelSquares] += x * x
            total[.predictionSquares] += y * y
            total[.products] += x * y
            total[.residuals] += (row.label - row.prediction) * (row.label - row.prediction)
            (x, y) = (labelRanks[place], predictionRanks[place])
            total[.labelRank] += x
            total[.predictionRank] += y
            total[.labelRankSquares] += x * x
            total[.predictionRankSquares] += y * y
            total[.rankProducts] += x * y
            let isHit =
                target.isUp(row.label, trailing: row.trailing) == target.isUp(row.prediction, trailing: row.trailing)
            total[.hits] += isHit ? 1 : 0
            if let quantile = row.quantile {
                total[.pinball] += PredictionMetrics.Quantile.loss(row.label, row.prediction, share: quantile.share)
            }
            guard isClass else { continue }
            total[.logLoss] += PredictionMetrics.logLoss(row.label, row.prediction)
            total[.brier] += (row.label - row.prediction) * (row.label - row.prediction)
        }
        before.append(total)
    }

    /// Returns the intervals that hold 95 of 100 draws; `nil` where there are too few event times for five runs.
    ///
    /// A run is as long as the horizon, or the cube root of the number of event times where that is longer.
    package func intervals(horizon: Int, seed: UInt64) -> PredictionMetrics.Intervals? {
        let times = before.count - 1
        guard let run = Self.run(times, horizon: horizon) else { return nil }
        var numbers = SplitMix(state: seed)
        var found: [Sums] = []
        for _ in 0..<Self.draws {
            var sums = Sums()
            for _ in 0..<(times + run - 1) / run {
                let start = numbers.next(below: times - run + 1)
                sums.all += before[start + run].all - before[start].all
            }
            found.append(sums)
        }
        return PredictionMetrics.Intervals(
            r2: Self.interval(found.map(\.r2)), ic: Self.interval(found.map(\.ic)),
            rankIC: Self.interval(found.map(\.rankIC)),
            directionalAccuracy: Self.interval(found.map { $0.mean(.hits) }),
            logLoss: isClass ? Self.interval(found.map { $0.mean(.logLoss) }) : nil,
            brier: isClass ? Self.interval(found.map { $0.mean(.brier) }) : nil,
            pinball: isQuantile ? Self.interval(found.map { $0.mean(.pinball) }) : nil)
    }

    /// The same of a figure of one number an event time.
    static func interval(
        of values: [Double], horizon: Int, seed: UInt64, _ figure: ([Double]) -> Double?
    ) -> PredictionMetrics.Interval? {
        guard let run = run(values.count, horizon: horizon) else { return nil }
        var numbers = SplitMix(state: seed)
        return interval(
            (0..<draws).map { _ in
                figure(
                    (0..<(values.count + run - 1) / run).flatMap { _ in
                        let start = numbers.next(below: values.count - run + 1)
                        return values[start..<start + run]
                    })
            })
    }

    /// Event times drawn together; `nil` where there are too few for five runs.
    private static func run(_ times: Int, horizon: Int) -> Int? {
        var run = max(1, horizon)
        while run * run * run < times { run += 1 }
        return times >= 5 * run ? run : nil
    }

    private static func interval(_ values: [Double?]) -> PredictionMetrics.Interval? {
        let sorted = values.compactMap(\.self).sorted()
        guard sorted.count == values.count, !sorted.isEmpty else { return nil }
        let cut = sorted.count / 40
        return PredictionMetrics.Interval(low: sorted[cut], high: sorted[sorted.count - 1 - cut])
    }

    private static func centred(_ values: [Double]) -> [Double] {
        let mean = values.mean
        return values.map { $0 - mean }
    }
}
