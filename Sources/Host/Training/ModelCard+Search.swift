import HostCore
package import PredictionTargets

extension ModelCard {
    /// What a search of options found, and how much of it so many trials would find without skill.
    package struct Search: Codable, Sendable, Hashable {
        /// Whose options they are; `nil` for everyone's.
        package var instrument: String?
        /// The test they are for, by the event time it begins after; `nil` for what serves.
        package var validAfter: Int64?
        /// What trials were judged by.
        package var metric: String
        /// The options that were chosen.
        package var options: [String: String]
        /// Trials, those that came to the end, and those that gave no number.
        package var trials: Int
        package var finished: Int
        package var failed: Int
        /// Folds of the search, and rows of their tests.
        package var folds: Int
        package var testRows: Int
        /// Mean metric of the chosen options over the folds of the search, which chose them.
        package var score: Double
        /// What the naive rule reaches on the same.
        package var naive: Double
        /// Standard deviation of the metric over the trials.
        package var spread: Double?
        /// What the best of so many trials would reach without skill.
        package var expectedMaximum: Double?
        /// How much better the score is than that; below 0 it may well be luck.
        package var deflated: Double?
        /// How likely it is that the score is no luck, 0...1.
        package var probability: Double?

        enum CodingKeys: String, CodingKey {
            case instrument, metric, options, trials, finished, failed, folds, score, naive, spread, deflated
            case probability
            case validAfter = "valid_after"
            case testRows = "test_rows"
            case expectedMaximum = "expected_maximum"
        }

        /// Notes what a search found; deflates the score.
        ///
        /// The greatest of N independent normal numbers around the naive value is expected at
        /// `naive + spread * ((1 - g) * q(1 - 1/N) + g * q(1 - 1/(N e)))`, `g` being Euler's constant and `q` the normal quantile.
        /// Trials hang together, so N counts too many and the figure errs to the safe side.
        ///
        /// Source: D. H. Bailey, M. Lopez de Prado, *The Deflated Sharpe Ratio*, Journal of Portfolio Management 40(5), 2014.
        package init(
            metric: SearchScheme.Metric, options: [String: String], trials: Int, finished: Int, failed: Int,
            folds: Int, testRows: Int, score: Double, naive: Double, spread: Double?
        ) {
            self.metric = metric.rawValue
            (self.options, self.trials, self.finished, self.failed) = (options, trials, finished, failed)
            (self.folds, self.testRows) = (folds, testRows)
            (self.score, self.naive, self.spread) = (score, naive, spread)
            let sign = metric.isLoss ? -1.0 : 1
            expectedMaximum = spread.map { naive + sign * $0 * NormalDistribution.expectedMaximum(of: trials) }
            deflated = expectedMaximum.map { sign * (score - $0) }
        }

        /// Takes the standard error from the interval that the tests outside of the search have: it shrinks with the root of the rows.
        mutating func judge(by metrics: PredictionMetrics, _ panel: PanelMetrics?) {
            let interval: PredictionMetrics.Interval? =
                switch SearchScheme.Metric(rawValue: metric) {
                case .r2: metrics.intervals?.r2
                case .ic: metrics.intervals?.ic
                case .rankIC: metrics.intervals?.rankIC
                case .directionalAccuracy: metrics.intervals?.directionalAccuracy
                case .logLoss: metrics.intervals?.logLoss
                case .brier: metrics.intervals?.brier
                case .pinball: metrics.intervals?.pinball
                case .icir: panel?.icirInterval
                case nil: nil
                }
            guard let interval, let deflated, interval.high > interval.low, testRows > 0 else { return }
            let error = (interval.high - interval.low) / (2 * NormalDistribution.quantile(0.975))
            let scaled = error * (Double(metrics.rows) / Double(testRows)).squareRoot()
            probability = NormalDistribution.cumulative(deflated / scaled)
        }
    }
}
