/// A flat row; its columns, declared once, are all that sinks, files, frames and tables know of it.
///
/// ```swift
/// extension Trade: Record {
///     public static var recordKind: RecordKind { .trades }
///     public static let columns: [RecordColumn<Trade>] = [
///         .init("time", .time({ $0.time }, { $0.time = $1 })),
///         .init("price", .real({ $0.price }, { $0.price = $1 }), unit: "quote currency", .required), ...
///     ]
/// }
/// ```
public protocol RecordRow: Sendable {
    /// Its columns, in the order in which files show them.
    static var columns: [RecordColumn<Self>] { get }
    /// A row without content, to be filled column by column.
    static var blank: Self { get }
}

/// A row that is a whole record: nothing stands beside it in the batch.
public protocol Record: RecordRow {
    /// The kind of record it is.
    static var recordKind: RecordKind { get }
    /// Whether an instrument may have several at one event time.
    static var repeats: Bool { get }
    /// Puts rows into a batch.
    static func content(_ rows: [Self]) -> RecordBatch.Content
}

extension Record {
    /// One at a time.
    public static var repeats: Bool { false }
}

extension Record where Self: MarketEvent {
    /// Puts events into a batch.
    public static func content(_ rows: [Self]) -> RecordBatch.Content { RecordBatch.Content(batch(rows)) }
}

/// What a column holds.
public enum CellType: Sendable, Hashable {
    /// An instant, nanoseconds since the Unix epoch, UTC.
    case time
    /// A whole number.
    case integer
    /// A number; NaN for none.
    case real
    /// The name of a figure.
    case name
    /// A text.
    case text
    /// One of these words, by its place.
    case word([String])
    /// An instrument, or none.
    case instrument
    /// Flags of an event.
    case flags
    /// Numbers under names of their own, which the batch gives: features, further outputs of a model.
    case reals
}

/// What is special about a column.
@frozen public struct ColumnMarks: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8

    /// Creates marks from bits.
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Part of the record's identity, beside pipeline, instrument, timeframe and time.
    @inlinable public static var key: ColumnMarks { ColumnMarks(rawValue: 1 << 0) }
    /// A number without which the record says nothing.
    @inlinable public static var required: ColumnMarks { ColumnMarks(rawValue: 1 << 1) }
    /// A number whose sign is the news: a bet on up or down.
    @inlinable public static var signed: ColumnMarks { ColumnMarks(rawValue: 1 << 2) }
}

/// Name and type of a column.
public struct ColumnDescription: Sendable, Hashable {
    /// `snake_case`, unique in its kind of record.
    public let name: String
    /// What it holds.
    public let type: CellType
    /// Unit: `quote currency`, `shares`; empty for none.
    public let unit: String
    /// What is special about it.
    public let marks: ColumnMarks

    /// Creates a description.
    public init(_ name: String, _ type: CellType, unit: String = "", _ marks: ColumnMarks = []) {
        self.name = name
        self.type = type
        self.unit = unit
        self.marks = marks
    }
}

/// One column of a row type: what it is, and how a cell is read and set.
public struct RecordColumn<Row>: Sendable {
    /// How a cell is read and set.
    public enum Access: Sendable {
        /// An instant.
        case time(@Sendable (Row) -> Int64, @Sendable (inout Row, Int64) -> Void)
        /// A whole number.
        case integer(@Sendable (Row) -> Int64, @Sendable (inout Row, Int64) -> Void)
        /// The name of a figure.
        case name(@Sendable (Row) -> FigureName, @Sendable (inout Row, FigureName) -> Void)
        /// So many numbers under names of their own.
        case reals([OutputColumn], @Sendable (Row, Int) -> Double, @Sendable (inout Row, Int, Double) -> Void)
        /// A number.
        case real(@Sendable (Row) -> Double, @Sendable (inout Row, Double) -> Void)
        /// A text.
        case text(@Sendable (Row) -> String, @Sendable (inout Row, String) -> Void)
        /// One of some words, by its place; one beyond them is not set.
        case word([String], @Sendable (Row) -> UInt8, @Sendable (inout Row, UInt8) -> Void)
        /// An instrument, or none.
        case instrument(@Sendable (Row) -> InstrumentID?, @Sendable (inout Row, InstrumentID?) -> Void)
        /// Flags.
        case flags(@Sendable (Row) -> EventFlags, @Sendable (inout Row, EventFlags) -> Void)
    }

    /// What it is.
    public let description: ColumnDescription
    /// How a cell is read and set.
    public let access: Access

    /// Declares a column; the first of a row is the event time, `time`.
    public init(_ name: String, _ access: Access, unit: String = "", _ marks: ColumnMarks = []) {
        description = ColumnDescription(name, access.type, unit: unit, marks)
        self.access = access
    }
}

extension RecordColumn.Access {
    /// What the column holds.
    public var type: CellType {
        switch self {
        case .time: .time
        case .integer: .integer
        case .real: .real
        case .name: .name
        case .text: .text
        case .word(let words, _, _): .word(words)
        case .instrument: .instrument
        case .flags: .flags
        case .reals: .reals
        }
    }

    /// The instrument of a row that always has one.
    public static func always(
        _ get: @escaping @Sendable (Row) -> InstrumentID, _ set: @escaping @Sendable (inout Row, InstrumentID) -> Void
    ) -> Self { .instrument({ get($0) }, { set(&$0, $1 ?? InstrumentID(rawValue: InstrumentID.none)) }) }
}

extension EventFlags {
    /// The names of the flags that are set: `partial`, `stale`, `after_rejected`, `fallback`, `adjusted`, `warm_up_only`,
    /// `new_level`, `revised`, `suspect`, `late`, `filled`.
    public var names: [String] {
        guard !isEmpty else { return [] }
        return Self.named.filter { contains($0.flag) }.map(\.name)
    }

    private static let named: [(flag: EventFlags, name: String)] = [
        (.partial, "partial"), (.stale, "stale"), (.afterRejected, "after_rejected"), (.fallback, "fallback"),
        (.adjusted, "adjusted"), (.warmUpOnly, "warm_up_only"), (.newLevel, "new_level"),
        (.revised, "revised"), (.suspect, "suspect"), (.late, "late"), (.filled, "filled"),
    ]
}
