import PluginKit

/// An event of a fixed number of columns: a time, numbers, then the instrument and the flags.
protocol FixedColumnEvent: ColumnEvent {
    /// The columns in order.
    static var types: [ColumnType] { get }
}

extension FixedColumnEvent {
    static func columns(_ count: Int) -> [ColumnType]? { count == types.count ? types : nil }
    static func columnCount(_ events: [Self]) -> Int { types.count }
}

private let nobody = InstrumentID(rawValue: 0)

extension ColumnWriter {
    /// Writes the two columns that end most kinds.
    @inline(__always)
    mutating func instruments<Event: MarketEvent>(_ events: [Event]) {
        column(events.count) { events[$0].instrument.rawValue }
        column(events.count) { events[$0].flags.rawValue }
    }
}

extension Bar: FixedColumnEvent {
    static var blank: Bar { Bar(time: 0, open: 0, high: 0, low: 0, close: 0, volume: 0, instrument: nobody) }
    static let types: [ColumnType] = [.int64] + Array(repeating: .float64, count: 6) + [.uint32, .uint32]

    static func write(_ bars: [Bar], to writer: inout ColumnWriter) {
        writer.column(bars.count) { bars[$0].time }
        writer.column(bars.count) { bars[$0].open }
        writer.column(bars.count) { bars[$0].high }
        writer.column(bars.count) { bars[$0].low }
        writer.column(bars.count) { bars[$0].close }
        writer.column(bars.count) { bars[$0].volume }
        writer.column(bars.count) { bars[$0].amount }
        writer.instruments(bars)
    }

