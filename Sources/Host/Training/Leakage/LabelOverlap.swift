/// Counts rows that are learned from though their label shares bars with a label of the test.
package enum LabelOverlap {
    /// Checks tests over rows in ascending event time.
    ///
    /// - Parameters:
    ///   - horizon: bars a label looks ahead.
    ///   - embargo: event times left out around each test, told beside what was found.
    package static func check(
        _ folds: [(folds: [Fold], rows: [SupervisedSet.Row])], horizon: Int, embargo: Int
    ) -> LeakageVerdict.Check {
        var (overlapping, learned) = (0, 0)
        for (folds, rows) in folds {
            for fold in folds {
                learned += fold.train.count
                overlapping += count(fold, rows)
            }
        }
        let numbers: [String: Double?] = [
            "rows": Double(learned), "overlapping": Double(overlapping), "horizon": Double(horizon),
            "embargo": Double(embargo),
        ]
        guard overlapping > 0 else { return LeakageVerdict.Check(.labelOverlap, .pass, "", numbers) }
        return LeakageVerdict.Check(
            .labelOverlap, .fail,
            "\(overlapping) of \(learned) rows that tests learned from share bars of their label with a label of the test: the "
                + "horizon is \(horizon) bars, and \(embargo) event times are left out.", numbers)
    }

    private static func count(_ fold: Fold, _ rows: [SupervisedSet.Row]) -> Int {
        // The stretches of event times that the test's labels need.
        var spans: [(first: Int64, last: Int64)] = []
        for place in fold.test {
            let row = rows[place]
            if let last = spans.last, row.time <= last.last {
                spans[spans.count - 1].last = max(last.last, row.labelEnd)
            } else {
                spans.append((row.time, row.labelEnd))
            }
        }
        return fold.train.count { place in
            let row = rows[place]
            return spans.contains { row.time < $0.last && row.labelEnd > $0.first }
        }
    }
}
