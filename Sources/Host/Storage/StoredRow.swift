import PluginKit
import SQLiteFile

/// An event as a row of a table: the columns of its own, and what makes two rows the same event.
///
/// Every table of events begins with `series`, `event_time`, `place` and `version`, its key, and ends with `flags`,
/// `provenance`, `known_at` (NULL for the event time) and `stored_at`.
protocol StoredRow: MarketEvent {
    /// The table.
    static var table: String { get }
    /// Names of its own columns.
    static var columns: [String] { get }
    /// Whether it says itself which event of its time it is, by `place`. Without that it is told by its number among those of its
    /// instant, which is counted where it comes in.
    static var hasIdentity: Bool { get }
    /// What tells it from others of its instrument and event time, where it says that itself.
    var place: Int64 { get }
    /// From when on it could be known, where the past is filled in.
    var publication: Int64 { get }

    /// Binds its own columns from a position on.
    func bind(_ statement: borrowing BulkStatement, from position: Int32)
    /// Reads its own columns from a position on.
    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead)
    /// Whether both say the same, but for flags.
    func isSame(as other: Self) -> Bool
}

/// What every row of an event has.
struct RowHead {
    let time: Int64
    let instrument: InstrumentID
    let flags: EventFlags
}

extension StoredRow {
    static var hasIdentity: Bool { true }
    var place: Int64 { 0 }
    var publication: Int64 { time }

    /// Flags that say something about the event; the others describe the run that saw it and make no new version.
    static var lasting: EventFlags { [.partial, .adjusted, .newLevel, .suspect, .late, .filled] }

    /// Whether nothing of it changed.
    func isUnchanged(from other: Self) -> Bool {
        flags.intersection(Self.lasting) == other.flags.intersection(Self.lasting) && isSame(as: other)
    }
}

extension Double {
    /// Equality that takes NaN for NaN.
    fileprivate func isSame(as other: Double) -> Bool { self == other || (isNaN && other.isNaN) }
}

extension Bar: StoredRow {
    static var table: String { "bars" }
    static var columns: [String] { ["open", "high", "low", "close", "volume", "amount"] }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, open)
        statement.bind(position + 1, high)
        statement.bind(position + 2, low)
        statement.bind(position + 3, close)
        statement.bind(position + 4, volume)
        statement.bind(position + 5, amount)
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, open: row.number(position), high: row.number(position + 1), low: row.number(position + 2),
            close: row.number(position + 3), volume: row.number(position + 4), amount: row.number(position + 5),
            instrument: head.instrument, flags: head.flags)
    }

    func isSame(as other: Bar) -> Bool {
        open.isSame(as: other.open) && high.isSame(as: other.high) && low.isSame(as: other.low)
            && close.isSame(as: other.close) && volume.isSame(as: other.volume) && amount.isSame(as: other.amount)
    }
}

extension Quote: StoredRow {
    static var table: String { "quotes" }
    static var columns: [String] { ["bid", "ask", "bid_size", "ask_size"] }
    static var hasIdentity: Bool { false }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, bid)
        statement.bind(position + 1, ask)
        statement.bind(position + 2, bidSize)
        statement.bind(position + 3, askSize)
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, bid: row.number(position), ask: row.number(position + 1),
            bidSize: row.number(position + 2), askSize: row.number(position + 3), instrument: head.instrument,
            flags: head.flags)
    }

    func isSame(as other: Quote) -> Bool {
        bid.isSame(as: other.bid) && ask.isSame(as: other.ask) && bidSize.isSame(as: other.bidSize)
            && askSize.isSame(as: other.askSize)
    }
}

extension Trade: StoredRow {
    static var table: String { "trades" }
    static var columns: [String] { ["price", "size", "side"] }
    static var hasIdentity: Bool { false }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, price)
        statement.bind(position + 1, size)
        statement.bind(position + 2, Int64(side.rawValue))
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, price: row.number(position), size: row.number(position + 1),
            side: Side(rawValue: UInt8(truncatingIfNeeded: row.integer(position + 2))) ?? .unknown,
            instrument: head.instrument, flags: head.flags)
    }

    func isSame(as other: Trade) -> Bool {
        price.isSame(as: other.price) && size.isSame(as: other.size) && side == other.side
    }
}

extension Figure: StoredRow {
    static var table: String { "figures" }
    static var columns: [String] { ["period_end", "name", "value"] }

    /// A report has many figures: each is told by its name and period.
    var place: Int64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for word in [UInt64(bitPattern: periodEnd), name.words[0], name.words[1], name.words[2]] {
            digest = (digest ^ word) &* 0x100_0000_01B3
            digest ^= digest >> 29
        }
        return Int64(digest >> 1)
    }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, periodEnd)
        statement.bind(position + 1, name.description)
        statement.bind(position + 2, value)
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, periodEnd: row.integer(position), value: row.number(position + 2),
            name: FigureName(row.text(position + 1)) ?? .unnamed, instrument: head.instrument, flags: head.flags)
    }

    func isSame(as other: Figure) -> Bool {
        periodEnd == other.periodEnd && name == other.name && value.isSame(as: other.value)
    }
}

extension Factor: StoredRow {
    static var table: String { "factors" }
    static var columns: [String] { ["announced", "ratio", "cash", "rights", "rights_price"] }
    var publication: Int64 { announced }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, announced)
        statement.bind(position + 1, ratio)
        statement.bind(position + 2, cash)
        statement.bind(position + 3, rights)
        statement.bind(position + 4, rightsPrice)
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, announced: row.integer(position), ratio: row.number(position + 1),
            cash: row.number(position + 2), rights: row.number(position + 3), rightsPrice: row.number(position + 4),
            instrument: head.instrument, flags: head.flags)
    }

    func isSame(as other: Factor) -> Bool {
        announced == other.announced && ratio.isSame(as: other.ratio) && cash.isSame(as: other.cash)
            && rights.isSame(as: other.rights) && rightsPrice.isSame(as: other.rightsPrice)
    }
}

extension OrderBook: StoredRow {
    static var table: String { "order_books" }
    static var columns: [String] { ["sequence", "bids", "asks"] }
    static var hasIdentity: Bool { false }

    func bind(_ statement: borrowing BulkStatement, from position: Int32) {
        statement.bind(position, sequence)
        statement.bind(position + 1, Self.text(bids))
        statement.bind(position + 2, Self.text(asks))
    }

    init(_ row: borrowing BulkStatement, from position: Int32, _ head: RowHead) {
        self.init(
            time: head.time, sequence: row.integer(position), bids: Self.levels(row.text(position + 1)),
            asks: Self.levels(row.text(position + 2)), instrument: head.instrument, flags: head.flags)
    }

    func isSame(as other: OrderBook) -> Bool { sequence == other.sequence && bids == other.bids && asks == other.asks }

    /// `PRICE*SIZE PRICE*SIZE ...`, the best first, each number the shortest that reads back the same.
    private static func text(_ side: Side) -> String {
        side.map { "\($0.price)*\($0.size)" }.joined(separator: " ")
    }

    private static func levels(_ text: String) -> [Level] {
        text.split(separator: " ").compactMap { level in
            let parts = level.split(separator: "*")
            guard parts.count == 2, let price = Double(parts[0]), let size = Double(parts[1]) else { return nil }
            return Level(price: price, size: size)
        }
    }
}
