/// What a book has won and lost over time; kept over a restart.
package struct RiskAccount: Sendable, Hashable, Codable {
    private static let day: Int64 = 86_400_000_000_000

    /// Profit that is certain, base currency.
    package var realised = 0.0
    /// The greatest equity so far; `nil` before the first.
    package var peak: Double?
    /// The day, counted from the Unix epoch, UTC.
    package var day: Int64?
    /// Equity at the end of the day before.
    package var dayEquity = 0.0
    /// What was traded on the day, base currency.
    package var traded = 0.0
    /// Equity now.
    package private(set) var equity = 0.0

    /// Creates an account before the first price.
    package init() {}

    /// Takes in what equity is at a time.
    package mutating func set(equity now: Double, at time: Int64) {
        begin(time, with: peak == nil ? now : equity)
        equity = now
        peak = max(peak ?? now, now)
    }

    /// Takes in what was traded at a time.
    package mutating func trade(_ value: Double, at time: Int64) {
        begin(time, with: equity)
        traded += abs(value)
    }

    private mutating func begin(_ time: Int64, with equity: Double) {
        let today = time / Self.day
        guard day.map({ $0 < today }) ?? true else { return }
        (day, dayEquity, traded) = (today, equity, 0)
    }

    /// What was lost on the day; negative for a profit.
    package var dailyLoss: Double { dayEquity - equity }

    /// How far equity is below its peak, as a fraction of it; 0 where there is none above zero.
    package var drawdown: Double {
        guard let peak, peak > 0 else { return 0 }
        return (peak - equity) / peak
    }
}
