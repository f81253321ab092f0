import EventTiming
import HTTPFetch
import PluginKit
import SocketStream

extension Yahoo {
    static let schema = ConfigurationSchema(
        [
            .choice(
                "prices", ["raw", "split_adjusted"], default: "raw",
                "raw undoes the splits that Yahoo puts into its prices, as factors need; split_adjusted keeps them."),
            ConfigurationOption("symbols", .map(.text), "What Yahoo calls single instruments: SPX.US: ^GSPC."),
            .boolean(
                "minor_units", default: true,
                "Whether prices in pence, cents and agorot (GBp, ZAc, ILA) become pounds, rand and shekels."),
            FilingDeadline.option,
            .text(
                "base_url", default: "https://query2.finance.yahoo.com", "Where charts, quotes and fundamentals are."),
            .text("crumb_url", default: "https://query1.finance.yahoo.com", "Where the crumb is."),
            .text("cookie_url", default: "https://fc.yahoo.com", "Where the cookie is."),
            .text(
                "stream_url", default: "wss://streamer.finance.yahoo.com/?version=2",
                "Where quotes and trades are pushed."
            ),
        ] + HTTPOptions.schema(timeout: .seconds(10), userAgent: browser) + StreamOptions.schema)

    /// What Yahoo answers to more often than to a program's own name.
    private static let browser =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
}

/// The options of an instance, read.
struct YahooOptions: Sendable {
    let instance: String
    let isRaw: Bool
    let symbols: [String: String]
    let convertsMinorUnits: Bool
    let refusesUndated: Bool
    let base: HTTPAddress
    let crumb: HTTPAddress
    let cookie: HTTPAddress

    init(_ configuration: Configuration) throws(PluginError) {
        instance = configuration.instance
        isRaw = try configuration.text("prices") == "raw"
        var symbols: [String: String] = [:]
        if case .map(let names) = configuration.values["symbols"] {
            for case (let name, .text(let symbol)) in names { symbols[name] = symbol }
        }
        self.symbols = symbols
        convertsMinorUnits = try configuration.boolean("minor_units")
        refusesUndated = try configuration.text("undated") == "refuse"
        base = try configuration.address("base_url")
        crumb = try configuration.address("crumb_url")
        cookie = try configuration.address("cookie_url")
    }

    /// What a price in a currency is multiplied by: 0.01 for its hundredth.
    func unit(of currency: String?) -> Double {
        convertsMinorUnits && ["GBp", "GBX", "ZAc", "ILA"].contains(currency) ? 0.01 : 1
    }
}
