import DelimitedText
import EventTiming
import FetchAssembly
import PluginKit
import TimeZones

/// Figures of Tushare's tables: which columns they are, and in which unit.
enum TushareFigures {
    /// A column, the figure it becomes, and what its numbers are multiplied by.
    struct Column: Sendable {
        let source: String
        let name: FigureName
        let scale: Scale

        fileprivate init?(_ source: String, _ name: String, _ factor: Double) {
            guard let name = FigureName(name) else { return nil }
            (self.source, self.name, scale) = (source, name, Scale(factor))
        }
    }

    /// A table: the column of when a row became public, that of the end of its period where it has one, and the figures.
    struct Table: Sendable {
        let api: String
        let published: String
        let periodEnd: String?
        let columns: [Column]

        /// Whether rows are versions of a statement: of those of one day and period the corrected one counts.
        var isStatement = false

        /// The columns to ask for.
        var asked: [String] {
            ["ts_code", published] + (periodEnd.map { [$0] } ?? []) + (isStatement ? ["update_flag"] : [])
                + columns.map(\.source)
        }

        /// Parameters beside the symbol: of statements the consolidated ones.
        var parameters: [(name: String, value: String)] { isStatement ? [("report_type", "1")] : [] }
    }

    /// A number as it is, a percentage as a fraction, ten thousands as ones.
    private static let (one, percent, tenThousand) = (1.0, 0.01, 10_000.0)

    /// The tables, by their names at Tushare.
    static let tables = [
        Table(
            api: "daily_basic", published: "trade_date", periodEnd: nil,
            columns: [
                ("turnover_rate", "turnover_rate", percent), ("turnover_rate_f", "turnover_rate_free", percent),
                ("volume_ratio", "volume_ratio", one), ("pe", "price_to_earnings", one),
                ("pe_ttm", "price_to_earnings_ttm", one), ("pb", "price_to_book", one), ("ps", "price_to_sales", one),
                ("ps_ttm", "price_to_sales_ttm", one), ("dv_ratio", "dividend_yield", percent),
                ("dv_ttm", "dividend_yield_ttm", percent), ("total_share", "shares_outstanding", tenThousand),
                ("float_share", "shares_float", tenThousand), ("free_share", "shares_free_float", tenThousand),
                ("total_mv", "market_cap", tenThousand), ("circ_mv", "market_cap_float", tenThousand),
            ].compactMap(Column.init)),
        Table(
            api: "fina_indicator", published: "ann_date", periodEnd: "end_date",
            columns: [
                ("eps", "eps", one), ("dt_eps", "eps_diluted", one),
                ("bps", "book_value_per_share", one), ("ocfps", "operating_cash_per_share", one),
                ("roe", "return_on_equity", percent), ("roe_dt", "return_on_equity_core", percent),
                ("roa", "return_on_assets", percent), ("debt_to_assets", "debt_to_assets", percent),
                ("grossprofit_margin", "gross_margin", percent), ("netprofit_margin", "net_margin", percent),
                ("current_ratio", "current_ratio", one), ("quick_ratio", "quick_ratio", one),
                ("fcff", "free_cash_flow_firm", one), ("fcfe", "free_cash_flow_equity", one),
                ("or_yoy", "revenue_growth", percent), ("tr_yoy", "total_revenue_growth", percent),
                ("netprofit_yoy", "net_income_growth", percent),
            ].compactMap(Column.init)),
    ]

