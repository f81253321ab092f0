import DelimitedText
import EventTiming
import PluginKit

/// Rows with open, high, low, close.
struct BarRows: EventRows {
    static let timing = RowTiming.Rule.span
    static let usualOrder: [HistoryColumn] = [.time, .open, .high, .low, .close, .volume]
    static let columns: [ColumnUse] =
        ColumnUse.common + [
            ColumnUse(column: .open, known: ["open", "openprice", "opnprc", "开盘", "开盘价", "开盘价oppr"]),
            ColumnUse(column: .high, known: ["high", "highprice", "hiprc", "最高", "最高价", "最高价hipr"]),
            ColumnUse(column: .low, known: ["low", "lowprice", "loprc", "最低", "最低价", "最低价lopr"]),
            ColumnUse(column: .close, known: ["close", "closeprice", "clsprc", "收盘", "收盘价", "收盘价clpr"]),
            ColumnUse(column: .volume, known: ["volume", "vol", "dnshrtrd", "成交量", "成交量trdvol"]),
            ColumnUse(
                column: .amount, isOptional: true,
                known: ["amount", "money", "quotevolume", "dnvaltrd", "成交额", "成交金额", "成交金额trdsum"]),
            ColumnUse(
                column: .adjustedClose, isOptional: true, known: ["adjclose", "adjustedclose", "复权收盘", "复权收盘价"]),
        ]

    private let open: NumberColumn
    private let high: NumberColumn
    private let low: NumberColumn
    private let close: NumberColumn
    private let volume: NumberColumn?
    private let amount: NumberColumn?
    /// Set where prices are to be adjusted.
    private let adjusted: NumberColumn?

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        func price(_ column: HistoryColumn) throws(MissingColumn) -> NumberColumn {
            guard let found = NumberColumn(layout, column, options.priceScale) else {
                throw MissingColumn(column: column)
            }
            return found
        }
        (open, high, low, close) = (try price(.open), try price(.high), try price(.low), try price(.close))
        volume = NumberColumn(layout, .volume, options.volumeScale)
        amount = NumberColumn(layout, .amount, options.amountScale)
        adjusted = options.isAdjusted ? try price(.adjustedClose) : nil
    }

    func read(_ row: borrowing HistoryRow) -> RowReading<Bar> {
        do throws(RowFault) { return .event(try bar(row)) } catch { return .fault(error) }
    }

    private func bar(_ row: borrowing HistoryRow) throws(RowFault) -> Bar {
        var bar = Bar(
            time: row.time, open: try open.number(row), high: try high.number(row), low: try low.number(row),
            close: try close.number(row), volume: 0, instrument: row.id)
        if let volume { bar.volume = try volume.quantity(row) }
        if let amount = try amount?.optional(row) { bar.amount = amount }
        if let adjusted { try Self.adjust(&bar, to: try adjusted.number(row)) }
        return bar
    }

    private static func adjust(_ bar: inout Bar, to adjusted: Double) throws(RowFault) {
        let ratio = adjusted / bar.close
        guard ratio.isFinite, ratio > 0 else {
            throw RowFault(
                reason: "unreadable_adjustment",
                message:
                    "the adjusted close \(adjusted) over the close \(bar.close) is no ratio; both are to be above 0.")
        }
        // The close goes through the same product as the rest: rounding then never puts it above the high.
        bar.open *= ratio
        bar.high *= ratio
        bar.low *= ratio
        bar.close *= ratio
        bar.volume /= ratio
        bar.flags.insert(.adjusted)
    }
}
