import CivilTime
import EventTiming
import FetchAssembly
import JSONReading
import PluginKit
import TimeZones

/// Statements, earnings and today's ratios as figures; pure functions of replies.
enum AlphaVantageFigures {
    /// A statement: its name in `reports`, its function, its members and what the figures are called.
    struct Statement: Sendable {
        let name: String
        let function: String
        let members: [(member: String, name: String)]
    }

    static let statements = [
        Statement(
            name: "income", function: "INCOME_STATEMENT",
            members: [("totalRevenue", "revenue"), ("grossProfit", "gross_profit"), ("netIncome", "net_income")]),
        Statement(
            name: "balance", function: "BALANCE_SHEET",
            members: [
                ("totalAssets", "total_assets"), ("totalLiabilities", "total_liabilities"),
                ("totalShareholderEquity", "equity"),
            ]),
        Statement(
            name: "cash_flow", function: "CASH_FLOW",
            members: [("operatingCashflow", "operating_cash_flow"), ("capitalExpenditures", "capital_expenditure")]),
    ]

    private static let ratios = [
        ("PERatio", "price_to_earnings"), ("PriceToBookRatio", "price_to_book"), ("EPS", "earnings_per_share"),
        ("ReturnOnEquityTTM", "return_on_equity"), ("ReturnOnAssetsTTM", "return_on_assets"),
        ("ProfitMargin", "net_margin"), ("QuarterlyRevenueGrowthYOY", "revenue_growth"),
        ("MarketCapitalization", "market_value"),
    ]

    /// Reads `EARNINGS`: earnings per share, and by the end of each quarter when it was reported.
    static func earnings(
        _ node: JSONNode, _ target: RowTarget, _ options: AlphaVantageOptions
    ) throws(PluginError) -> (found: FetchedEvents<Figure>, reported: [String: Int64]) {
        var reported: [String: Int64] = [:]
        for entry in node["quarterlyEarnings"].elements {
            guard let end = entry["fiscalDateEnding"].text, let day = entry["reportedDate"].text,
                let time = endOfDay(day, target)
            else { continue }
            reported[end] = time
        }
        let statement = Statement(name: "", function: "", members: [("reportedEPS", "earnings_per_share")])
        let renamed = JSONNode.object([
            "annualReports": node["annualEarnings"], "quarterlyReports": node["quarterlyEarnings"],
        ])
        return (try decode(renamed, statement, reported, target, options), reported)
    }

    /// Reads a statement: public when it was reported, else when it had to be. The last quarter of a year comes with the year.
    static func decode(
        _ node: JSONNode, _ statement: Statement, _ reported: [String: Int64], _ target: RowTarget,
        _ options: AlphaVantageOptions
    ) throws(PluginError) -> FetchedEvents<Figure> {
        var found = FetchedEvents<Figure>()
        let years = Set(node["annualReports"].elements.compactMap { $0["fiscalDateEnding"].text })
        for (list, suffix) in [("annualReports", "_y"), ("quarterlyReports", "_q")] {
            for entry in node[list].elements {
                let date = entry["fiscalDateEnding"].text ?? ""
                guard let written = AlphaVantageMessages.written(date), let end = endOfDay(date, target) else {
                    found.defects.append(
                        Defect(
                            instrument: target.reference.id, place: list, reason: "unreadable_time",
                            message: "'fiscalDateEnding' is \(PluginError.quoted(date)); a date is needed.", raw: ""))
                    continue
                }
                let deadline = FilingDeadline.time(
                    after: CivilDate(daysSinceEpoch: written.day), isAnnual: years.contains(date), target)
                guard let time = reported[date] ?? (options.refusesUndated ? nil : deadline) else {
                    found.defects.append(FilingDeadline.refusal(of: target.reference.id, list, date))
                    continue
                }
                for member in statement.members {
                    guard let value = entry[member.member].number, let name = FigureName(member.name + suffix) else {
                        continue
                    }
                    found.events.append(
                        Figure(
                            time: time, periodEnd: end, value: value, name: name, instrument: target.reference.id,
                            flags: reported[date] == nil ? .suspect : []))
                }
            }
        }
        return found
    }

    /// Reads `OVERVIEW`: today's ratios.
    static func overview(_ node: JSONNode, _ target: RowTarget, now: Int64) -> FetchedEvents<Figure> {
        FetchedEvents(
            ratios.compactMap { member, name in
                guard let value = node[member].number, let name = FigureName(name) else { return nil }
                return Figure(time: now, periodEnd: now, value: value, name: name, instrument: target.reference.id)
            })
    }

    private static func endOfDay(_ text: String, _ target: RowTarget) -> Int64? {
        AlphaVantageMessages.written(text).flatMap { RowTiming.endOfDay($0, target) }
    }
}
