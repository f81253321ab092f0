import HostCore
import PredictionTargets

extension ModelCard {
    /// How the tests went in a stretch of event time: the out-of-sample curve is drawn from these.
    package struct Stretch: Codable, Sendable, Hashable {
        /// Its last event time, nanoseconds since the Unix epoch, UTC.
        package var through: Int64
        /// Rows judged.
        package var rows: Int
        /// Correlation of prediction and label; `nil` where it is undefined.
        package var ic: Double?
        /// Sum of squared errors, and what predicting the mean label of the training rows would have had.
        package var loss, naive: Double
        /// Rows with an interval of 90 % from the outcomes known by then, and those whose label lay within; none for classes.
        package var bounded, within: Int
    }

    /// Stretches that the tests are cut into at most.
    static let stretches = 48
    /// Share of labels that the intervals of a course are to hold.
    package static let coverage = 0.9

    /// Cuts judged rows, in ascending event time, into stretches of as many event times.
    static func course(_ rows: [PanelMetrics.Row], _ target: Target) -> [Stretch] {
        let times = rows.reduce(into: [Int64]()) { times, row in if times.last != row.time { times.append(row.time) } }
        guard !times.isEmpty else { return [] }
        let held = target.isClass ? [] : within(rows, target)
        let length = (times.count + stretches - 1) / stretches
        var (found, start) = ([Stretch](), 0)
        for last in stride(from: length - 1, to: times.count + length - 1, by: length) {
            let through = times[min(last, times.count - 1)]
            var end = start
            while end < rows.count, rows[end].time <= through { end += 1 }
            found.append(stretch(rows[start..<end], held, through))
            start = end
        }
        return found
    }

    private static func stretch(
        _ rows: ArraySlice<PanelMetrics.Row>, _ held: [Bool?], _ through: Int64
    ) -> Stretch {
        let own = rows.map(\.observation)
        let known = held.isEmpty ? [] : rows.indices.compactMap { held[$0] }
        func sum(_ error: (PredictionMetrics.Observation) -> Double) -> Double {
            own.reduce(0) { $0 + error($1) * error($1) }
        }
        return Stretch(
            through: through, rows: own.count,
            ic: PredictionMetrics.pearson(own.map(\.prediction), own.map(\.label)),
            loss: sum { $0.label - $0.prediction }, naive: sum { $0.label - $0.trainMean }, bounded: known.count,
            within: known.count(where: \.self))
    }

    /// For each row whether its label lay in the interval from the outcomes of its instrument known by then; `nil` where there was none.
    private static func within(_ rows: [PanelMetrics.Row], _ target: Target) -> [Bool?] {
        var held = [Bool?](repeating: nil, count: rows.count)
        for (_, places) in Dictionary(grouping: rows.indices, by: { rows[$0].instrument }) {
            var interval = ConformalInterval(coverage: coverage, horizon: target.horizon)
            for (number, place) in places.enumerated() {
                if number >= target.horizon {
                    let known = rows[places[number - target.horizon]].observation
                    interval.add(error: known.prediction - known.label)
                }
                guard let reach = interval.reach else { continue }
                let own = rows[place].observation
                held[place] = abs(own.prediction - own.label) <= reach
            }
        }
        return held
    }
}

extension ModelCard {
    /// How much each member of an ensemble counted in each test, from its first event time on; empty for other models. Where
    /// instruments have fits of their own, the mean of those that begin together.
    package var weights: [(member: String, times: [Int64], values: [Double])] {
        let tests = Dictionary(grouping: folds, by: \.validAfter).sorted { $0.key < $1.key }.map { time, folds in
            (time, FitFigures.means(folds.compactMap(\.figures)) ?? [:])
        }
        let names = Set(tests.flatMap(\.1.keys)).filter { $0.hasPrefix("weight.") }
        return names.sorted().map { name in
            let own = tests.compactMap { time, figures in figures[name].map { (time, $0) } }
            return (String(name.dropFirst("weight.".count)), own.map(\.0), own.map(\.1))
        }
    }
}
