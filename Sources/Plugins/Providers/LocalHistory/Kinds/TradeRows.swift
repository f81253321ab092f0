import DelimitedText
import EventTiming
import PluginKit

/// Rows with one trade each.
struct TradeRows: EventRows {
    static let timing = RowTiming.Rule.instant
    static let usualOrder: [HistoryColumn] = [.time, .price, .size]
    static let columns: [ColumnUse] =
        ColumnUse.common + [
            ColumnUse(column: .price, known: ["price", "tradeprice", "成交价", "成交价格", "价格"]),
            ColumnUse(
                column: .size,
                known: ["size", "quantity", "qty", "volume", "vol", "成交量", "成交数量", "数量"]),
            ColumnUse(
                column: .side, isOptional: true,
                known: ["side", "direction", "bsflag", "aggressorside", "买卖方向", "方向", "性质", "买卖盘性质"]),
            suspect,
        ]
    static let suspect = ColumnUse(column: .suspect, isOptional: true, known: ["suspect", "suspicious"])

    private let price: NumberColumn
    private let size: NumberColumn
    private let side: Int?
    private let sides: TradeSides
    private let suspect: SuspectColumn?

    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn) {
        guard let price = NumberColumn(layout, .price, options.priceScale) else { throw MissingColumn(column: .price) }
        guard let size = NumberColumn(layout, .size, options.volumeScale) else { throw MissingColumn(column: .size) }
        (self.price, self.size, side, sides) = (price, size, layout[.side], options.sides)
        suspect = SuspectColumn(layout)
    }

    func read(_ row: borrowing HistoryRow) -> RowReading<Trade> {
        do throws(RowFault) {
            var trade = Trade(
                time: row.time, price: try price.number(row), size: try size.quantity(row), side: try side(row),
                instrument: row.id)
            if suspect?.isSet(row) == true { trade.flags.insert(.suspect) }
            return .event(trade)
        } catch { return .fault(error) }
    }

    private func side(_ row: borrowing HistoryRow) throws(RowFault) -> Trade.Side {
        guard let side, side < row.reader.fieldCount else { return .unknown }
        if let found = row.reader.withField(side, { sides.side($0) }) { return found }
        throw RowFault(
            reason: "unreadable_side",
            message:
                "'side' is \(PluginError.quoted(row.reader.text(side) ?? "")); known are \(sides.shown). Set sides: "
                + "{ buy: ..., sell: ... } or columns.side: none.")
    }
}

/// The words for who started a trade.
struct TradeSides: Sendable {
    private let buy: [[UInt8]]
    private let sell: [[UInt8]]
    /// Words for neither; where the manifest names the others, every word that is not of them.
    private let neither: [[UInt8]]?

    /// Those of the manifest, else those that can mean nothing else.
    init(buy: String?, sell: String?) {
        let isTold = buy != nil || sell != nil
        let buys = ["buy", "b", "买", "买盘", "买入", "主买"]
        let sells = ["sell", "s", "卖", "卖盘", "卖出", "主卖"]
        let neutral = ["", "n", "neutral", "none", "unknown", "auction", "中性", "中性盘", "集合竞价"]
        self.buy = (isTold ? [buy].compactMap { $0?.lowercased() } : buys).map { Array($0.utf8) }
        self.sell = (isTold ? [sell].compactMap { $0?.lowercased() } : sells).map { Array($0.utf8) }
        neither = isTold ? nil : neutral.map { Array($0.utf8) }
    }

    /// The words, for messages.
    var shown: String { (buy + sell).map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ") }

    /// Returns the side of a word in any case; `nil` where it is none of the known.
    func side(_ text: Span<UInt8>) -> Trade.Side? {
        var (start, end) = (0, text.count)
        while start < end, text[start] == 0x20 { start += 1 }
        while end > start, text[end - 1] == 0x20 { end -= 1 }
        let word = text.extracting(start..<end)
        if buy.contains(where: { Self.isSame($0, word) }) { return .buy }
        if sell.contains(where: { Self.isSame($0, word) }) { return .sell }
        guard let neither else { return .unknown }
        return neither.contains { Self.isSame($0, word) } ? .unknown : nil
    }

    private static func isSame(_ known: [UInt8], _ word: Span<UInt8>) -> Bool {
        guard known.count == word.count else { return false }
        for index in known.indices {
            let byte = word[index]
            let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
            if known[index] != (isUpper ? byte | 0x20 : byte) { return false }
        }
        return true
    }
}

/// The column in which a source says that it doubts a row.
struct SuspectColumn: Sendable {
    private let position: Int

    init?(_ layout: ColumnLayout) {
        guard let position = layout[.suspect] else { return nil }
        self.position = position
    }

    /// Whether the row is doubted: `1` or `true`.
    func isSet(_ row: borrowing HistoryRow) -> Bool {
        guard position < row.reader.fieldCount else { return false }
        return row.reader.withField(position) { text in
            text.count == 1 && text[0] == UInt8(ascii: "1")
                || text.count == 4 && text[0] | 0x20 == UInt8(ascii: "t") && text[3] | 0x20 == UInt8(ascii: "e")
        }
    }
}
