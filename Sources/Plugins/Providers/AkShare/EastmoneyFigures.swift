import CivilTime
import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import TimeZones

/// Figures of Eastmoney's data centre: how its tables are asked, which columns they are, and in which unit.
struct EastmoneyFigures: Sendable {
    /// A table: how it is asked, the column of when a row became public, and that of the end of its period.
    struct Table: Sendable {
        /// Its name in `reports`.
        let name: String
        let published: String
        let periodEnd: String?
        let columns: [(source: String, name: FigureName, scale: Scale)]
        let request: @Sendable (EastmoneyFigures, _ symbol: Instrument, _ page: Int) -> HTTPRequest

        fileprivate init(
            _ name: String, published: String, periodEnd: String? = nil, _ columns: [(String, String, Double)],
            request: @escaping @Sendable (EastmoneyFigures, Instrument, Int) -> HTTPRequest
        ) {
            (self.name, self.published, self.periodEnd, self.request) = (name, published, periodEnd, request)
            self.columns = columns.compactMap { column in
                FigureName(column.1).map { (column.0, $0, Scale(column.2)) }
            }
        }
    }

    /// Reports: `https://datacenter.eastmoney.com`.
    let reports: HTTPAddress
    /// Valuations: `https://datacenter-web.eastmoney.com`.
    let valuations: HTTPAddress

    /// A number as it is, a percentage as a fraction.
    private static let (one, percent) = (1.0, 0.01)

    /// The tables, by their names in `reports`.
    static let tables = [
        Table(
            "indicators", published: "NOTICE_DATE", periodEnd: "REPORT_DATE",
            [
                ("EPSJB", "eps", one), ("EPSXS", "eps_diluted", one), ("BPS", "book_value_per_share", one),
                ("MGJYXJJE", "operating_cash_per_share", one), ("TOTALOPERATEREVE", "revenue", one),
                ("MLR", "gross_profit", one), ("PARENTNETPROFIT", "net_income", one),
                ("TOTALOPERATEREVETZ", "total_revenue_growth", percent),
                ("PARENTNETPROFITTZ", "net_income_growth", percent), ("ROEJQ", "return_on_equity", percent),
                ("ZZCJLL", "return_on_assets", percent), ("XSMLL", "gross_margin", percent),
                ("XSJLL", "net_margin", percent), ("ZCFZL", "debt_to_assets", percent), ("LD", "current_ratio", one),
                ("SD", "quick_ratio", one),
            ]
        ) { eastmoney, symbol, page in
            HTTPRequest(
                get: eastmoney.reports.path("securities", "api", "data", "get").query([
                    ("type", "RPT_F10_FINANCE_MAINFINADATA"), ("sty", "APP_F10_MAINFINADATA"), ("quoteColumns", ""),
                    ("filter", "(SECUCODE=\"\(symbol.code).\(symbol.venue)\")"), ("p", "\(page)"), ("ps", "200"),
                    ("sr", "-1"), ("st", "REPORT_DATE"), ("source", "HSF10"), ("client", "PC"),
                ]))
        },
        Table(
            "valuation", published: "TRADE_DATE",
            [
                ("PE_TTM", "price_to_earnings_ttm", one), ("PE_LAR", "price_to_earnings", one),
                ("PB_MRQ", "price_to_book", one), ("PS_TTM", "price_to_sales_ttm", one),
                ("PCF_OCF_TTM", "price_to_cash_flow_ttm", one), ("TOTAL_MARKET_CAP", "market_cap", one),
                ("NOTLIMITED_MARKETCAP_A", "market_cap_float", one), ("TOTAL_SHARES", "shares_outstanding", one),
                ("FREE_SHARES_A", "shares_float", one),
            ]
        ) { eastmoney, symbol, page in
            HTTPRequest(
                get: eastmoney.valuations.path("api", "data", "v1", "get").query([
                    ("reportName", "RPT_VALUEANALYSIS_DET"), ("columns", "ALL"), ("quoteColumns", ""),
                    ("filter", "(SECURITY_CODE=\"\(symbol.code)\")"), ("pageNumber", "\(page)"), ("pageSize", "5000"),
                    ("sortColumns", "TRADE_DATE"), ("sortTypes", "-1"), ("source", "WEB"), ("client", "WEB"),
                ]))
        },
    ]

    /// The rows of a page and how many pages there are; none where the source has nothing of the instrument.
    static func page(
        _ response: HTTPResponse, _ question: ShareQuestion
    ) throws(PluginError) -> (rows: [JSONNode], pages: Int64) {
        let root = try question.json(response)
        // 9201: nothing fits the filter.
        if root["result"].isNull, root["code"].integer == 9_201 { return ([], 0) }
        guard case .array(let rows) = root["result"]["data"] else {
            let words = root["message"].text.map { ", it says \(PluginError.quoted($0))" } ?? ""
            throw question.malformed(response, "has no rows\(words)")
        }
        return (rows, root["result"]["pages"].integer ?? 1)
    }

    /// Returns the figures of rows; null is none. One of a report without a date of publication counts from the last day the venue
    /// allows, flagged `suspect`, or is refused.
    static func figures(
        _ rows: [JSONNode], _ table: Table, _ target: RowTarget, place: String, refusesUndated: Bool
    ) -> FetchedEvents<Figure> {
        var found = FetchedEvents<Figure>()
        for (number, row) in rows.enumerated() {
            let place = "\(place):\(number + 1)"
            func defect(_ reason: String, _ message: String, _ raw: String?) {
                found.defects.append(
                    Defect(
                        instrument: target.reference.id, place: place, reason: reason, message: message,
                        raw: raw ?? ""))
            }
            guard row["SECURITY_CODE"].scalar == target.reference.instrument.code else {
                defect("wrong_symbol", "the row is about another share.", row["SECURITY_CODE"].scalar)
                continue
            }
            let period = table.periodEnd.map { row[$0].scalar } ?? row[table.published].scalar
            guard let end = period.flatMap(day), let endTime = time(end, target) else {
                defect("unreadable_time", "'\(table.periodEnd ?? table.published)' is no date.", period)
                continue
            }
            let published = row[table.published].scalar.flatMap(day)
            if published == nil, refusesUndated {
                found.defects.append(FilingDeadline.refusal(of: target.reference.id, place, ISO8601.format(end)))
                continue
            }
            let known =
                published.flatMap { time($0, target) }
                ?? FilingDeadline.time(after: end, isAnnual: end.month == 12, target)
            guard let known else { continue }
            for column in table.columns where !row[column.source].isNull {
                guard let text = row[column.source].scalar, let value = column.scale.number(text), value.isFinite else {
                    defect("unreadable_number", "'\(column.source)' is no decimal number.", row[column.source].scalar)
                    continue
                }
                found.events.append(
                    Figure(
                        time: known, periodEnd: endTime, value: value, name: column.name,
                        instrument: target.reference.id, flags: published == nil ? .suspect : []))
            }
        }
        return found
    }

    /// Reads `2020-03-31 00:00:00`: a day, since the time of day says nothing.
    private static func day(_ text: String) -> CivilDate? {
        let date = Array(text.utf8.prefix(10))
        return TimePattern("yyyy-MM-dd")?.parse(date.span).map { CivilDate(daysSinceEpoch: $0.day) }
    }

    /// The end of a day: nobody says when in it a figure became public.
    private static func time(_ day: CivilDate, _ target: RowTarget) -> Int64? {
        RowTiming.endOfDay(WrittenTime(day: day.daysSinceEpoch), target)
    }
}
