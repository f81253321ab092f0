import DelimitedText
import EventTiming
import PluginKit

/// Rows with a split, dividend or rights issue each.
struct FactorRows: EventRows {
    static let timing = RowTiming.Rule.effective
    static let usualOrder: [HistoryColumn] = [.time, .ratio, .cash]
    static let columns: [ColumnUse] = [
        ColumnUse(
            column: .time,
            known: ["exdate", "exdividenddate", "effectivedate", "date", "day", "除权除息日", "除权日", "除息日", "日期"]),
        ColumnUse(
            column: .ratio, isOptional: true, known: ["ratio", "splitratio", "stocksplits", "split", "splits", "拆分比例"]),
        ColumnUse(
            column: .cash, isOptional: true,
            known: ["cash", "dividends", "dividend", "cashdividend", "cashdivtax", "cashdiv", "每股派息", "每股现金红利"]),
        ColumnUse(
            column: .announced, isOptional: true, known: ["announced", "anndate", "announcementdate", "公告日期"]),
        ColumnUse(column: .bonus, isOptional: true, known: ["bonus", "stkdiv", "每股送转", "每股送转股"]),
        ColumnUse(column: .rights, isOptional: true, known: ["rights", "allotment", "每股配股"]),
        ColumnUse(column: .rightsPrice, isOptional: true, known: ["rightsprice", "allotmentprice", "配股价"]),
        ColumnUse.timeOfDay, ColumnUse.symbol,
    ]

    private let ratio: NumberColumn?
    private let bonus: NumberColumn?
    private let cash: NumberColumn?
    private let rights: NumberColumn?
    private let rightsPrice: NumberColumn?
    private let announced: DateColumn?

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        (ratio, bonus) = (NumberColumn(layout, .ratio), NumberColumn(layout, .bonus))
        (cash, announced) = (NumberColumn(layout, .cash), DateColumn(layout, .announced, survey))
        (rights, rightsPrice) = (NumberColumn(layout, .rights), NumberColumn(layout, .rightsPrice))
        if ratio == nil, bonus == nil, cash == nil, rights == nil { throw MissingColumn(column: .ratio) }
    }

    func read(_ row: borrowing HistoryRow) -> RowReading<Factor> {
        do throws(RowFault) {
            let (written, bonus) = (try ratio?.optional(row) ?? 0, try bonus?.optional(row) ?? 0)
            let factor = Factor(
                time: row.time, announced: try announced?.time(row), ratio: (written == 0 ? 1 : written) + bonus,
                cash: try cash?.optional(row) ?? 0, rights: try rights?.optional(row) ?? 0,
                rightsPrice: try rightsPrice?.optional(row) ?? 0, instrument: row.id)
            let isNothing = factor.ratio == 1 && factor.cash == 0 && factor.rights == 0
            return isNothing ? .nothing : .event(factor)
        } catch { return .fault(error) }
    }
}
