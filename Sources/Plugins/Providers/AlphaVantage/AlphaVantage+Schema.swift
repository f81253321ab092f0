import EventTiming
import HTTPFetch
import PluginKit

extension AlphaVantage {
    static let reports = ["overview", "earnings", "income", "balance", "cash_flow"]

    static let schema = ConfigurationSchema(
        [
            .secret("api_key", isRequired: true, "Key of the account."),
            .choice(
                "output_size", ["compact", "full"], default: "compact",
                "compact gives the last 100 bars, full all there are, for which daily bars need a premium key."),
            ConfigurationOption(
                "reports", .list(.choice(reports), 1...5), default: .list(reports.map { .text($0) }),
                "What figures are made of; each is a request."),
            ConfigurationOption(
                "symbols", .map(.text), "What Alpha Vantage calls single instruments: VOD.UK: VOD.LON."),
            FilingDeadline.option,
            .text("base_url", default: "https://www.alphavantage.co", "Where it is asked."),
        ] + HTTPOptions.schema(timeout: .seconds(15)))
}

/// The options of an instance, read.
struct AlphaVantageOptions: Sendable {
    let instance: String
    let key: Secret
    let outputSize: String
    let reports: [String]
    let symbols: [String: String]
    let refusesUndated: Bool
    let base: HTTPAddress

    init(_ configuration: Configuration) throws(PluginError) {
        instance = configuration.instance
        key = try configuration.secret("api_key")
        outputSize = try configuration.text("output_size")
        reports = try configuration.texts("reports")
        var symbols: [String: String] = [:]
        if case .map(let names) = configuration.values["symbols"] {
            for case (let name, .text(let symbol)) in names { symbols[name] = symbol }
        }
        self.symbols = symbols
        refusesUndated = try configuration.text("undated") == "refuse"
        base = try configuration.address("base_url")
    }
}
