import Glibc
import PluginKit
import PredictionTargets

/// How much each row of a training set counts, 1 in the mean.
///
/// By age a row counts half every `halfLife` event times before the last one of the set. By uniqueness it counts the mean, over the
/// bars that its label looks at, of one over how many labels of the instrument look at that bar: where each bar has a row and the
/// horizon is `k` that is about `1 / k` of each, and more beside gaps.
///
/// Source: M. López de Prado, *Advances in Financial Machine Learning*, 2018, chapter 4 (average uniqueness).
struct RowWeights {
    private let weighting: RowWeighting

    init(_ weighting: RowWeighting) { self.weighting = weighting }

    /// Returns the weights of rows in ascending event time.
    func weights(of rows: [SupervisedSet.Row]) -> [Double] {
        var weights = ages(rows)
        if weighting.isByUniqueness {
            for (place, share) in uniqueness(rows) { weights[place] *= share }
        }
        let sum = weights.reduce(0, +)
        // Of rows too old to count anything in double precision all count alike.
        guard sum > 0 else { return rows.map { _ in 1 } }
        return weights.map { max($0 / sum * Double(rows.count), .leastNormalMagnitude) }
    }

    private func ages(_ rows: [SupervisedSet.Row]) -> [Double] {
        guard let halfLife = weighting.halfLife else { return rows.map { _ in 1 } }
        var (age, ages) = (0, [Double]())
        for place in rows.indices.reversed() {
            if place + 1 < rows.count, rows[place].time != rows[place + 1].time { age += 1 }
            ages.append(exp2(-Double(age) / Double(halfLife)))
        }
        return ages.reversed()
    }

    /// For the rows of each instrument, in steps from one event time that it knows to the next.
    private func uniqueness(_ rows: [SupervisedSet.Row]) -> [(place: Int, share: Double)] {
        Dictionary(grouping: rows.indices) { rows[$0].instrument }.values.flatMap { places in
            let times = Set(places.flatMap { [rows[$0].time, rows[$0].labelEnd] }).sorted()
            let steps = Dictionary(uniqueKeysWithValues: times.enumerated().map { ($1, $0) })
            let spans = places.map { (first: steps[rows[$0].time] ?? 0, last: steps[rows[$0].labelEnd] ?? 0) }
            // Labels that look at each step, from where they begin and end; then sums of one over them.
            var labels = Array(repeating: 0, count: times.count + 1)
            for span in spans {
                labels[span.first] += 1
                labels[span.last] -= 1
            }
            var (open, sums) = (0, [0.0])
            for step in times.indices {
                open += labels[step]
                sums.append(sums[step] + (open > 0 ? 1 / Double(open) : 0))
            }
            return zip(places, spans).map { place, span in
                (
                    place,
                    span.last > span.first ? (sums[span.last] - sums[span.first]) / Double(span.last - span.first) : 1
                )
            }
        }
    }
}
