public import PluginKit

/// One series of the contracts of a future: each day that of the main contract, with what a change of contract does to prices
/// taken out of the days before it, where that is wanted.
///
/// The main contract of a day is the one that traded most, or is held most, on the day before: nothing of the day itself
/// is known in advance. It never goes back to a contract that is delivered earlier. The first day there is has no day before, and no bar.
public struct ContractRoll: Sendable {
    /// By what a contract is the main one.
    public enum Rule: String, Sendable, CaseIterable {
        /// Volume.
        case volume
        /// Open interest.
        case openInterest = "open_interest"
    }

    /// What is done to prices before a change of contract.
    public enum Adjustment: String, Sendable, CaseIterable {
        /// They stay as traded.
        case none
        /// They are multiplied by new over old close of the day before the change: returns are right.
        case ratio
        /// The difference of these closes is added: price moves are right, also through zero.
        case difference
    }

    /// A day of a contract.
    public struct Day: Sendable {
        /// Its bar.
        public let bar: Bar
        /// Contracts that are open at its end.
        public let interest: Double

        /// Takes both.
        public init(_ bar: Bar, interest: Double) { (self.bar, self.interest) = (bar, interest) }
    }

    private let rule: Rule
    private let adjustment: Adjustment

    /// Chooses how.
    public init(_ rule: Rule, _ adjustment: Adjustment) { (self.rule, self.adjustment) = (rule, adjustment) }

    /// Returns the series, ascending; `nil` where a ratio is wanted over a close that is not above zero.
    ///
    /// - Parameter contracts: the days of each, ascending; the contract that is delivered first is the first.
    public func series(_ contracts: [[Day]]) -> [Bar]? {
        let days = contracts.map { Dictionary($0.map { ($0.bar.time, $0) }) { first, _ in first } }
        let times = Set(days.flatMap(\.keys)).sorted()
        var (bars, starts): ([Bar], [(place: Int, step: Double)]) = ([], [])
        var current: Int?
        for (before, time) in zip(times, times.dropFirst()) {
            let chosen = main(days, at: before, from: current, tradedAt: time)
            guard let chosen, let day = days[chosen][time] else { continue }
            if let old = current, chosen != old {
                guard let step = step(days[old][before], days[chosen][before]) else { return nil }
                starts.append((bars.count, step))
            }
            current = chosen
            bars.append(day.bar)
        }
        return adjusted(bars, starts)
    }

    /// The main contract of the day after one, none before the one at hand; the next that trades where that one is over.
    private func main(
        _ days: [[Int64: Day]], at before: Int64, from current: Int?, tradedAt time: Int64
    ) -> Int? {
        let range = (current ?? 0)..<days.count
        let open = range.filter { days[$0][time] != nil }
        let known = open.filter { days[$0][before] != nil }
        return known.max { measure(days[$0][before]) < measure(days[$1][before]) } ?? open.first
    }

    private func measure(_ day: Day?) -> Double {
        guard let day else { return -1 }
        let value = rule == .volume ? day.bar.volume : day.interest
        return value.isFinite ? value : -1
    }

    /// What the prices before a change are multiplied by, or moved by; nothing where one of the closes is not there.
    private func step(_ old: Day?, _ new: Day?) -> Double? {
        guard let old = old?.bar.close, let new = new?.bar.close else { return adjustment == .ratio ? 1 : 0 }
        switch adjustment {
        case .none: return 0
        case .difference: return new - old
        case .ratio: return old > 0 && new > 0 ? new / old : nil
        }
    }

    private func adjusted(_ bars: [Bar], _ starts: [(place: Int, step: Double)]) -> [Bar] {
        guard adjustment != .none else { return bars }
        var (bars, factor, offset) = (bars, 1.0, 0.0)
        var open = starts[...]
        for place in bars.indices.reversed() {
            bars[place].open = bars[place].open * factor + offset
            bars[place].high = bars[place].high * factor + offset
            bars[place].low = bars[place].low * factor + offset
            bars[place].close = bars[place].close * factor + offset
            bars[place].flags.insert(.adjusted)
            while let start = open.last, start.place == place {
                if adjustment == .ratio { factor *= start.step } else { offset += start.step }
                open.removeLast()
            }
        }
        return bars
    }
}
