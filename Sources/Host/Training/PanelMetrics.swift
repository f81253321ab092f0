import Glibc
package import PluginKit
package import PredictionTargets

/// How good predictions were with the instruments of an event time side by side, and what following them would have earned.
///
/// What has too little to be computed from is `nil`, never 0.
package struct PanelMetrics: Sendable, Hashable, Codable {
    /// A judged prediction, with whose it is and when.
    package struct Row: Sendable {
        let time: Int64
        let instrument: InstrumentID
        private(set) var observation: PredictionMetrics.Observation

        /// Creates a row.
        package init(time: Int64, instrument: InstrumentID, observation: PredictionMetrics.Observation) {
            self.time = time
            self.instrument = instrument
            self.observation = observation
        }

        /// The mean of what several tests predicted of the same row; `nil` of none.
        fileprivate init?(merging rows: ArraySlice<Row>) {
            guard let first = rows.first else { return nil }
            self = first
            guard rows.count > 1 else { return }
            observation = PredictionMetrics.Observation(
                label: first.observation.label, prediction: rows.map(\.observation.prediction).mean,
                trailing: first.observation.trailing, trainMean: rows.map(\.observation.trainMean).mean,
                isTrainMostlyUp: first.observation.isTrainMostlyUp)
        }
    }

    /// The test of Diebold and Mariano: whether squared errors differ from those of the naive mean by more than chance.
    package struct DieboldMariano: Sendable, Hashable, Codable {
        /// Mean difference over its standard error; below 0 where the model is better.
        package var statistic: Double
        /// Probability of one at least as far from 0 where there is no difference, two-sided.
        package var pValue: Double

        enum CodingKeys: String, CodingKey {
            case statistic
            case pValue = "p_value"
        }
    }

    /// Mean over event times of the rank correlation over instruments, by its standard deviation.
    package var icir: Double?
    package var dieboldMariano: DieboldMariano?
    /// The upper fifth of the predictions held, the lower fifth sold.
    package var longShort: PortfolioFigures?
    /// The upper fifth held.
    package var top: PortfolioFigures?
    /// All instruments held alike: what no prediction is needed for.
    package var naive: PortfolioFigures?

    enum CodingKeys: String, CodingKey {
        case icir, top, naive
        case dieboldMariano = "diebold_mariano"
        case longShort = "long_short"
    }

    /// Fewest instruments that are compared, and fewest event times.
    private static let least = (instruments: 5, times: 20)

    /// Judges rows in ascending event time, then instrument; of a row that was tested several times the mean prediction.
    package init(_ rows: [Row], target: Target) {
        let rows = rows.chunked { $0.time == $1.time && $0.instrument == $1.instrument }.compactMap(Row.init(merging:))
        let panels = rows.chunked { $0.time == $1.time }
        icir = Self.icir(panels)
        dieboldMariano = Self.dieboldMariano(panels, horizon: target.horizon)
        guard target.kind == .relativeReturn || target.kind == .excessReturn else { return }
        // Returns over the horizon follow each other only where one is taken a horizon.
        let wide = panels.enumerated().filter { $0.offset.isMultiple(of: target.horizon) }.map(\.element)
            .filter { $0.count >= Self.least.instruments }
        guard wide.count >= Self.least.times else { return }
        longShort = PortfolioFigures(wide) { panel in panel.fifths { $0 - $1 } }
        top = PortfolioFigures(wide) { panel in panel.fifths { upper, _ in upper } }
        // The mean is taken out of an excess return.
        naive =
            target.kind == .excessReturn
            ? nil : PortfolioFigures(wide) { panel in panel.map { _ in 1 / Double(panel.count) } }
    }

    private static func icir(_ panels: [ArraySlice<Row>]) -> Double? {
        let found = panels.filter { $0.count >= least.instruments }.compactMap { panel in
            PredictionMetrics.spearman(panel.map(\.observation.label), panel.map(\.observation.prediction))
        }
        guard found.count >= least.times, let spread = found.deviation, spread > 0 else { return nil }
        return found.mean / spread
    }

    /// Of the mean loss of each event time.
    private static func dieboldMariano(_ panels: [ArraySlice<Row>], horizon: Int) -> DieboldMariano? {
        let losses = panels.map { panel in
            panel.map { row in
                let (model, naive) = (
                    row.observation.label - row.observation.prediction,
                    row.observation.label - row.observation.trainMean
                )
                return model * model - naive * naive
            }.mean
        }
        guard losses.count >= max(least.times, 2 * horizon) else { return nil }
        guard let statistic = LossDifference.statistic(losses, horizon: horizon) else { return nil }
        return DieboldMariano(statistic: statistic, pValue: erfc(abs(statistic) / 2.0.squareRoot()))
    }
}

extension ArraySlice<PanelMetrics.Row> {
    /// Weights, each side of which adds up to 1: `weigh` is given a row's share of the upper and of the lower fifth.
    fileprivate func fifths(_ weigh: (_ upper: Double, _ lower: Double) -> Double) -> [Double] {
        let size = Swift.max(1, count / 5)
        let order = indices.sorted { self[$0].observation.prediction < self[$1].observation.prediction }
        let (lower, upper) = (Set(order.prefix(size)), Set(order.suffix(size)))
        return indices.map { place in
            weigh(
                upper.contains(place) ? 1 / Double(size) : 0, lower.contains(place) ? 1 / Double(size) : 0)
        }
    }
}

extension Array {
    /// Runs of neighbours that belong together.
    fileprivate func chunked(_ together: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
        var runs: [ArraySlice<Element>] = []
        var start = 0
        for place in indices.dropFirst() where !together(self[place - 1], self[place]) {
            runs.append(self[start..<place])
            start = place
        }
        return isEmpty ? [] : runs + [self[start...]]
    }
}

extension [Double] {
    /// The mean; 0 without a number.
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    /// The standard deviation of a sample; `nil` of fewer than two.
    var deviation: Double? {
        guard count > 1 else { return nil }
        let mean = mean
        return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)).squareRoot()
    }
}
