package import PredictionTargets

/// One test of a validation.
package struct Fold: Sendable {
    /// Rows to learn from.
    package let train: [Int]
    /// Rows to be tested on.
    package let test: [Int]
    /// Just before the test's first event time: where the tests go forward no label learned from ends later.
    package let validAfter: Int64
    /// Last event time of the test.
    package let validThrough: Int64

    /// Creates a test.
    package init(train: [Int], test: [Int], validAfter: Int64, validThrough: Int64) {
        self.train = train
        self.test = test
        self.validAfter = validAfter
        self.validThrough = validThrough
    }
}

extension ValidationScheme {
    /// Returns the tests for rows in ascending event time; empty where there is too little to learn from.
    package func folds(of rows: [SupervisedSet.Row]) -> [Fold] {
        let timeline = Timeline(rows)
        let stretches = kind.isForward ? folds + 1 : folds
        let size = timeline.times.count / stretches
        guard size > 0 else { return [] }
        let cuts = (0..<stretches).map { number in
            number * size..<(number == stretches - 1 ? timeline.times.count : (number + 1) * size)
        }
        let choices = kind.isForward ? cuts.dropFirst().map { [$0] } : Self.choices(tested, of: cuts[...])
        return choices.compactMap { fold(rows, timeline, testing: $0) }
    }

    /// Every choice of some stretches, in order.
    private static func choices(_ count: Int, of cuts: ArraySlice<Range<Int>>) -> [[Range<Int>]] {
        guard count > 0 else { return [[]] }
        return cuts.indices.dropLast(count - 1).flatMap { place in
            choices(count - 1, of: cuts[(place + 1)...]).map { [cuts[place]] + $0 }
        }
    }

    private func fold(_ rows: [SupervisedSet.Row], _ timeline: Timeline, testing stretches: [Range<Int>]) -> Fold? {
        guard let first = stretches.first?.lowerBound, let last = stretches.last?.upperBound else { return nil }
        let tests = stretches.map { timeline.stretch($0, embargo: embargo) }
        let earliest = window.map { timeline.times[max(0, first - embargo - $0)] } ?? .min
        let train = rows.indices.filter { place in
            let row = rows[place]
            guard row.time >= earliest, !kind.isForward || row.time < tests[0].start else { return false }
            return tests.allSatisfy { $0.leaves(row) }
        }
        let test = stretches.flatMap { timeline.rows[$0.lowerBound]..<timeline.rows[$0.upperBound] }
        guard train.count >= minTrain, !test.isEmpty else { return nil }
        return Fold(
            train: train, test: test, validAfter: timeline.times[first] - 1, validThrough: timeline.times[last - 1])
    }
}

/// The event times of rows, and where the rows of each begin.
private struct Timeline {
    /// A stretch that is tested, with what may not be learned from around it.
    struct Stretch {
        /// Its first event time, and the last that its labels need.
        let start: Int64
        let end: Int64
        /// The first and the last event time of it with its embargo.
        let near: ClosedRange<Int64>

        /// Whether a row may be learned from: neither it nor what its label needs meets the stretch.
        func leaves(_ row: SupervisedSet.Row) -> Bool {
            !near.contains(row.time) && (row.labelEnd < start || row.time > end)
        }
    }

    private(set) var times: [Int64] = []
    /// Position of the first row of each time, and behind the last.
    private(set) var rows: [Int] = []
    /// The last event time that labels of each time need.
    private var ends: [Int64] = []

    init(_ all: [SupervisedSet.Row]) {
        for (place, row) in all.enumerated() {
            if times.last != row.time {
                times.append(row.time)
                rows.append(place)
                ends.append(row.labelEnd)
            }
            ends[ends.count - 1] = max(ends[ends.count - 1], row.labelEnd)
        }
        rows.append(all.count)
    }

    func stretch(_ range: Range<Int>, embargo: Int) -> Stretch {
        let near = max(0, range.lowerBound - embargo)...min(times.count - 1, range.upperBound - 1 + embargo)
        return Stretch(
            start: times[range.lowerBound], end: ends[range].max() ?? times[range.upperBound - 1],
            near: times[near.lowerBound]...times[near.upperBound])
    }
}