    /// The statements: what flows is summed up from the first of January to the end of the period, as companies there report it.
    static let statements = [
        Table(
            api: "income", published: "f_ann_date", periodEnd: "end_date",
            columns: [
                ("total_revenue", "revenue", one), ("revenue", "operating_revenue", one),
                ("oper_cost", "cost_of_revenue", one),
                ("operate_profit", "operating_income", one), ("total_profit", "pretax_income", one),
                ("income_tax", "income_tax", one), ("n_income", "net_income_total", one),
                ("n_income_attr_p", "net_income", one), ("ebit", "ebit", one), ("ebitda", "ebitda", one),
                ("rd_exp", "research_expense", one), ("basic_eps", "eps", one), ("diluted_eps", "eps_diluted", one),
            ].compactMap(Column.init), isStatement: true),
        Table(
            api: "balancesheet", published: "f_ann_date", periodEnd: "end_date",
            columns: [
                ("total_assets", "total_assets", one), ("total_liab", "total_liabilities", one),
                ("total_hldr_eqy_exc_min_int", "equity", one), ("total_cur_assets", "current_assets", one),
                ("total_cur_liab", "current_liabilities", one), ("money_cap", "cash", one),
                ("inventories", "inventories", one), ("accounts_receiv", "accounts_receivable", one),
                ("goodwill", "goodwill", one), ("lt_borr", "long_term_borrowings", one),
                ("st_borr", "short_term_borrowings", one),
            ].compactMap(Column.init), isStatement: true),
        Table(
            api: "cashflow", published: "f_ann_date", periodEnd: "end_date",
            columns: [
                ("n_cashflow_act", "operating_cash_flow", one), ("n_cashflow_inv_act", "investing_cash_flow", one),
                ("n_cash_flows_fnc_act", "financing_cash_flow", one), ("free_cashflow", "free_cash_flow", one),
                ("c_pay_acq_const_fiolta", "capital_expenditure", one),
            ].compactMap(Column.init), isStatement: true),
    ]

    /// Every table that can be named.
    static let all = tables + statements

    /// The rows that count: of versions of a statement with one day and period the one that is marked as corrected.
    private static func counted(_ rows: [TushareTable.Row], _ table: Table) -> [(number: Int, row: TushareTable.Row)] {
        let numbered = rows.enumerated().map { (number: $0.offset, row: $0.element) }
        guard table.isStatement else { return numbered }
        var places: [String: Int] = [:]
        var kept: [(number: Int, row: TushareTable.Row)] = []
        for entry in numbered {
            let key = "\(entry.row[table.published] ?? "") \(entry.row["end_date"] ?? "")"
            if let place = places[key] {
                if entry.row["update_flag"] == "1", kept[place].row["update_flag"] != "1" { kept[place] = entry }
            } else {
                places[key] = kept.count
                kept.append(entry)
            }
        }
        return kept
    }

    /// Returns the figures of rows, oldest first; null is none. A row without a date of publication is a defect, since only
    /// that date says from when on it may be used.
    static func figures(
        _ rows: [TushareTable.Row], _ table: Table, _ target: RowTarget, place: String
    ) -> FetchedEvents<Figure> {
        var found = FetchedEvents<Figure>()
        for (number, row) in counted(rows, table).reversed() {
            func defect(_ reason: String, _ message: String, _ raw: String?) {
                found.defects.append(
                    Defect(
                        instrument: target.reference.id, place: "\(place):\(number + 1)", reason: reason,
                        message: message,
                        raw: raw ?? ""))
            }
            guard let time = endOfDay(row[table.published], target) else {
                defect(
                    "missing_time", "'\(table.published)' is no date, so nobody knows when it became public.",
                    row[table.published])
                continue
            }
            guard let periodEnd = table.periodEnd.map({ endOfDay(row[$0], target) }) ?? time else {
                defect("unreadable_time", "'\(table.periodEnd ?? "")' is no date.", table.periodEnd.flatMap { row[$0] })
                continue
            }
            for column in table.columns {
                guard let text = row[column.source] else { continue }
                guard let value = column.scale.number(text) else {
                    defect("unreadable_number", "'\(column.source)' is no decimal number.", text)
                    continue
                }
                found.events.append(
                    Figure(
                        time: time, periodEnd: periodEnd, value: value, name: column.name,
                        instrument: target.reference.id))
            }
        }
        return found
    }

    private static func endOfDay(_ text: String?, _ target: RowTarget) -> Int64? {
        guard let text, let written = TimePattern("yyyyMMdd")?.parse(text.utf8.span) else { return nil }
        return RowTiming.endOfDay(written, target)
    }
}
