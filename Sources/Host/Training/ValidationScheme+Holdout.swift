package import PredictionTargets

extension ValidationScheme {
    /// Returns the first event time of the hold-out; `nil` where none is kept.
    package func holdoutStart(of rows: [SupervisedSet.Row]) -> Int64? {
        guard holdout > 0, let last = rows.last else { return nil }
        var times: [Int64] = []
        for row in rows where times.last != row.time { times.append(row.time) }
        let place = Int(Double(times.count) * (1 - holdout))
        return place < times.count ? times[place] : last.time
    }

    /// Returns the positions of the rows that may be learned from before a hold-out: no label reaches into it, and the embargo
    /// lies between.
    package func before(_ start: Int64, _ rows: [SupervisedSet.Row]) -> [Int] {
        var times: [Int64] = []
        for row in rows where row.time < start && times.last != row.time { times.append(row.time) }
        guard embargo < times.count else { return [] }
        let last = times[times.count - 1 - embargo]
        return rows.indices.filter { rows[$0].time <= last && rows[$0].labelEnd < start }
    }
}
