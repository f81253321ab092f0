/// A batch of records as a table: what every sink, file and frame reads, whatever the kind.
///
/// Columns come in the order in which files show them. Cells are read through closures over the batch: nothing is copied
/// or boxed for a row.
public struct RecordTable: Sendable {
    /// A text that all rows share: the model of predictions.
    public struct Constant: Sendable, Hashable {
        /// Name and marks.
        public let description: ColumnDescription
        /// The text.
        public let value: String
    }

    /// A column with its cells, by row.
    public struct Column: Sendable {
        /// What it is.
        public let description: ColumnDescription
        /// Its cells.
        public let cells: Cells
    }

    /// Cells of a column, by row.
    public enum Cells: Sendable {
        /// Instants.
        case time(@Sendable (Int) -> Int64)
        /// Whole numbers.
        case integer(@Sendable (Int) -> Int64)
        /// Numbers.
        case real(@Sendable (Int) -> Double)
        /// Texts.
        case text(@Sendable (Int) -> String)
        /// Words, by their place.
        case word([String], @Sendable (Int) -> UInt8)
        /// Instruments.
        case instrument(@Sendable (Int) -> InstrumentID?)
        /// Flags.
        case flags(@Sendable (Int) -> EventFlags)
        /// Numbers under the names of columns; the closure takes row and column.
        case reals([OutputColumn], @Sendable (Int, Int) -> Double)
    }

    /// The kind of record.
    public let kind: RecordKind
    /// Rows.
    public let count: Int
    /// Texts that all rows share.
    public let constants: [Constant]
    /// All columns but the constants.
    public let columns: [Column]

    // Looked up once: they are asked for each row.
    private let times: (@Sendable (Int) -> Int64)?
    private let instruments: (@Sendable (Int) -> InstrumentID?)?

    /// Event time of a row, nanoseconds since the Unix epoch, UTC.
    public func time(_ row: Int) -> Int64 { times?(row) ?? 0 }

    /// The instrument a row is about; `nil` where it is about none.
    public func instrument(_ row: Int) -> InstrumentID? { instruments?(row) }

    /// The columns that only this kind has: all but time and instrument.
    public var ownColumns: [Column] { columns.filter { !$0.description.isCommon } }
}

extension ColumnDescription {
    /// Whether records of every kind have it: time and instrument.
    public var isCommon: Bool { name == "time" || type == .instrument }
}

extension RecordTable {
    /// - Parameter place: where the column of further numbers stands; the end where it is absent.
    init<Row: RecordRow>(
        _ kind: RecordKind, _ rows: [Row], constants: [Constant] = [], reals: Column? = nil, at place: Int? = nil
    ) {
        self.kind = kind
        count = rows.count
        self.constants = constants
        var columns = Row.columns.map { column in
            Column(description: column.description, cells: Cells(rows, column))
        }
        if let reals { columns.insert(reals, at: place ?? columns.count) }
        self.columns = columns
        times = columns.lazy.compactMap { if case .time(let time) = $0.cells { time } else { nil } }.first
        instruments = columns.lazy.compactMap { if case .instrument(let id) = $0.cells { id } else { nil } }.first
    }
}

extension RecordTable.Cells {
    init<Row: RecordRow>(_ rows: [Row], _ column: RecordColumn<Row>) {
        switch column.access {
        case .time(let get, _): self = .time { get(rows[$0]) }
        case .integer(let get, _): self = .integer { get(rows[$0]) }
        case .name(let get, _): self = .text { get(rows[$0]).description }
        case .reals(let names, let get, _): self = .reals(names) { get(rows[$0], $1) }
        case .real(let get, _): self = .real { get(rows[$0]) }
        case .text(let get, _): self = .text { get(rows[$0]) }
        case .word(let words, let get, _): self = .word(words) { get(rows[$0]) }
        case .instrument(let get, _): self = .instrument { get(rows[$0]) }
        case .flags(let get, _): self = .flags { get(rows[$0]) }
        }
    }
}
