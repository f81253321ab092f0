import EventTiming
import HTTPFetch
import PluginKit
import ShareRows

extension AkShare {
    static let schema = ConfigurationSchema(
        [
            .choice(
                "mode", ["native", "aktools"], default: "native",
                "Who is asked: Eastmoney, then Sina, then Tencent, or AkShare itself through an AKTools of yours."),
            .choice(
                "adjust", Adjustment.allCases.map(\.rawValue), default: "none",
                "Prices of bars: as traded, adjusted backwards from now (qfq), or forwards from the listing (hfq)."),
            ConfigurationOption(
                "sources", .list(.choice(sourceNames), 1...3), default: .list(sourceNames.map { .text($0) }),
                "Who is asked in mode native, in this order."),
            ConfigurationOption(
                "reports", .list(.choice(reportNames), 1...2), default: .list(reportNames.map { .text($0) }),
                "The tables that figures are asked of: the main indicators of reports, valuations by day."),
            FilingDeadline.option,
            .duration(
                "ban_pause", .seconds(1)...(.seconds(86_400)), default: .seconds(1_800),
                "How long a source that refuses this address is left alone."),
            .integer("requests_at_once", 1...16, default: 1, "Instruments asked for at one time."),
        ] + ContractRoll.options("by Sina's own rule, as traded")
            + addresses.map { .text($0.name, default: $0.url, $0.summary) }
            + HTTPOptions.schema(timeout: .seconds(10), userAgent: browser) + StreamOptions.schema)

    /// The sources of mode `native`.
    static let sourceNames = ["eastmoney", "sina", "tencent"]

    private static let reportNames = EastmoneyFigures.tables.map(\.name)

    /// The options that are base URLs.
    static let addresses: [(name: String, url: String, summary: String)] = [
        ("eastmoney_history_url", "https://push2his.eastmoney.com", "Where Eastmoney has bars."),
        ("eastmoney_quote_url", "https://push2.eastmoney.com", "Where Eastmoney has snapshots."),
        ("eastmoney_stream_url", "https://70.push2.eastmoney.com", "Where Eastmoney streams trades."),
        ("eastmoney_report_url", "https://datacenter.eastmoney.com", "Where Eastmoney has figures of reports."),
        ("eastmoney_valuation_url", "https://datacenter-web.eastmoney.com", "Where Eastmoney has valuations."),
        ("sina_history_url", "https://quotes.sina.cn", "Where Sina has bars."),
        ("sina_quote_url", "https://hq.sinajs.cn", "Where Sina has snapshots."),
        ("sina_factor_url", "https://finance.sina.com.cn", "Where Sina has factors."),
        ("sina_futures_url", "https://stock2.finance.sina.com.cn", "Where Sina has futures."),
        ("tencent_history_url", "https://web.ifzq.gtimg.cn", "Where Tencent has bars of days, weeks and months."),
        ("tencent_minute_url", "https://ifzq.gtimg.cn", "Where Tencent has bars of minutes."),
        ("tencent_quote_url", "https://qt.gtimg.cn", "Where Tencent has snapshots."),
        ("aktools_url", "http://127.0.0.1:8080", "Where AKTools listens; keep it on this machine."),
    ]

    /// The sources are made for browsers.
    private static let browser =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
}
