import CivilTime
public import PluginKit

/// How far apart the rows of a source are, which tells the span of its bars.
public struct RowSteps: Sendable {
    private var counts: [Int64: Int] = [:]

    /// Creates one that has seen no row.
    public init() {}

    /// Notes how many seconds one row is from the next.
    public mutating func note(_ seconds: Int64) { counts[Self.rounded(seconds), default: 0] += 1 }

    /// The step, in seconds, of half of them or more; `nil` where they do not agree, or are fewer than three.
    public var usual: Int64? {
        let total = counts.values.reduce(0, +)
        guard total >= 3, let most = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }) else { return nil }
        return most.value * 2 >= total ? most.key : nil
    }

    /// The span of a step in the words of a timeframe.
    public static func timeframe(of seconds: Int64) -> String {
        let units: [(Int64, String)] = [
            (30 * 86_400, "mo"), (7 * 86_400, "w"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"),
        ]
        let unit = units.first { seconds % $0.0 == 0 } ?? (1, "s")
        return "\(seconds / unit.0)\(unit.1)"
    }

    /// Whether bars are dated by the start of their span: weeks that are all dated on a Monday, months on one of their first
    /// days; `days` count from 1970-01-01, three are the least to judge by.
    public static func areByStart(_ days: [Int64], _ timeframe: Timeframe) -> Bool {
        guard days.count >= 3 else { return false }
        return days.allSatisfy { day in
            let date = CivilDate(daysSinceEpoch: day)
            return timeframe.unit == .week ? date.weekday == 1 : timeframe.unit == .month && date.day <= 3
        }
    }

    /// Months, quarters and years are not all of one length.
    private static func rounded(_ seconds: Int64) -> Int64 {
        switch seconds / 86_400 {
        case 28...31: 30 * 86_400
        case 89...92: 90 * 86_400
        case 365...366: 360 * 86_400
        default: seconds
        }
    }
}

/// Amounts that are far from volume times close: lots stand for shares, thousands for ones.
public struct OddAmounts: Sendable {
    /// The facts and the remedy, behind the name of what has them and "has".
    public let text: String

    /// Judges amounts over volume times close; `nil` where they are as usual. The mean price, amount over volume, is near the close,
    /// whatever the market.
    public init?(_ ratios: [Double]) {
        guard !ratios.isEmpty else { return nil }
        let ratio = ratios.sorted()[ratios.count / 2]
        guard !(0.2...5).contains(ratio) else { return nil }
        let known: [(Double, String)] = [
            (0.1, "volume_unit: lots and amount_unit: 1000 (preset: tushare)"), (100, "volume_unit: lots"),
            (1e-3, "amount_unit: 1000"), (1e-4, "amount_unit: 10000"), (1_000, "volume_unit: thousands"),
            (0.01, "volume_unit: lots and amount_unit: 10000"), (1e4, "volume_unit: ten_thousands"),
        ]
        let guess = known.first { (0.4...2.5).contains(ratio / $0.0) }
        let remedy = guess.map { "It looks like \($0.1)." } ?? "Check volume_unit, amount_unit and columns."
        text =
            "amounts that are \(Self.short(ratio)) times volume times close; near 1 is usual (an index or adjusted prices are an "
            + "exception). \(remedy)"
    }

    private static func short(_ ratio: Double) -> String {
        ratio >= 1 ? "\((ratio * 10).rounded() / 10)" : "1/\(((1 / ratio) * 10).rounded() / 10)"
    }
}
