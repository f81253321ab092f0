import DelimitedText
import EventTiming
import PluginKit

/// Rows with all levels of an order book, each with columns of its own.
struct OrderBookRows: EventRows {
    static let timing = RowTiming.Rule.instant
    static let usualOrder: [HistoryColumn] = []
    static let columns: [ColumnUse] =
        ColumnUse.common + [
            group(.bid, ["bid{n}", "bidprice{n}", "b{n}p", "bp{n}", "bids[{n}].price", "b{n}"]),
            group(.bidSize, ["bidsize{n}", "bidvolume{n}", "bidqty{n}", "b{n}v", "bv{n}", "bids[{n}].amount"]),
            group(.ask, ["ask{n}", "askprice{n}", "a{n}p", "ap{n}", "asks[{n}].price", "a{n}"]),
            group(.askSize, ["asksize{n}", "askvolume{n}", "askqty{n}", "a{n}v", "av{n}", "asks[{n}].amount"]),
            ColumnUse(
                column: .sequence, isOptional: true, known: ["sequence", "seq", "updateid", "lastupdateid"]),
            TradeRows.suspect,
        ]

    private let bids: [(price: NumberColumn, size: NumberColumn)]
    private let asks: [(price: NumberColumn, size: NumberColumn)]
    private let sequence: NumberColumn?
    private let suspect: SuspectColumn?

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        func side(_ price: HistoryColumn, _ size: HistoryColumn) throws(MissingColumn) -> [(NumberColumn, NumberColumn)]
        {
            let (prices, sizes) = (layout.group(price), layout.group(size))
            guard !prices.isEmpty else { throw MissingColumn(column: price) }
            guard prices.count == sizes.count else { throw MissingColumn(column: size) }
            return zip(prices, sizes).prefix(OrderBook.depth).map {
                (
                    NumberColumn(at: $0.0.position, price, options.priceScale),
                    NumberColumn(at: $0.1.position, size, options.volumeScale)
                )
            }
        }
        (bids, asks) = (try side(.bid, .bidSize), try side(.ask, .askSize))
        sequence = NumberColumn(layout, .sequence)
        suspect = SuspectColumn(layout)
    }

    func read(_ row: borrowing HistoryRow) -> RowReading<OrderBook> {
        do throws(RowFault) {
            var book = OrderBook(
                time: row.time, sequence: try number(row), bids: [], asks: [], instrument: row.id)
            try Self.fill(&book.bids, bids, row)
            try Self.fill(&book.asks, asks, row)
            if suspect?.isSet(row) == true { book.flags.insert(.suspect) }
            return .event(book)
        } catch { return .fault(error) }
    }

    /// Levels without a price, or with a price of 0, are not there.
    private static func fill(
        _ side: inout OrderBook.Side, _ levels: [(price: NumberColumn, size: NumberColumn)],
        _ row: borrowing HistoryRow
    ) throws(RowFault) {
        for level in levels {
            guard let price = try level.price.optional(row), price != 0 else { continue }
            side.append(OrderBook.Level(price: price, size: try level.size.quantity(row)))
        }
    }

    private func number(_ row: borrowing HistoryRow) throws(RowFault) -> Int64 {
        guard let value = try sequence?.optional(row) else { return 0 }
        guard let number = Int64(exactly: value) else {
            throw RowFault(
                reason: "unreadable_number", message: "'sequence' is \(value); a whole number below 2^53 is needed.")
        }
        return number
    }

    private static func group(_ column: HistoryColumn, _ known: [String]) -> ColumnUse {
        ColumnUse(column: column, known: known, isGroup: true)
    }
}
