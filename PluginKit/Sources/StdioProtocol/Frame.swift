public import PluginKit

/// A block of numbers, row-major.
public struct Matrix: Sendable, Hashable {
    /// Rows.
    public let rows: Int
    /// Numbers a row.
    public let columns: Int
    /// `rows * columns` numbers.
    public let values: [Double]

    /// Creates a matrix; `values` fills it.
    public init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns, "values fill the rows")
        self.rows = rows
        self.columns = columns
        self.values = values
    }
}

/// Bulk data that follows a control message.
public enum Frame: Sendable, Hashable {
    /// Market events of one kind.
    case events(EventBatch)
    /// Numbers: features, outputs, labels.
    case matrix(Matrix)
    /// Predictions with all outputs of each.
    case predictions([Prediction], values: Matrix)
    /// What rows of features were made from, with the features of each.
    case features([RowKey], values: Matrix)
    /// Opaque bytes: an artifact, a state.
    case bytes([UInt8])

    /// Bars.
    public static func bars(_ bars: [Bar]) -> Frame { .events(.bars(bars)) }

    /// The events of a kind, or `nil` where it is another frame.
    public func events<Event: MarketEvent>(_ type: Event.Type) -> [Event]? {
        if case .events(let batch) = self { Event.events(of: batch) } else { nil }
    }

    /// Which kind of frame it is.
    public var kind: FrameKind {
        switch self {
        case .events(let batch): FrameKind(batch.kind)
        case .matrix: .matrix
        case .predictions: .predictions
        case .features: .features
        case .bytes: .bytes
        }
    }
}

/// The kinds of frame; the number stands in the header, the name in JSON frames.
public enum FrameKind: UInt16, Sendable, CaseIterable {
    /// Bars.
    case bars = 1
    /// Best bids and asks.
    case quotes = 2
    /// Executions.
    case trades = 3
    /// Numbers.
    case matrix = 4
    /// Predictions.
    case predictions = 5
    /// Opaque bytes.
    case bytes = 6
    /// Feature vectors.
    case features = 7
    /// Order books.
    case orderBooks = 8
    /// Figures.
    case figures = 9
    /// Splits, dividends, rights issues.
    case factors = 10

    /// The frame of a kind of event.
    init(_ kind: EventKind) {
        self =
            switch kind {
            case .bar: .bars
            case .quote: .quotes
            case .trade: .trades
            case .orderBook: .orderBooks
            case .figure: .figures
            case .factor: .factors
            }
    }

    /// The name in JSON frames.
    public var name: String { self == .orderBooks ? "order_books" : "\(self)" }

    /// The type of the events, where it is a frame of events.
    var event: (any ColumnEvent.Type)? {
        switch self {
        case .bars: Bar.self
        case .quotes: Quote.self
        case .trades: Trade.self
        case .orderBooks: OrderBook.self
        case .figures: Figure.self
        case .factors: Factor.self
        case .matrix, .predictions, .features, .bytes: nil
        }
    }

    /// Rows of a frame at most: an order book takes many times more room in memory than on the wire.
    var mostRows: Int { self == .orderBooks ? 65_536 : .max }

    /// The types of the columns, given how many there are; `nil` where this kind cannot have that many.
    func columns(_ count: Int) -> [ColumnType]? {
        if let event { return event.columns(count) }
        switch self {
        case .bytes: return count == 1 ? [.uint8] : nil
        case .predictions: return Self.open(ColumnType.all(of: Prediction.self), count)
        case .features: return Self.open(ColumnType.all(of: RowKey.self), count)
        default: return Array(repeating: .float64, count: count)
        }
    }

    private static func open(_ fixed: [ColumnType], _ count: Int) -> [ColumnType]? {
        count < fixed.count ? nil : fixed + Array(repeating: .float64, count: count - fixed.count)
    }
}

/// The types of column, little-endian.
enum ColumnType {
    case int64, float64, uint32, uint8

    /// The types of the columns of rows; those of texts are none, their records are sent as JSON.
    static func all<Row: RecordRow>(of rows: Row.Type) -> [ColumnType] {
        rows.columns.flatMap { column -> [ColumnType] in
            switch column.access {
            case .time, .integer: [.int64]
            case .real: [.float64]
            case .reals(let names, _, _): Array(repeating: .float64, count: names.count)
            case .name: [.int64, .int64, .int64]
            case .instrument, .flags: [.uint32]
            case .word: [.uint8]
            case .text: []
            }
        }
    }

    var size: Int {
        switch self {
        case .int64, .float64: 8
        case .uint32: 4
        case .uint8: 1
        }
    }

    /// Bytes of a column of that many rows, with the zeros that fill it up to a multiple of 8.
    func length(rows: Int) -> Int { (size * rows + 7) / 8 * 8 }
}
