import CivilTime
import PluginKit
import RecordText

/// The table of a kind of record, made from what the kind says of itself, and the statements about it.
///
/// ```
/// bars (pipeline, instrument, timeframe, time, time_ns, open, ..., flags, source, sequence)
/// ```
/// A `timestamptz` has microseconds: what a key's instant has below that is in a column beside it, `time_ns`, 0...999.
/// Further numbers (features, outputs) are columns of their own, which are added when they first come.
struct RecordLayout: Sendable {
    /// A column that the kind has in every batch.
    struct Column: Sendable, Hashable {
        let name: String
        /// As PostgreSQL's catalogue shows it.
        let type: String
        let isRequired: Bool
        let isKey: Bool
    }

    /// Most columns of further numbers of a table: a row of numbers must fit into a page of 8 KiB.
    static let mostFurther = 900
    /// Longest name PostgreSQL has, in bytes of UTF-8; it cuts longer ones.
    static let longestName = 63

    let kind: RecordKind
    let columns: [Column]
    private let schema: String

    init(_ kind: RecordKind, schema: String) {
        self.kind = kind
        self.schema = schema
        let head =
            ["pipeline", "instrument", "timeframe"].map { Self.text($0, isKey: true) }
            + Self.instant("time", isKey: true)
        let own = (kind.rows.constants + kind.rows.columns.filter { !$0.isCommon }).flatMap(Self.columns)
        let tail = [Self.text("source", isKey: false), Self.column("sequence", "bigint", isRequired: true)]
        let place = kind.rows.repeats ? [Self.column("place", "bigint", isRequired: true, isKey: true)] : []
        columns = head + own + tail + place
    }

    private static func columns(of column: ColumnDescription) -> [Column] {
        let isKey = column.marks.contains(.key)
        return switch column.type {
        case .reals, .instrument: []
        case .time: instant(column.name, isKey: isKey)
        case .integer: [Self.column(column.name, "bigint", isRequired: true, isKey: isKey)]
        case .real: [Self.column(column.name, "double precision", isRequired: column.marks.contains(.required))]
        case .text, .name, .word, .flags: [text(column.name, isKey: isKey)]
        }
    }

    private static func instant(_ name: String, isKey: Bool) -> [Column] {
        let time = column(name, "timestamp with time zone", isRequired: true, isKey: isKey)
        return isKey ? [time, column("\(name)_ns", "smallint", isRequired: true, isKey: true)] : [time]
    }

    private static func text(_ name: String, isKey: Bool) -> Column {
        column(name, "text", isRequired: true, isKey: isKey)
    }

    private static func column(_ name: String, _ type: String, isRequired: Bool, isKey: Bool = false) -> Column {
        Column(name: name, type: type, isRequired: isRequired, isKey: isKey)
    }

    // MARK: Statements

    /// The table with its schema.
    var table: String { "\(Self.quoted(schema)).\(Self.quoted(kind.rawValue))" }
    /// The table that batches are copied into; each connection has its own.
    var stage: String { "pg_temp.\(Self.quoted("penstock_\(kind.rawValue)"))" }
    private var key: [Column] { columns.filter(\.isKey) }

    /// Makes the table; in parts by month where asked.
    func creation(partitioned: Bool) -> String {
        let declared = columns.map { column in
            let order = column.type == "text" ? " COLLATE \"C\"" : ""
            return "\(Self.quoted(column.name)) \(column.type)\(order)\(column.isRequired ? " NOT NULL" : "")"
        }
        return
            "CREATE TABLE \(table) (\(Self.list(declared)), PRIMARY KEY (\(Self.list(key.map { Self.quoted($0.name) }))))"
            + (partitioned ? " PARTITION BY RANGE (time)" : "")
    }

    /// Makes the part of a month, counted from year 0, where it is missing.
    func partition(ofMonth month: Int) -> String {
        let name = "\(kind.rawValue)_\(Self.padded(month / 12, 4))_\(Self.padded(month % 12 + 1, 2))"
        let range = [month, month + 1].map {
            "'\(Self.padded($0 / 12, 4))-\(Self.padded($0 % 12 + 1, 2))-01 00:00:00+00'"
        }
        return "CREATE TABLE IF NOT EXISTS \(Self.quoted(schema)).\(Self.quoted(name)) PARTITION OF \(table) "
            + "FOR VALUES FROM (\(range[0])) TO (\(range[1]))"
    }

    /// Adds columns of further numbers.
    func addition(_ names: [String]) -> String {
        "ALTER TABLE \(table) "
            + Self.list(names.map { "ADD COLUMN IF NOT EXISTS \(Self.quoted($0)) double precision" })
    }

    /// Makes the stage anew, with the columns that the table has now.
    var staging: String {
        "DROP TABLE IF EXISTS \(stage); CREATE TEMP TABLE \(Self.quoted("penstock_\(kind.rawValue)")) (LIKE \(table)) "
            + "ON COMMIT DELETE ROWS"
    }

    /// Begins a copy into the table or its stage.
    func copying(_ further: [String], into target: String) -> String {
        "COPY \(target) (\(Self.list((columns.map(\.name) + further).map(Self.quoted)))) FROM STDIN (FORMAT binary)"
    }

    /// Moves the stage into the table: the last row of each identity, and only where it says something else than the one there.
    func merging(_ further: [String]) -> String {
        let all = (columns.map(\.name) + further).map(Self.quoted)
        let identity = Self.list(key.map { Self.quoted($0.name) })
        let rest = all.filter { name in !key.contains { Self.quoted($0.name) == name } }
        // Each run numbers its batches anew: that alone is no change.
        let told = rest.filter { $0 != Self.quoted("sequence") }
        return """
            INSERT INTO \(table) AS t (\(Self.list(all)))
            SELECT DISTINCT ON (\(identity)) \(Self.list(all)) FROM \(stage) ORDER BY \(identity), ctid DESC
            ON CONFLICT (\(identity)) DO UPDATE SET \(Self.list(rest.map { "\($0) = EXCLUDED.\($0)" }))
            WHERE (\(Self.list(told.map { "t.\($0)" }))) IS DISTINCT FROM (\(Self.list(told.map { "EXCLUDED.\($0)" })))
            """
    }

    /// Asks which columns the table has, and of which kind it is; no rows where there is no table.
    var survey: String {
        """
        SELECT a.attname, format_type(a.atttypid, NULL), c.relkind FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid = to_regclass(\(Self.literal(table))) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
        """
    }

    // MARK: Texts

    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    static func literal(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    private static func list(_ texts: [String]) -> String { texts.joined(separator: ", ") }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
