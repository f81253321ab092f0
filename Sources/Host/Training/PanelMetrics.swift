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
                isTrainMostlyUp: first.observation.isTrainMostlyUp, quantile: first.observation.quantile)
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
    package var icirInterval: PredictionMetrics.Interval?
    /// Beside the mean of what was learned from.
    package var dieboldMariano: DieboldMariano?
    /// Beside persistence: the same measure over the bars before.
    package var persistence: DieboldMariano?
    /// The rule of the last sign; `nil` where it never has one.
    package var lastSign: LastSign?
    /// The upper fifth of the predictions held, the lower fifth sold.
    package var longShort: PortfolioFigures?
    /// The upper fifth held.
    package var top: PortfolioFigures?
    /// All instruments held alike: what no prediction is needed for.
    package var naive: PortfolioFigures?

    enum CodingKeys: String, CodingKey {
        case icir, top, naive
        case icirInterval = "icir_interval"
        case persistence = "diebold_mariano_persistence"
        case lastSign = "last_sign"
        case dieboldMariano = "diebold_mariano"
        case longShort = "long_short"
    }

    /// A naive rule that may turn: the measure over the bars before, with the sign that it had with what came last.
    package struct LastSign: Sendable, Hashable, Codable {
        /// Correlations of the rule itself with what came.
        package var ic: Double?
        package var rankIC: Double?
        package var icir: Double?
        /// The model's squared errors beside the rule's.
        package var dieboldMariano: DieboldMariano?

        enum CodingKeys: String, CodingKey {
            case ic, icir
            case rankIC = "rank_ic"
            case dieboldMariano = "diebold_mariano"
        }
    }

    /// Fewest instruments that are compared, and fewest event times.
    private static let least = (instruments: 5, times: 20)

    /// Judges rows in ascending event time, then instrument; of a row that was tested several times the mean prediction.
    package init(_ rows: [Row], target: Target, seed: UInt64 = 0) {
        let rows = rows.chunked { $0.time == $1.time && $0.instrument == $1.instrument }.compactMap(Row.init(merging:))
        let panels = rows.chunked { $0.time == $1.time }
        let ics = Self.ics(panels) { $0.prediction }
        icir = Self.icir(ics)
        icirInterval = MetricBootstrap.interval(of: ics, horizon: target.horizon, seed: seed, Self.icir)
        dieboldMariano = Self.dieboldMariano(panels, horizon: target.horizon) { _, row in row.trainMean }
        persistence = Self.dieboldMariano(panels, horizon: target.horizon) { _, row in row.trailing }
        lastSign = Self.lastSign(panels, horizon: target.horizon)
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

    /// The rank correlation of each event time that has enough instruments.
    private static func ics(
        _ panels: [ArraySlice<Row>], _ guess: (PredictionMetrics.Observation) -> Double
    ) -> [Double] {
        panels.filter { $0.count >= least.instruments }.compactMap { panel in
            PredictionMetrics.spearman(panel.map(\.observation.label), panel.map { guess($0.observation) })
        }
    }

    /// Returns the ICIR of rows in ascending event time.
    static func icir(_ rows: [Row]) -> Double? {
        icir(ics(rows.chunked { $0.time == $1.time }) { $0.prediction })
    }

    private static func icir(_ found: [Double]) -> Double? {
        guard found.count >= least.times, let spread = found.deviation, spread > 0 else { return nil }
        return found.mean / spread
    }

    /// The sign for each event time: of the correlation of persistence with what came over the newest event times whose labels are
    /// known by then, as many as have 20 rows; 0 where there are not so many or there is none.
    private static func signs(_ panels: [ArraySlice<Row>], horizon: Int) -> [Double] {
        panels.indices.map { place in
            var rows: [PredictionMetrics.Observation] = []
            var known = place - horizon
            while known >= 0, rows.count < least.times {
                rows += panels[known].map(\.observation)
                known -= 1
            }
            guard rows.count >= least.times else { return 0 }
            let found = PredictionMetrics.pearson(rows.map(\.label), rows.map(\.trailing)) ?? 0
            return found > 0 ? 1 : found < 0 ? -1 : 0
        }
    }

    private static func lastSign(_ panels: [ArraySlice<Row>], horizon: Int) -> LastSign? {
        let signs = signs(panels, horizon: horizon)
        let told = zip(panels, signs).filter { $0.1 != 0 }
        guard !told.isEmpty else { return nil }
        let rows = told.flatMap { panel, sign in panel.map { ($0.observation.label, sign * $0.observation.trailing) } }
        let ics = told.flatMap { panel, sign in Self.ics([panel]) { sign * $0.trailing } }
        return LastSign(
            ic: PredictionMetrics.pearson(rows.map(\.0), rows.map(\.1)),
            rankIC: PredictionMetrics.spearman(rows.map(\.0), rows.map(\.1)), icir: icir(ics),
            dieboldMariano: dieboldMariano(told.map(\.0), horizon: horizon) { place, row in
                told[place].1 * row.trailing
            })
    }

    /// Of the mean loss of each event time, beside what a rule says of a row of a panel.
    private static func dieboldMariano(
        _ panels: [ArraySlice<Row>], horizon: Int, _ rule: (Int, PredictionMetrics.Observation) -> Double
    ) -> DieboldMariano? {
        let losses = panels.enumerated().map { place, panel in
            panel.map { row in
                let (model, naive) = (
                    row.observation.label - row.observation.prediction,
                    row.observation.label - rule(place, row.observation)
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
