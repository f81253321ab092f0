package import HostCore
package import PluginKit

/// Labelled feature rows of many instruments, made by the engine that serves live: there is no second feature path.
package struct SupervisedSet: Sendable {
    /// One labelled bar.
    package struct Row: Sendable {
        /// Event time of the bar.
        package let time: Int64
        /// Event time of the last bar its label needs.
        package let labelEnd: Int64
        /// The instrument.
        package let instrument: InstrumentID
        /// What came after.
        package let label: Double
        /// The same measure before: what persistence would predict.
        package let trailing: Double
    }

    /// Names of the features.
    package let features: [String]
    /// Rows in ascending event time, then instrument.
    package let rows: [Row]
    /// `rows.count * features.count` finite numbers, row-major.
    package let values: [Double]

    /// Bars with a known future: what there would be rows of if every feature had a value.
    package let labelled: Int
    /// For each feature, of how many of these bars it has no value.
    package let missing: [Int]

    /// Runs the feature stage over bars and labels each row that has every feature and a known future.
    ///
    /// - Parameters:
    ///   - bars: accepted bars, ascending in event time per instrument.
    ///   - columns: positions of the model's features in the plan's matrix.
    package init(bars: [Bar], plan: FeaturePlan, columns: [Int], target: Target) {
        var stage = IndicatorBank<Bar>(plan: plan)
        var matrix: [Double] = []
        stage.process(bars, into: &matrix)
        var rows: [(row: Row, source: Int)] = []
        for series in Series.split(bars) { rows += series.rows(target) }
        rows.removeAll { !$0.row.label.isFinite }
        labelled = rows.count
        missing = columns.map { column in
            rows.count { !matrix[$0.source * plan.width + column].isFinite }
        }
        rows.removeAll { entry in columns.contains { !matrix[entry.source * plan.width + $0].isFinite } }
        rows.sort { ($0.row.time, $0.row.instrument) < ($1.row.time, $1.row.instrument) }
        features = columns.map { plan.schema.names[$0] }
        values = rows.flatMap { entry in columns.map { matrix[entry.source * plan.width + $0] } }
        self.rows = rows.map(\.row)
    }

    /// Returns some rows as a training set; positions ascend.
    package func trainingSet(_ positions: [Int]) -> TrainingSet {
        let width = features.count
        return TrainingSet(
            features: features, values: positions.flatMap { values[$0 * width..<($0 + 1) * width] },
            labels: positions.map { rows[$0].label }, times: positions.map { rows[$0].time },
            instruments: positions.map { rows[$0].instrument })
    }

    /// Returns the features of some rows, row-major.
    package func input(_ positions: [Int]) -> [Double] {
        let width = features.count
        return positions.flatMap { values[$0 * width..<($0 + 1) * width] }
    }
}

/// The bars of one instrument on one level of its price, with where each stands in the whole: no label and no trailing
/// measure reaches across a change of level.
private struct Series {
    let instrument: InstrumentID
    var closes: [Double] = []
    var times: [Int64] = []
    var sources: [Int] = []

    static func split(_ bars: [Bar]) -> [Series] {
        var places: [InstrumentID: Int] = [:]
        var all: [Series] = []
        for (source, bar) in bars.enumerated() {
            var place = places[bar.instrument] ?? all.count
            if place == all.count || bar.flags.contains(.newLevel) {
                place = all.count
                places[bar.instrument] = place
                all.append(Series(instrument: bar.instrument))
            }
            all[place].closes.append(bar.close)
            all[place].times.append(bar.time)
            all[place].sources.append(source)
        }
        return all
    }

    func rows(_ target: Target) -> [(row: SupervisedSet.Row, source: Int)] {
        closes.indices.compactMap { index in
            guard let label = target.label(closes, at: index), let trailing = target.trailing(closes, at: index) else {
                return nil
            }
            let row = SupervisedSet.Row(
                time: times[index], labelEnd: times[index + target.horizon], instrument: instrument, label: label,
                trailing: trailing)
            return (row, sources[index])
        }
    }
}
