public import PluginKit

/// Cells of records with texts as JSON objects, one a row: `{"time": ..., "rule": "...", ...}`.
///
/// Instants are whole nanoseconds, instruments their names, words the words.
public struct RecordJSONCells: CellReader {
    private let rows: [[String: JSONValue]]
    private let id: (String) -> InstrumentID?
    private var columns: ArraySlice<ColumnDescription>

    /// Begins with the first column of a kind; `id` finds an instrument by its name.
    public init(_ kind: RecordKind, rows: [[String: JSONValue]], id: @escaping (String) -> InstrumentID?) {
        self.rows = rows
        self.id = id
        columns = kind.rows.columns[...]
    }

    /// Returns a batch's rows as objects.
    public static func objects(_ table: RecordTable, name: (InstrumentID) -> String) -> [JSONValue] {
        (0..<table.count).map { row in
            .object(
                Dictionary(
                    table.columns.map { ($0.description.name, value($0.cells, row, name)) }, uniquingKeysWith: { $1 }))
        }
    }

    private static func value(_ cells: RecordTable.Cells, _ row: Int, _ name: (InstrumentID) -> String) -> JSONValue {
        switch cells {
        case .time(let get): .integer(get(row))
        case .integer(let get): .integer(get(row))
        case .real(let get): .finite(get(row))
        case .text(let get): .text(get(row))
        case .word(let words, let get): .text(words[Int(get(row))])
        case .instrument(let get): get(row).map { .text(name($0)) } ?? .null
        case .flags(let get): .integer(Int64(get(row).rawValue))
        case .reals(let names, let get):
            .object(
                Dictionary(
                    names.enumerated().map { ($1.name, .finite(get(row, $0))) }, uniquingKeysWith: { $1 }))
        }
    }

    /// Gives a column of instants or other whole numbers.
    public mutating func integers(_ count: Int, _ body: (Int, Int64) -> Void) throws(PluginError) {
        try each(count, \.integer, body)
    }

    /// Gives a column of numbers; `null` is NaN.
    public mutating func reals(_ count: Int, _ body: (Int, Double) -> Void) throws(PluginError) {
        try each(count, { $0 == .null ? .nan : $0.number }, body)
    }

    /// Gives a column of instruments or flags.
    public mutating func numbers(_ count: Int, _ body: (Int, UInt32) -> Void) throws(PluginError) {
        let id = id
        try each(
            count,
            { value in
                switch value {
                case .text(let name): id(name)?.rawValue ?? InstrumentID.none
                case .null: InstrumentID.none
                default: value.integer.flatMap(UInt32.init(exactly:))
                }
            }, body)
    }

    /// Gives a column of words.
    public mutating func words(_ count: Int, _ body: (Int, UInt8) -> Void) throws(PluginError) {
        guard case .word(let words)? = columns.first?.type else { throw Self.fault("a word", nil) }
        try each(count, { $0.text.flatMap(words.firstIndex(of:)).map { UInt8($0) } }, body)
    }

    /// Gives a column of texts.
    public mutating func texts(_ count: Int, _ body: (Int, String) -> Void) throws(PluginError) {
        try each(count, \.text, body)
    }

    private mutating func each<Cell>(
        _ count: Int, _ cell: (JSONValue) -> Cell?, _ body: (Int, Cell) -> Void
    ) throws(PluginError) {
        let column = columns.popFirst()
        for (row, members) in rows.prefix(count).enumerated() {
            guard let value = cell(members[column?.name ?? ""] ?? .null) else {
                throw Self.fault(column?.name ?? "a column", row)
            }
            body(row, value)
        }
    }

    /// Says which column of which row is wrong.
    public func fault(_ column: ColumnDescription, _ row: Int) -> PluginError { Self.fault(column.name, row) }

    private static func fault(_ column: String, _ row: Int?) -> PluginError {
        PluginError(.badRequest, "'records' has no \(column)\(row.map { " in row \($0)" } ?? "") of its type.")
    }
}
