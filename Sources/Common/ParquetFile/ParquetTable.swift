/// A table as Parquet files keep it: columns under names, all of one length.
public struct ParquetTable: Sendable, Equatable {
    /// The cells of a column.
    public enum Cells: Sendable, Equatable {
        /// Instants, nanoseconds since the Unix epoch, UTC.
        case times([Int64])
        /// Whole numbers.
        case integers([Int64])
        /// Numbers; NaN for none.
        case numbers([Double])
        /// Texts.
        case texts([String])

        /// Whether the same is in both; a number that is none equals another one.
        public static func == (one: Cells, other: Cells) -> Bool {
            switch (one, other) {
            case (.times(let one), .times(let other)), (.integers(let one), .integers(let other)): one == other
            case (.numbers(let one), .numbers(let other)): one.map(\.bitPattern) == other.map(\.bitPattern)
            case (.texts(let one), .texts(let other)): one == other
            default: false
            }
        }

        /// How many.
        public var count: Int {
            switch self {
            case .times(let cells), .integers(let cells): cells.count
            case .numbers(let cells): cells.count
            case .texts(let cells): cells.count
            }
        }

        /// Returns some of the cells, in the order given; a place below 0 is a cell without content.
        public func selecting(_ places: [Int]) -> Cells {
            switch self {
            case .times(let cells): .times(places.map { $0 < 0 ? 0 : cells[$0] })
            case .integers(let cells): .integers(places.map { $0 < 0 ? 0 : cells[$0] })
            case .numbers(let cells): .numbers(places.map { $0 < 0 ? .nan : cells[$0] })
            case .texts(let cells): .texts(places.map { $0 < 0 ? "" : cells[$0] })
            }
        }
    }

    /// A column.
    public struct Column: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its cells.
        public var cells: Cells

        /// Creates a column.
        public init(_ name: String, _ cells: Cells) {
            self.name = name
            self.cells = cells
        }
    }

    /// The columns, in order.
    public var columns: [Column]

    /// Creates a table.
    public init(_ columns: [Column]) { self.columns = columns }

    /// Rows.
    public var count: Int { columns.first?.cells.count ?? 0 }

    /// The cells of a column; nil where there is none of that name.
    public subscript(name: String) -> Cells? { columns.first { $0.name == name }?.cells }
}

/// Why bytes are no table.
public struct ParquetFault: Error, Equatable {
    /// What is wrong with them.
    public let reason: String
}

/// The numbers of Parquet's format that are used here: <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.
enum Parquet {
    static let mark = Array("PAR1".utf8)
    static let int64 = 2
    static let double = 5
    static let bytes = 6
    static let plain = 0
    static let runs = 3
    static let gzip = 2
    static let utf8 = 0
    static let required = 0
    static let optional = 1

    static func type(_ cells: ParquetTable.Cells) -> Int {
        switch cells {
        case .times, .integers: int64
        case .numbers: double
        case .texts: bytes
        }
    }
}
