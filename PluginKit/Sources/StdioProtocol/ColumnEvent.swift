import PluginKit

/// An event that travels as columns: what the protocol knows of a kind's fields stands in its conformance alone.
protocol ColumnEvent: MarketEvent {
    /// An event to fill.
    static var blank: Self { get }
    /// The types of the columns, given how many there are; `nil` where the kind cannot have that many.
    static func columns(_ count: Int) -> [ColumnType]?
    /// How many columns these events need.
    static func columnCount(_ events: [Self]) -> Int
    /// Writes the columns.
    static func write(_ events: [Self], to writer: inout ColumnWriter)
    /// Fills events with what `write` wrote; throws `.frame` for a value that no event can have.
    static func read(_ columns: Int, into events: inout [Self], _ reader: inout ColumnReader) throws(ProtocolError)
}

extension ColumnEvent {
    /// Reads the columns after a header.
    static func batch(_ header: FrameHeader, _ reader: inout ColumnReader) throws(ProtocolError) -> EventBatch {
        var events = Array(repeating: blank, count: header.rows)
        try read(header.columns.count, into: &events, &reader)
        return batch(events)
    }
}

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
        case .bars(let events): Bar.write(events, to: &writer)
        case .trades(let events): Trade.write(events, to: &writer)
        case .quotes(let events): Quote.write(events, to: &writer)
        case .orderBooks(let events): OrderBook.write(events, to: &writer)
        case .figures(let events): Figure.write(events, to: &writer)
        case .factors(let events): Factor.write(events, to: &writer)
        }
    }
}