    static func read(_ columns: Int, into bars: inout [Bar], _ reader: inout ColumnReader) {
        reader.column(bars.count, Int64.self) { bars[$0].time = $1 }
        reader.numbers(bars.count) { bars[$0].open = $1 }
        reader.numbers(bars.count) { bars[$0].high = $1 }
        reader.numbers(bars.count) { bars[$0].low = $1 }
        reader.numbers(bars.count) { bars[$0].close = $1 }
        reader.numbers(bars.count) { bars[$0].volume = $1 }
        reader.numbers(bars.count) { bars[$0].amount = $1 }
        reader.column(bars.count, UInt32.self) { bars[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(bars.count, UInt32.self) { bars[$0].flags = EventFlags(rawValue: $1) }
    }
}

extension Quote: FixedColumnEvent {
    static var blank: Quote { Quote(time: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, instrument: nobody) }
    static let types: [ColumnType] = [.int64] + Array(repeating: .float64, count: 4) + [.uint32, .uint32]

    static func write(_ quotes: [Quote], to writer: inout ColumnWriter) {
        writer.column(quotes.count) { quotes[$0].time }
        writer.column(quotes.count) { quotes[$0].bid }
        writer.column(quotes.count) { quotes[$0].ask }
        writer.column(quotes.count) { quotes[$0].bidSize }
        writer.column(quotes.count) { quotes[$0].askSize }
        writer.instruments(quotes)
    }

    static func read(_ columns: Int, into quotes: inout [Quote], _ reader: inout ColumnReader) {
        reader.column(quotes.count, Int64.self) { quotes[$0].time = $1 }
        reader.numbers(quotes.count) { quotes[$0].bid = $1 }
        reader.numbers(quotes.count) { quotes[$0].ask = $1 }
        reader.numbers(quotes.count) { quotes[$0].bidSize = $1 }
        reader.numbers(quotes.count) { quotes[$0].askSize = $1 }
        reader.column(quotes.count, UInt32.self) { quotes[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(quotes.count, UInt32.self) { quotes[$0].flags = EventFlags(rawValue: $1) }
    }
}

extension Trade: FixedColumnEvent {
    static var blank: Trade { Trade(time: 0, price: 0, size: 0, instrument: nobody) }
    static let types: [ColumnType] = [.int64, .float64, .float64, .uint32, .uint32, .uint8]

    static func write(_ trades: [Trade], to writer: inout ColumnWriter) {
        writer.column(trades.count) { trades[$0].time }
        writer.column(trades.count) { trades[$0].price }
        writer.column(trades.count) { trades[$0].size }
        writer.instruments(trades)
        writer.column(trades.count) { trades[$0].side.rawValue }
    }

    static func read(_ columns: Int, into trades: inout [Trade], _ reader: inout ColumnReader) {
        reader.column(trades.count, Int64.self) { trades[$0].time = $1 }
        reader.numbers(trades.count) { trades[$0].price = $1 }
        reader.numbers(trades.count) { trades[$0].size = $1 }
        reader.column(trades.count, UInt32.self) { trades[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(trades.count, UInt32.self) { trades[$0].flags = EventFlags(rawValue: $1) }
        reader.column(trades.count, UInt8.self) { trades[$0].side = Trade.Side(rawValue: $1) ?? .unknown }
    }
}

extension Figure: FixedColumnEvent {
    static var blank: Figure { Figure(time: 0, periodEnd: 0, value: 0, name: FigureName.unnamed, instrument: nobody) }
    static let types: [ColumnType] =
        [.int64, .int64, .float64, .int64, .int64, .int64, .uint32, .uint32]

    static func write(_ figures: [Figure], to writer: inout ColumnWriter) {
        writer.column(figures.count) { figures[$0].time }
        writer.column(figures.count) { figures[$0].periodEnd }
        writer.column(figures.count) { figures[$0].value }
        for word in 0..<3 { writer.column(figures.count) { figures[$0].name.words[word] } }
        writer.instruments(figures)
    }

    static func read(
        _ columns: Int, into figures: inout [Figure], _ reader: inout ColumnReader
    ) throws(ProtocolError) {
        reader.column(figures.count, Int64.self) { figures[$0].time = $1 }
        reader.column(figures.count, Int64.self) { figures[$0].periodEnd = $1 }
        reader.numbers(figures.count) { figures[$0].value = $1 }
        var words = [InlineArray<3, UInt64>](repeating: [0, 0, 0], count: figures.count)
        for word in 0..<3 { reader.column(figures.count, UInt64.self) { words[$0][word] = $1 } }
        for row in figures.indices {
            guard let name = FigureName(words: words[row]) else {
                throw ProtocolError(.frame, "row \(row) of a frame of figures has no name of 1 to 24 of a-z, 0-9 and _")
            }
            figures[row].name = name
        }
        reader.column(figures.count, UInt32.self) { figures[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(figures.count, UInt32.self) { figures[$0].flags = EventFlags(rawValue: $1) }
    }
}

extension Factor: FixedColumnEvent {
    static var blank: Factor { Factor(time: 0, instrument: nobody) }
    static let types: [ColumnType] = [.int64, .int64] + Array(repeating: .float64, count: 4) + [.uint32, .uint32]

    static func write(_ factors: [Factor], to writer: inout ColumnWriter) {
        writer.column(factors.count) { factors[$0].time }
        writer.column(factors.count) { factors[$0].announced }
        writer.column(factors.count) { factors[$0].ratio }
        writer.column(factors.count) { factors[$0].cash }
        writer.column(factors.count) { factors[$0].rights }
        writer.column(factors.count) { factors[$0].rightsPrice }
        writer.instruments(factors)
    }

    static func read(_ columns: Int, into factors: inout [Factor], _ reader: inout ColumnReader) {
        reader.column(factors.count, Int64.self) { factors[$0].time = $1 }
        reader.column(factors.count, Int64.self) { factors[$0].announced = $1 }
        reader.numbers(factors.count) { factors[$0].ratio = $1 }
        reader.numbers(factors.count) { factors[$0].cash = $1 }
        reader.numbers(factors.count) { factors[$0].rights = $1 }
        reader.numbers(factors.count) { factors[$0].rightsPrice = $1 }
        reader.column(factors.count, UInt32.self) { factors[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(factors.count, UInt32.self) { factors[$0].flags = EventFlags(rawValue: $1) }
    }
}
