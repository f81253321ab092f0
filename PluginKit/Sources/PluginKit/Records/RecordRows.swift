/// The rows of a batch, of whatever kind.
public protocol RecordRows: Sendable {
    /// The kind of record.
    static var kind: RecordKind { get }
    /// Whether an instrument may have several at one event time.
    static var repeats: Bool { get }
    /// The texts that all rows of a batch share.
    static var constants: [ColumnDescription] { get }
    /// The columns, in order.
    static var columns: [ColumnDescription] { get }
    /// Makes rows from their cells.
    ///
    /// - Parameters:
    ///   - shape: what the cells do not say.
    ///   - cells: gives the columns in the order in which `write` gives them.
    static func read<Cells: CellReader>(
        _ shape: RecordShape, from cells: inout Cells
    ) throws(Cells.Failure) -> RecordBatch.Content
    /// How many rows.
    var count: Int { get }
    /// The rows as a table.
    var table: RecordTable { get }
    /// Event time and instrument of each row; `nil` for a kind whose rows are about no instrument.
    var eventTimes: [(time: Int64, instrument: InstrumentID?)]? { get }
    /// What the cells do not say.
    var shape: RecordShape { get }
    /// Gives the cells column by column: those of the row type, then `shape.names`.
    func write<Cells: CellWriter>(to cells: inout Cells)
    /// Some of the rows, in the order given.
    func selecting(_ positions: [Int]) -> RecordBatch.Content
}

extension RecordRows {
    /// One at a time.
    public static var repeats: Bool { false }
}

/// What is known of a batch beside its cells.
public struct RecordShape: Sendable {
    /// Rows.
    public let count: Int
    /// The constants' values, in order.
    public let constants: [String]
    /// Names of the numbers beside each row: features, all outputs of a model.
    public let names: [OutputColumn]

    /// Creates a shape.
    public init(count: Int, constants: [String] = [], names: [OutputColumn] = []) {
        self.count = count
        self.constants = constants
        self.names = names
    }
}

/// Gives cells, a column at a time, to whoever makes rows of them. Each method hands over `count` cells in order.
public protocol CellReader {
    /// What is thrown where the bytes are not such a column.
    associatedtype Failure: Error
    /// Gives instants and other whole numbers.
    mutating func integers(_ count: Int, _ body: (Int, Int64) -> Void) throws(Failure)
    /// Gives numbers.
    mutating func reals(_ count: Int, _ body: (Int, Double) -> Void) throws(Failure)
    /// Gives instruments and flags.
    mutating func numbers(_ count: Int, _ body: (Int, UInt32) -> Void) throws(Failure)
    /// Gives places of words.
    mutating func words(_ count: Int, _ body: (Int, UInt8) -> Void) throws(Failure)
    /// Gives texts.
    mutating func texts(_ count: Int, _ body: (Int, String) -> Void) throws(Failure)
    /// Returns what to throw where a cell of a row holds what its column cannot.
    func fault(_ column: ColumnDescription, _ row: Int) -> Failure
}

/// Takes cells, a column at a time. Each method is given `count` cells by row.
public protocol CellWriter {
    /// Takes instants and other whole numbers.
    mutating func integers(_ count: Int, _ value: (Int) -> Int64)
    /// Takes numbers.
    mutating func reals(_ count: Int, _ value: (Int) -> Double)
    /// Takes instruments and flags.
    mutating func numbers(_ count: Int, _ value: (Int) -> UInt32)
    /// Takes places of words.
    mutating func words(_ count: Int, _ value: (Int) -> UInt8)
    /// Takes texts.
    mutating func texts(_ count: Int, _ value: (Int) -> String)
}

extension InstrumentID {
    /// The number that stands for "no instrument" where columns are written as numbers.
    @inlinable public static var none: UInt32 { .max }
}

extension RecordRow {
    /// Makes rows from their cells, column by column.
    @inlinable public static func rows<Cells: CellReader>(
        _ count: Int, from cells: inout Cells
    ) throws(Cells.Failure) -> [Self] {
        var rows = Array(repeating: blank, count: count)
        for column in columns {
            switch column.access {
            case .time(_, let set), .integer(_, let set): try cells.integers(count) { set(&rows[$0], $1) }
            case .real(_, let set): try cells.reals(count) { set(&rows[$0], $1) }
            case .text(_, let set): try cells.texts(count) { set(&rows[$0], $1) }
            case .word(_, _, let set): try cells.words(count) { set(&rows[$0], $1) }
            case .instrument(_, let set):
                try cells.numbers(count) {
                    set(&rows[$0], $1 == InstrumentID.none ? nil : InstrumentID(rawValue: $1))
                }
            case .flags(_, let set): try cells.numbers(count) { set(&rows[$0], EventFlags(rawValue: $1)) }
            case .reals(let names, _, let set):
                for place in names.indices { try cells.reals(count) { set(&rows[$0], place, $1) } }
            case .name(_, let set):
                for (row, name) in try figureNames(column.description, count, &cells).enumerated() {
                    set(&rows[row], name)
                }
            }
        }
        return rows
    }

