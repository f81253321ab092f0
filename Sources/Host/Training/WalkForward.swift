/// How a model is judged: it learns from the past only, then predicts what it has not seen, several times forward.
///
/// The event times are cut into `folds + 1` equal stretches. Fold j learns from what lies before stretch j and is tested on
/// it. Purge: no row is learned from whose label ends at or after the test's start. Embargo: the `embargo` event times
/// before the test's start are left out besides.
package struct WalkForward: Sendable, Hashable {
    /// Number of tests; 2 or more.
    package let folds: Int
    /// Event times left out before each test.
    package let embargo: Int
    /// Rows a fold must be able to learn from; folds with fewer are left out.
    package let minTrain: Int

    /// One test.
    package struct Fold: Sendable {
        /// Rows to learn from.
        package let train: [Int]
        /// Rows to be tested on.
        package let test: [Int]
        /// Just before the test's first event time: no label learned from ends later.
        package let validAfter: Int64
        /// Last event time of the test.
        package let validThrough: Int64
    }

    /// Creates a scheme.
    package init(folds: Int, embargo: Int, minTrain: Int) {
        self.folds = folds
        self.embargo = embargo
        self.minTrain = minTrain
    }

    /// Returns the tests for rows in ascending event time; empty where there is too little to learn from.
    package func split(_ rows: [SupervisedSet.Row]) -> [Fold] {
        let times = Self.distinctTimes(rows)
        let size = times.count / (folds + 1)
        guard size > 0 else { return [] }
        return (1...folds).compactMap { number in
            let first = number * size
            let last = number == folds ? times.count - 1 : first + size - 1
            return fold(rows, times, first: first, last: last)
        }
    }

    private func fold(_ rows: [SupervisedSet.Row], _ times: [Int64], first: Int, last: Int) -> Fold? {
        let start = times[first]
        let lastTrainTime = times[max(0, first - 1 - embargo)]
        guard first - 1 - embargo >= 0 else { return nil }
        let train = rows.indices.filter { rows[$0].time <= lastTrainTime && rows[$0].labelEnd < start }
        let test = rows.indices.filter { rows[$0].time >= start && rows[$0].time <= times[last] }
        guard train.count >= minTrain, !test.isEmpty else { return nil }
        return Fold(train: train, test: test, validAfter: start - 1, validThrough: times[last])
    }

    private static func distinctTimes(_ rows: [SupervisedSet.Row]) -> [Int64] {
        var times: [Int64] = []
        for row in rows where times.last != row.time { times.append(row.time) }
        return times
    }
}
