import PluginKit

/// How Yahoo names a timeframe, and how much of it Yahoo keeps.
struct YahooInterval: Sendable {
    /// Yahoo's word.
    let word: String
    /// Seconds of one of Yahoo's bars.
    let seconds: Int64
    /// Yahoo's bars of one of ours: it answers 30m with hours, so two of 15m are put together.
    let count: Int
    /// Days that Yahoo keeps; `nil` for all.
    let depthDays: Int64?
    /// Days it gives at once.
    let daysAtOnce: Int64?

    static let allowed = "1m, 2m, 5m, 15m, 30m, 60m, 90m, 1h, 1d, 1w, 1mo, 3mo"
    /// Daily bars.
    static let day = YahooInterval("1d", 86_400)

    private init(_ word: String, _ seconds: Int64, count: Int = 1, depth: Int64? = nil, atOnce: Int64? = nil) {
        (self.word, self.seconds, self.count, depthDays, daysAtOnce) = (word, seconds, count, depth, atOnce)
    }

    /// The interval of a timeframe; `nil` where Yahoo has none.
    init?(_ timeframe: Timeframe) {
        switch "\(timeframe)" {
        case "1m": self.init("1m", 60, depth: 29, atOnce: 7)
        case "2m": self.init("2m", 120, depth: 59)
        case "5m": self.init("5m", 300, depth: 59)
        case "15m": self.init("15m", 900, depth: 59)
        case "30m": self.init("15m", 900, count: 2, depth: 59)
        case "60m", "1h": self.init("1h", 3_600, depth: 729)
        case "90m": self.init("90m", 5_400, depth: 59)
        case "1d": self = .day
        case "1w": self.init("1wk", 7 * 86_400)
        case "1mo": self.init("1mo", 31 * 86_400)
        case "3mo": self.init("3mo", 92 * 86_400)
        default: return nil
        }
    }

    /// Whether its bars are shorter than a day.
    var isIntraday: Bool { seconds < 86_400 }

    /// Returns the ranges to ask for, in seconds since the Unix epoch: Yahoo dates bars by their start, so from a bar earlier
    /// on; nothing beyond now, and nothing older than Yahoo keeps.
    func pieces(_ range: ClosedRange<Int64>, now: Int64) -> [ClosedRange<Int64>] {
        let now = now / 1_000_000_000
        let last = min(range.upperBound / 1_000_000_000, now) + 1
        let wanted = range.lowerBound / 1_000_000_000 - max(seconds * Int64(count), 86_400)
        let first = max(wanted, depthDays.map { now - $0 * 86_400 } ?? Self.earliest)
        guard first < last else { return [] }
        guard let daysAtOnce else { return [first...last] }
        return stride(from: first, to: last, by: Int(daysAtOnce * 86_400)).map { start in
            start...min(start + daysAtOnce * 86_400, last)
        }
    }

    /// 1900: nothing is older.
    private static let earliest: Int64 = -2_208_988_800
}