    /// Reads names as their three words.
    @usableFromInline static func figureNames<Cells: CellReader>(
        _ column: ColumnDescription, _ count: Int, _ cells: inout Cells
    ) throws(Cells.Failure) -> [FigureName] {
        var words = [InlineArray<3, UInt64>](repeating: [0, 0, 0], count: count)
        for word in 0..<3 { try cells.integers(count) { words[$0][word] = UInt64(bitPattern: $1) } }
        var names: [FigureName] = []
        names.reserveCapacity(count)
        for row in words.indices {
            guard let name = FigureName(words: words[row]) else { throw cells.fault(column, row) }
            names.append(name)
        }
        return names
    }

    /// Event time and instrument of each row; `nil` where the row type has no instrument.
    @specialized(where Self == Bar)
    @specialized(where Self == Trade)
    @specialized(where Self == Quote)
    @specialized(where Self == OrderBook)
    @specialized(where Self == RowKey)
    @specialized(where Self == Prediction)
    static func eventTimes(_ rows: [Self]) -> [(time: Int64, instrument: InstrumentID?)]? {
        var time: (@Sendable (Self) -> Int64)?
        for column in columns {
            switch column.access {
            case .time(let get, _): time = time ?? get
            case .instrument(let get, _): return rows.map { (time?($0) ?? 0, get($0)) }
            default: continue
            }
        }
        return nil
    }

    /// Gives the cells of rows, column by column.
    @inlinable public static func write<Cells: CellWriter>(_ rows: [Self], to cells: inout Cells) {
        for column in columns {
            switch column.access {
            case .time(let get, _), .integer(let get, _): cells.integers(rows.count) { get(rows[$0]) }
            case .real(let get, _): cells.reals(rows.count) { get(rows[$0]) }
            case .text(let get, _): cells.texts(rows.count) { get(rows[$0]) }
            case .word(_, let get, _): cells.words(rows.count) { get(rows[$0]) }
            case .instrument(let get, _): cells.numbers(rows.count) { get(rows[$0])?.rawValue ?? InstrumentID.none }
            case .flags(let get, _): cells.numbers(rows.count) { get(rows[$0]).rawValue }
            case .reals(let names, let get, _):
                for place in names.indices { cells.reals(rows.count) { get(rows[$0], place) } }
            case .name(let get, _):
                for word in 0..<3 {
                    cells.integers(rows.count) { Int64(bitPattern: get(rows[$0]).words[word]) }
                }
            }
        }
    }
}

extension Array: RecordRows where Element: Record {
    /// The kind of the rows.
    public static var kind: RecordKind { Element.recordKind }
    /// Whether an instrument may have several at one event time.
    public static var repeats: Bool { Element.repeats }
    /// None.
    public static var constants: [ColumnDescription] { [] }
    /// The columns of the rows.
    public static var columns: [ColumnDescription] { Element.columns.map(\.description) }

    /// Makes rows from their cells.
    public static func read<Cells: CellReader>(
        _ shape: RecordShape, from cells: inout Cells
    ) throws(Cells.Failure) -> RecordBatch.Content {
        Element.content(try Element.rows(shape.count, from: &cells))
    }

    /// The rows as a table.
    public var table: RecordTable { RecordTable(Element.recordKind, self) }
    /// Event time and instrument of each row.
    public var eventTimes: [(time: Int64, instrument: InstrumentID?)]? { Element.eventTimes(self) }
    /// How many rows.
    public var shape: RecordShape { RecordShape(count: count) }
    /// Gives the cells column by column.
    public func write<Cells: CellWriter>(to cells: inout Cells) { Element.write(self, to: &cells) }

    /// Some of the rows, in the order given.
    public func selecting(_ positions: [Int]) -> RecordBatch.Content { Element.content(positions.map { self[$0] }) }
}
