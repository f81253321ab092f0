package import PluginKit
import PredictionTargets

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
        /// Number of the bar among those of the data.
        package fileprivate(set) var bar = 0
        /// What came after.
        package fileprivate(set) var label: Double
        /// The same measure before: what persistence would predict.
        package fileprivate(set) var trailing: Double
        /// Whether a bar at one of its ends came late: then it is in no mean of others.
        package fileprivate(set) var isLate = false
    }

    /// Names of the features.
    package let features: [String]
    /// Rows in ascending event time, then instrument.
    package let rows: [Row]
    /// `rows.count * features.count` finite numbers, row-major; NaN where a member gave none, for a model that combines others.
    package let values: [Double]
    /// What the model sees of each row, where that is more than its own bar; `nil` where it is not.
    private let windows: RowWindows?
    /// How much each row counts in a fit; `nil` where all count alike.
    private let weights: RowWeights?

    /// Bars that the model sees together.
    package var steps: Int { windows?.steps ?? 1 }

    /// Bars with a known future: what there would be rows of if every feature had a value.
    package let labelled: Int
    /// Bars without a label since a price before or after them is not above zero, though the bars are there.
    package let unpriced: Int
    /// For each feature, of how many of these bars it has no value.
    package let missing: [Int]

    /// Labels each bar that has every feature and a known future.
    ///
    /// A model that combines others needs one of its members, and all of its features. Throws `.noData` for a column that is
    /// not there.
    package init(_ data: TrainingData, _ plan: TrainingPlan) throws(PluginError) {
        var rows: [(row: Row, source: Int)] = []
        var possible = 0
        for series in Series.split(data.bars) {
            rows += series.rows(plan.target)
            possible += max(0, series.closes.count - 2 * plan.target.horizon)
        }
        unpriced = possible - rows.count
        let start = plan.retrain?.start(newest: data.bars.map(\.time).max() ?? .max) ?? .min
        rows.removeAll { !$0.row.label.isFinite || $0.row.time < start }
        if plan.target.isCrossSectional { Self.compare(&rows, plan.target) }
        labelled = rows.count
        let columns = try data.columns(plan)
        missing = columns.map { column in rows.count { !column[$0.source].isFinite } }
        let (members, features) = (columns.prefix(plan.members.count), columns.dropFirst(plan.members.count))
        rows.removeAll { entry in
            let given = members.count { $0[entry.source].isFinite }
            return given < (plan.descriptor.combines ? min(1, members.count) : members.count)
                || features.contains { !$0[entry.source].isFinite }
        }
        let history = plan.window > 1 ? RowWindows.ends(data, columns, steps: plan.window) : nil
        if let history { rows.removeAll { history.ends[$0.source] == nil } }
        rows.sort { ($0.row.time, $0.row.instrument) < ($1.row.time, $1.row.instrument) }
        windows = history.map { history in
            RowWindows(
                steps: plan.window, width: columns.count, values: history.values,
                ends: rows.compactMap { history.ends[$0.source] })
        }
        weights = plan.weighting.map(RowWeights.init)
        self.features = plan.columns
        values = rows.flatMap { entry in columns.map { $0[entry.source] } }
        self.rows = rows.map(\.row)
    }

    /// Compares label and trailing measure with those of the instruments of the same event time: of those whose label is known when
    /// a row's own is, as outcomes are measured. Rows that have nothing to be compared with then go.
    private static func compare(_ rows: inout [(row: Row, source: Int)], _ target: Target) {
        var kept: [(row: Row, source: Int)] = []
        for section in Dictionary(grouping: rows.indices, by: { rows[$0].row.time }).values {
            let order = section.map { rows[$0] }.sorted {
                ($0.row.labelEnd, $0.row.label) < ($1.row.labelEnd, $1.row.label)
            }
            var known: [(label: Double, trailing: Double)] = []
            var first = 0
            while first < order.count {
                let end = order[first].row.labelEnd
                let last = order[first...].prefix { $0.row.labelEnd == end }.endIndex
                for (row, _) in order[first..<last] where !row.isLate { known.append((row.label, row.trailing)) }
                if known.count > 1 {
                    let labels = SectionStanding(known.map(\.label))
                    let trailing = SectionStanding(known.map(\.trailing))
                    for var entry in order[first..<last] {
                        entry.row.label = labels.compared(entry.row.label, for: target)
                        entry.row.trailing = trailing.compared(entry.row.trailing, for: target)
                        kept.append(entry)
                    }
                }
                first = last
            }
        }
        rows = kept.sorted { $0.source < $1.source }
    }

    /// Returns the rows at some positions, which ascend.
    package func part(_ positions: [Int]) -> SupervisedSet { SupervisedSet(self, positions) }

    private init(_ other: SupervisedSet, _ positions: [Int]) {
        (features, labelled, unpriced, missing) = (other.features, other.labelled, other.unpriced, other.missing)
        rows = positions.map { other.rows[$0] }
        values = other.newest(positions)
        windows = other.windows?.part(positions)
        weights = other.weights
    }

    /// The rows of each instrument apart, in the order of the instruments.
    package var byInstrument: [(instrument: InstrumentID, rows: SupervisedSet)] {
        let places = Dictionary(grouping: rows.indices) { rows[$0].instrument }
        return places.sorted { $0.key < $1.key }.map { ($0.key, SupervisedSet(self, $0.value)) }
    }

    /// Returns some rows as a training set, with other labels where they are given; positions ascend.
    package func trainingSet(_ positions: [Int], labels: [Double]? = nil) -> TrainingSet {
        let seen = windows?.rows(positions)
        return TrainingSet(
            features: features, time: steps, values: seen?.values ?? newest(positions), starts: seen?.starts,
            labels: labels ?? positions.map { rows[$0].label }, times: positions.map { rows[$0].time },
            instruments: positions.map { rows[$0].instrument },
            weights: weights?.weights(of: positions.map { rows[$0] }) ?? [])
    }

    /// Returns what the model sees of some rows: `steps * features.count` numbers each, oldest bar first.
    package func input(_ positions: [Int]) -> [Double] { windows?.input(positions) ?? newest(positions) }

    /// Returns the features of the bars of some rows, row-major.
    package func newest(_ positions: [Int]) -> [Double] {
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
    var isLate: [Bool] = []

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
            all[place].isLate.append(bar.flags.contains(.late))
        }
        return all
    }

    func rows(_ target: Target) -> [(row: SupervisedSet.Row, source: Int)] {
        closes.indices.compactMap { index in
            guard let label = target.label(closes, at: index), let trailing = target.trailing(closes, at: index) else {
                return nil
            }
            let row = SupervisedSet.Row(
                time: times[index], labelEnd: times[index + target.horizon], instrument: instrument,
                bar: sources[index], label: label, trailing: trailing,
                isLate: isLate[index] || isLate[index + target.horizon])
            return (row, sources[index])
        }
    }
}
