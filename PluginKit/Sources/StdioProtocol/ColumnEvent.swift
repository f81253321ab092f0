import PluginKit

/// An event that travels as columns: those that it has as a record, or others of its own.
protocol ColumnEvent: MarketEvent, Record {
    /// The types of the columns, given how many there are; `nil` where the kind cannot have that many.
    static func columns(_ count: Int) -> [ColumnType]?
    /// How many columns these events need.
    static func columnCount(_ events: [Self]) -> Int
    /// Writes the columns.
    static func put(_ events: [Self], to writer: inout ColumnWriter)
    /// Makes events of what `put` wrote; throws `.frame` for a value that no event can have.
    static func take(_ rows: Int, _ columns: Int, _ reader: inout ColumnReader) throws(ProtocolError) -> [Self]
}

extension ColumnEvent {
    static func columns(_ count: Int) -> [ColumnType]? {
        let types = ColumnType.all(of: Self.self)
        return count == types.count ? types : nil
    }

    static func columnCount(_ events: [Self]) -> Int { ColumnType.all(of: Self.self).count }

    static func put(_ events: [Self], to writer: inout ColumnWriter) { write(events, to: &writer) }

    static func take(_ rows: Int, _ columns: Int, _ reader: inout ColumnReader) throws(ProtocolError) -> [Self] {
        try self.rows(rows, from: &reader)
    }

    /// Reads the columns after a header.
    static func batch(_ header: FrameHeader, _ reader: inout ColumnReader) throws(ProtocolError) -> EventBatch {
        batch(try take(header.rows, header.columns.count, &reader))
    }
}

extension Bar: ColumnEvent {}
extension Quote: ColumnEvent {}
extension Trade: ColumnEvent {}
extension Figure: ColumnEvent {}
extension Factor: ColumnEvent {}

extension EventBatch {
    /// How many columns the batch needs.
    var columnCount: Int {
        switch self {
        case .bars(let events): Bar.columnCount(events)
        case .trades(let events): Trade.columnCount(events)
        case .quotes(let events): Quote.columnCount(events)
        case .orderBooks(let events): OrderBook.columnCount(events)
        case .figures(let events): Figure.columnCount(events)
        case .factors(let events): Factor.columnCount(events)
        }
    }

    /// Writes the columns.
    func write(to writer: inout ColumnWriter) {
        switch self {
        case .bars(let events): Bar.put(events, to: &writer)
        case .trades(let events): Trade.put(events, to: &writer)
        case .quotes(let events): Quote.put(events, to: &writer)
        case .orderBooks(let events): OrderBook.put(events, to: &writer)
        case .figures(let events): Figure.put(events, to: &writer)
        case .factors(let events): Factor.put(events, to: &writer)
        }
    }
}
