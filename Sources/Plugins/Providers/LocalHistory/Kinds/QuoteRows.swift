import DelimitedText
import EventTiming
import PluginKit

/// Rows with the best bid and ask, or only the side that changed.
struct QuoteRows: EventRows {
    static let timing = RowTiming.Rule.instant
    static let usualOrder: [HistoryColumn] = [.time, .bid, .bidSize, .ask, .askSize]
    static let columns: [ColumnUse] =
        ColumnUse.common + [
            ColumnUse(column: .bid, known: ["bid", "bidprice", "bestbid", "bid1", "bidprice1", "b1p", "买一价", "买价"]),
            ColumnUse(
                column: .bidSize, isOptional: true,
                known: [
                    "bidsize", "bidvolume", "bidqty", "bidamount", "bestbidqty", "bidsize1", "bidvolume1", "b1v", "买一量",
                ]),
            ColumnUse(column: .ask, known: ["ask", "askprice", "bestask", "ask1", "askprice1", "a1p", "卖一价", "卖价"]),
            ColumnUse(
                column: .askSize, isOptional: true,
                known: [
                    "asksize", "askvolume", "askqty", "askamount", "bestaskqty", "asksize1", "askvolume1", "a1v", "卖一量",
                ]), TradeRows.suspect,
        ]

    private struct Side {
        var price: NumberColumn
        var size: NumberColumn?
    }

    private let bid: Side
    private let ask: Side
    private let suspect: SuspectColumn?
    /// Whether a side that a row leaves out is as it was.
    private let keepsSides: Bool
    private var last: [InstrumentID: Quote] = [:]

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        func side(_ price: HistoryColumn, _ size: HistoryColumn) throws(MissingColumn) -> Side {
            guard let found = NumberColumn(layout, price, options.priceScale) else {
                throw MissingColumn(column: price)
            }
            return Side(price: found, size: NumberColumn(layout, size, options.volumeScale))
        }
        (bid, ask) = (try side(.bid, .bidSize), try side(.ask, .askSize))
        suspect = SuspectColumn(layout)
        keepsSides = options.keepsSides && !survey.isNewestFirst
    }

    var dependsOnRowsBefore: Bool { keepsSides }

    mutating func read(_ row: borrowing HistoryRow) -> RowReading<Quote> {
        do throws(RowFault) {
            var quote = Quote(
                time: row.time, bid: .nan, ask: .nan, bidSize: 0, askSize: 0, instrument: row.id)
            let before = keepsSides ? last[row.id] : nil
            (quote.bid, quote.bidSize) = try Self.level(bid, row) ?? (before?.bid ?? .nan, before?.bidSize ?? 0)
            (quote.ask, quote.askSize) = try Self.level(ask, row) ?? (before?.ask ?? .nan, before?.askSize ?? 0)
            if keepsSides { last[row.id] = quote }
            if suspect?.isSet(row) == true { quote.flags.insert(.suspect) }
            return .event(quote)
        } catch { return .fault(error) }
    }

    /// Price and quantity of a side; `nil` where nobody quotes: no price, or a price of 0.
    private static func level(_ side: Side, _ row: borrowing HistoryRow) throws(RowFault) -> (Double, Double)? {
        guard let price = try side.price.optional(row), price != 0 else { return nil }
        return (price, try side.size?.quantity(row) ?? .nan)
    }
}
