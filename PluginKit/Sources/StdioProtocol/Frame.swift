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
    /// Bars.
    case bars([Bar])
    /// Best bids and asks.
    case quotes([Quote])
    /// Executions.
    case trades([Trade])
    /// Numbers: features, outputs, labels.
    case matrix(Matrix)
    /// Predictions with all outputs of each.
    case predictions([Prediction], values: Matrix)
    /// What rows of features were made from, with the features of each.
    case features([RowKey], values: Matrix)
    /// Opaque bytes: an artifact, a state.
    case bytes([UInt8])

    /// Which kind of frame it is.
    public var kind: FrameKind {
        switch self {
        case .bars: .bars
        case .quotes: .quotes
        case .trades: .trades
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

    /// The name in JSON frames.
    public var name: String {
        switch self {
        case .bars: "bars"
        case .quotes: "quotes"
        case .trades: "trades"
        case .matrix: "matrix"
        case .predictions: "predictions"
        case .features: "features"
        case .bytes: "bytes"
        }
    }

    /// The types of the columns, given how many there are; `nil` where this kind cannot have that many.
    func columns(_ count: Int) -> [ColumnType]? {
        let fixed: [ColumnType] =
            switch self {
            case .bars: [.int64] + Array(repeating: .float64, count: 6) + [.uint32, .uint32]
            case .quotes: [.int64] + Array(repeating: .float64, count: 4) + [.uint32, .uint32]
            case .trades: [.int64, .float64, .float64, .uint32, .uint32, .uint8]
            case .matrix: []
            case .predictions: [.int64, .float64, .float64, .uint32, .uint32]
            case .features: [.int64, .float64, .uint32, .uint32]
            case .bytes: [.uint8]
            }
        let isOpen = self == .matrix || self == .predictions || self == .features
        guard count == fixed.count || (isOpen && count > fixed.count) else { return nil }
        return fixed + Array(repeating: .float64, count: count - fixed.count)
    }
}

/// The types of column, little-endian.
enum ColumnType {
    case int64, float64, uint32, uint8

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
