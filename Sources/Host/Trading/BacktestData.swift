package import PluginKit

/// Bars in the order in which a session takes them; made once, read by every run of a sweep.
package struct BacktestData: Sendable {
    /// Bars by event time, those of one in the order of their instruments.
    package let bars: [Bar]
    /// The place of each bar's instrument.
    package let members: [Int]
    /// Which of the bars given each is.
    package let sources: [Int]
    /// The bars of each event time.
    package let steps: [Range<Int>]

    /// Takes bars in any order, at most one of an instrument and event time; those without a place and those
    /// outside of the time are left out.
    package init(
        _ given: [Bar], from first: Int64 = .min, through last: Int64 = .max, place: (InstrumentID) -> Int?
    ) {
        var rows: [(time: Int64, member: Int, source: Int)] = []
        rows.reserveCapacity(given.count)
        for (source, bar) in given.enumerated() {
            guard bar.time >= first, bar.time <= last else { continue }
            if let member = place(bar.instrument) { rows.append((bar.time, member, source)) }
        }
        // What is in order already, as the bars of one instrument are, is not sorted.
        let isSorted = rows.indices.dropFirst().allSatisfy {
            (rows[$0 - 1].time, rows[$0 - 1].member) <= (rows[$0].time, rows[$0].member)
        }
        if !isSorted { rows.sort { ($0.time, $0.member, $0.source) < ($1.time, $1.member, $1.source) } }
        bars = rows.map { given[$0.source] }
        members = rows.map(\.member)
        sources = rows.map(\.source)
        var steps: [Range<Int>] = []
        steps.reserveCapacity(rows.count)
        var start = 0
        while start < rows.count {
            var end = start + 1
            while end < rows.count, rows[end].time == rows[start].time { end += 1 }
            steps.append(start..<end)
            start = end
        }
        self.steps = steps
    }

    /// Returns numbers of the bars given in the order of `bars`.
    package func ordered(_ values: [Double]) -> [Double] { sources.map { values[$0] } }

    /// Runs a strategy over all of it.
    ///
    /// - Parameters:
    ///   - signals: one a bar, in the order of `bars`; NaN where there is none.
    package func run(_ plan: StrategyPlan, signals: [Double]) -> TradingSession {
        var session = TradingSession(plan)
        for step in steps { session.step(bars[step], of: members[step], signals: signals[step]) }
        return session
    }
}
