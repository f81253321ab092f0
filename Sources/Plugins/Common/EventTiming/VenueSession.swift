public import PluginKit

/// Zone and end of the regular session of an instrument, where nothing else is said.
public struct VenueSession: Sendable, Hashable {
    /// IANA name of the local times' zone.
    public let zoneName: String
    /// Local second of the day.
    public let close: Int64
    /// Whether nothing is traded on Saturday and Sunday.
    public let hasWeekend: Bool

    /// Looks the session up.
    public init(_ instrument: Instrument) {
        switch instrument.venue {
        case "US" where !Self.isPair(instrument.code):
            (zoneName, close, hasWeekend) = ("America/New_York", 16 * 3_600, true)
        case "SH", "SZ", "BJ": (zoneName, close, hasWeekend) = ("Asia/Shanghai", 15 * 3_600, true)
        case "HK": (zoneName, close, hasWeekend) = ("Asia/Hong_Kong", 16 * 3_600, true)
        default: (zoneName, close, hasWeekend) = ("UTC", 24 * 3_600, false)
        }
    }

    /// Whether a code is a pair of currencies (`BTC-USD`, `ETH/USDT`, `EURUSD=X`), which no session ends: read without a
    /// venue it counts as `US`, but the day of what is traded round the clock ends at midnight UTC.
    private static func isPair(_ code: String) -> Bool {
        if code.hasSuffix("=X") { return true }
        guard let cut = code.lastIndex(where: { $0 == "-" || $0 == "/" }) else { return false }
        let quotes = ["USD", "USDT", "USDC", "EUR", "GBP", "JPY", "CNY", "HKD", "BTC", "ETH"]
        return quotes.contains(String(code[code.index(after: cut)...]))
    }
}
