/// What the positions of a book would have won or lost in each of the last spans, were they held as now: value at risk and
/// expected shortfall by history, and by a variance that forgets (EWMA).
///
/// A position's returns are those of its stored closes. Where an instrument has no close at a time others have one, it has
/// not moved then. A change of one value costs one pass over its returns.
package struct Scenarios: Sendable {
    /// How fast the variance forgets, a span; that of RiskMetrics for days.
    package static let decay = 0.94

    /// How many past spans there are.
    package let count: Int
    /// How many positions have returns.
    package let covered: Int
    /// By position, then span: `returns[place * count + span]`, the oldest first.
    private let returns: [Double]
    /// What the book would have won in each span.
    package private(set) var profits: [Double]

    /// Knows nothing of the past.
    package init() { (count, covered, returns, profits) = (0, 0, [], []) }

    /// Creates scenarios of each position's returns, all equally long and the oldest first; `nil` for one without a past.
    package init(returns all: [[Double]?]) {
        let count = all.compactMap { $0?.count }.max() ?? 0
        self.count = count
        covered = all.count { $0 != nil }
        returns = all.flatMap { $0 ?? Array(repeating: 0, count: count) }
        profits = Array(repeating: 0, count: count)
    }

    /// Makes returns of closes, by time: one a time at which any of the instruments has a close, but for the first.
    ///
    /// - Parameters:
    ///   - closes: for each position times and closes in order.
    ///   - window: most returns, the newest.
    package static func returns(_ closes: [[(time: Int64, close: Double)]], window: Int) -> [[Double]?] {
        let times = Array(Set(closes.flatMap { $0.map(\.time) }).sorted().suffix(window + 1))
        guard times.count > 1 else { return closes.map { _ in nil } }
        return closes.map { own in
            guard own.count > 1 else { return nil }
            var (place, last) = (0, Double.nan)
            var made: [Double] = []
            made.reserveCapacity(times.count - 1)
            for (index, time) in times.enumerated() {
                let before = last
                while place < own.count, own[place].time <= time {
                    last = own[place].close
                    place += 1
                }
                let move = last / before - 1
                if index > 0 { made.append(move.isFinite ? move : 0) }
            }
            return made
        }
    }

    /// Whether there is a past to speak of.
    package var isUsable: Bool { count > 1 && covered > 0 }

    mutating func change(by value: Double, at place: Int) {
        guard count > 0, value != 0 else { return }
        let first = place * count
        returns.withUnsafeBufferPointer { returns in
            profits.withUnsafeMutableBufferPointer { profits in
                for span in 0..<count { profits[span] += value * returns[first + span] }
            }
        }
    }

    mutating func sum(_ values: [Double]) {
        guard values.count * count == returns.count else {
            self = Scenarios()
            return
        }
        for span in profits.indices { profits[span] = 0 }
        for (place, value) in values.enumerated() { change(by: value, at: place) }
    }

    /// The loss that history exceeded in no more than `1 - confidence` of the spans, and the mean of the losses at least as
    /// large; `nil` without a past. Between two spans it lies on the straight line, as `numpy.quantile` has it.
    package func history(_ confidence: Double) -> (valueAtRisk: Double, shortfall: Double)? {
        guard isUsable else { return nil }
        let sorted = profits.sorted()
        let place = (1 - confidence) * Double(count - 1)
        let below = min(count - 1, max(0, Int(place)))
        let above = min(count - 1, below + 1)
        let quantile = sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
        let tail = sorted.prefix { $0 <= quantile }
        let shortfall = tail.isEmpty ? quantile : tail.reduce(0, +) / Double(tail.count)
        return (-quantile, -shortfall)
    }

    /// The same of a normal distribution without a mean whose variance weighs the newest spans most; `nil` without a past.
    package func weighted(_ confidence: Double) -> (valueAtRisk: Double, shortfall: Double)? {
        guard isUsable else { return nil }
        var (variance, weight, all) = (0.0, 1.0, 0.0)
        for profit in profits.reversed() {
            variance += weight * profit * profit
            all += weight
            weight *= Self.decay
        }
        let deviation = (variance / all).squareRoot()
        let quantile = NormalDistribution.quantile(confidence)
        return (deviation * quantile, deviation * NormalDistribution.density(quantile) / (1 - confidence))
    }
}
