import PluginKit

/// What could have been held instead, from the first day of a back-test on; without costs.
struct Benchmarks {
    /// Equal amounts of all instruments there were on the first day, never touched again.
    private(set) var buyAndHold: [Double] = []
    /// Equal parts of all instruments at each event time.
    private(set) var equalWeight: [Double] = []
    /// Days, in days after 1970-01-01, UTC.
    private(set) var days: [Int32] = []

    /// Follows the instruments through the event times of a session's points.
    init(_ data: BacktestData, members: Int, from begin: Int64) {
        var last = [Double](repeating: .nan, count: members)
        var held: [(member: Int, units: Double)]?
        var (equal, hold) = (1.0, 1.0)
        for step in data.steps {
            let (time, old) = (data.bars[step.lowerBound].time, last)
            for index in step { last[data.members[index]] = data.bars[index].close }
            guard time >= begin else { continue }
            if let held {
                hold = held.reduce(0) { $0 + $1.units * last[$1.member] }
                let moves = step.compactMap { index -> Double? in
                    let before = old[data.members[index]]
                    return before > 0 ? data.bars[index].close / before - 1 : nil
                }
                if !moves.isEmpty { equal *= 1 + moves.reduce(0, +) / Double(moves.count) }
            } else {
                let there = last.indices.filter { last[$0] > 0 }
                held = there.map { ($0, 1 / Double(there.count) / last[$0]) }
            }
            let day = TradingDay.day(of: time, offset: 0)
            if days.last != day {
                days.append(day)
                buyAndHold.append(hold)
                equalWeight.append(equal)
            } else {
                buyAndHold[days.count - 1] = hold
                equalWeight[days.count - 1] = equal
            }
        }
    }
}
