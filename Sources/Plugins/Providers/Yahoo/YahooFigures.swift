import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import TimeZones

/// Fundamentals: statements from the time series, today's ratios from `quoteSummary`.
enum YahooFigures {
    /// Yahoo's types, and what the figures are called; with `_y` for years and `_q` for quarters behind.
    private static let statements: [(type: String, name: String)] = [
        ("TotalRevenue", "revenue"), ("GrossProfit", "gross_profit"), ("NetIncome", "net_income"),
        ("DilutedEPS", "earnings_per_share"), ("TotalAssets", "total_assets"),
        ("TotalLiabilitiesNetMinorityInterest", "total_liabilities"), ("StockholdersEquity", "equity"),
        ("OperatingCashFlow", "operating_cash_flow"), ("FreeCashFlow", "free_cash_flow"),
    ]

    /// Module and member of today's ratios, what they are called, and what they are multiplied by.
    private static let ratios: [(module: String, member: String, name: String, unit: Double)] = [
        ("summaryDetail", "trailingPE", "price_to_earnings", 1), ("summaryDetail", "marketCap", "market_value", 1),
        ("summaryDetail", "priceToSalesTrailing12Months", "price_to_sales", 1),
        ("defaultKeyStatistics", "priceToBook", "price_to_book", 1),
        ("defaultKeyStatistics", "trailingEps", "earnings_per_share", 1),
        ("financialData", "returnOnEquity", "return_on_equity", 1),
        ("financialData", "returnOnAssets", "return_on_assets", 1),
        // Yahoo gives percent.
        ("financialData", "debtToEquity", "debt_to_equity", 0.01),
        ("financialData", "revenueGrowth", "revenue_growth", 1), ("financialData", "grossMargins", "gross_margin", 1),
        ("financialData", "operatingCashflow", "operating_cash_flow", 1),
        ("financialData", "freeCashflow", "free_cash_flow", 1),
    ]

    static func history(_ base: HTTPAddress, _ symbol: String, now: Int64) -> HTTPAddress {
        let types = ["annual", "quarterly"].flatMap { period in statements.map { period + $0.type } }
        return base.path("ws", "fundamentals-timeseries", "v1", "finance", "timeseries", symbol).query([
            ("symbol", symbol), ("type", types.joined(separator: ",")), ("period1", "493590046"),
            // By the day, so that requests of one day are the same.
            ("period2", "\((now / 86_400_000_000_000 + 1) * 86_400)"),
        ])
    }

    static func summary(_ base: HTTPAddress, _ symbol: String) -> HTTPAddress {
        base.path("v10", "finance", "quoteSummary", symbol).query([
            ("modules", "financialData,defaultKeyStatistics,summaryDetail"), ("corsDomain", "finance.yahoo.com"),
            ("formatted", "false"), ("symbol", symbol), ("lang", "en-US"), ("region", "US"),
        ])
    }

    /// Reads statements: public when they had to be, since Yahoo does not say when they were. The last quarter of a year comes
    /// with the year.
    static func decodeHistory(
        _ response: HTTPResponse, _ target: RowTarget, _ options: YahooOptions
    ) throws(PluginError) -> FetchedEvents<Figure> {
        let subject = JSONSubject("\(options.instance): the statements of \(response.place)")
        let envelope = try JSONNode(response.body, subject)["timeseries"]
        if let fault = YahooFault.fault(in: envelope, options.instance) { throw fault }
        var found = FetchedEvents<Figure>()
        let years = years(envelope)
        for series in envelope["result"].elements {
            guard let type = series["meta"]["type"][0].text, let name = figure(type) else { continue }
            for entry in series[type].elements where !entry.isNull {
                let date = entry["asOfDate"].text ?? ""
                guard let value = entry["reportedValue"]["raw"].number, let day = ISO8601.date(date),
                    let end = endOfDay(day, target)
                else {
                    found.defects.append(
                        Defect(
                            instrument: target.reference.id, place: "\(response.place):\(type)",
                            reason: "unreadable_figure",
                            message: "'\(type)' has no value or no date.", raw: date))
                    continue
                }
                guard !options.refusesUndated,
                    let time = FilingDeadline.time(after: day, isAnnual: years.contains(date), target)
                else {
                    found.defects.append(
                        FilingDeadline.refusal(of: target.reference.id, "\(response.place):\(type)", date))
                    continue
                }
                found.events.append(
                    Figure(
                        time: time, periodEnd: end, value: value, name: name, instrument: target.reference.id,
                        flags: .suspect))
            }
        }
        return found
    }

    /// Reads today's ratios: public now, about the last quarter.
    static func decodeSummary(
        _ response: HTTPResponse, _ target: RowTarget, _ options: YahooOptions, now: Int64
    ) throws(PluginError) -> FetchedEvents<Figure> {
        let subject = JSONSubject("\(options.instance): the fundamentals of \(response.place)")
        let envelope = try JSONNode(response.body, subject)["quoteSummary"]
        if let fault = YahooFault.fault(in: envelope, options.instance) { throw fault }
        let modules = envelope["result"][0]
        var found = FetchedEvents<Figure>()
        for ratio in ratios {
            let node = modules[ratio.module][ratio.member]
            guard let value = node.number ?? node["raw"].number, let name = FigureName(ratio.name) else { continue }
            found.events.append(
                Figure(
                    time: now, periodEnd: now, value: value * ratio.unit, name: name, instrument: target.reference.id))
        }
        return found
    }

    /// The days on which financial years end.
    private static func years(_ envelope: JSONNode) -> Set<String> {
        var years: Set<String> = []
        for series in envelope["result"].elements {
            guard let type = series["meta"]["type"][0].text, type.hasPrefix("annual") else { continue }
            years.formUnion(series[type].elements.compactMap { $0["asOfDate"].text })
        }
        return years
    }

    private static func figure(_ type: String) -> FigureName? {
        for (prefix, suffix) in [("annual", "_y"), ("quarterly", "_q")] where type.hasPrefix(prefix) {
            let statement = statements.first { $0.type == type.dropFirst(prefix.utf8.count) }
            return statement.flatMap { FigureName($0.name + suffix) }
        }
        return nil
    }

    private static func endOfDay(_ day: CivilDate, _ target: RowTarget) -> Int64? {
        RowTiming.endOfDay(WrittenTime(day: day.daysSinceEpoch), target)
    }
}
