import GRDB
import PluginKit
import SQLiteFile

/// The tables of the sink's file, made from what each kind of record says of itself.
///
/// ```
/// names  (id, name)                              texts that many rows share: sources, models, flags, words
/// series (id, pipeline, instrument, timeframe)   what rows belong to
/// bars_rows (series, time, open, ..., flags, source, sequence)
/// bars   a view of bars_rows that shows names
/// ```
///
/// A row has numbers in place of names, so it is a tenth of what its text would be. Further numbers (features, outputs) are
/// columns of their own, which are added when they first come.
struct RecordLayout {
    /// A column of a table of rows.
    struct Column {
        /// Its name, in the table and in the view.
        let name: String
        /// Whether the cell is the number of a name.
        let isName: Bool
        /// Type and constraint.
        let declaration: String
        let isKey: Bool
    }

    /// `PENR` in ASCII.
    static let applicationID: Int32 = 0x5045_4E52

    let kind: RecordKind
    /// Columns that the kind has in every batch, in the order of the table.
    let columns: [Column]
    /// The table of the rows.
    var table: String { "\(kind.rawValue)_rows" }

    init(_ kind: RecordKind) {
        self.kind = kind
        let own = (kind.rows.constants + kind.rows.columns.filter { !$0.isCommon }).compactMap(Column.init)
        let places =
            kind.rows.repeats
            ? [Column(name: "place", isName: false, declaration: "INTEGER NOT NULL", isKey: true)] : []
        columns =
            own + [
                Column(name: "source", isName: true, declaration: "INTEGER NOT NULL", isKey: false),
                Column(name: "sequence", isName: false, declaration: "INTEGER NOT NULL", isKey: false),
            ] + places
    }

    /// Makes the tables of every kind.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { try refuseEarlier($0) }
        migrator.registerMigration("v2") { db in
            try refuseEarlier(db)
            try db.execute(sql: "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
            try db.execute(
                sql: """
                    CREATE TABLE series (id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, instrument TEXT NOT NULL,
                        timeframe TEXT NOT NULL, UNIQUE (pipeline, instrument, timeframe))
                    """)
        }
        migrator.registerMigration("v3") { db in
            for kind in RecordKind.allCases where kind.rows.repeats { try RecordLayout(kind).tellApart(db) }
        }
        return migrator
    }

    /// Gives rows of an earlier penstock the place among those of their instant, which tells them apart now.
    private func tellApart(_ db: Database) throws {
        guard try db.tableExists(table) else { return }
        let before = "\(table)_before"
        let names = try db.columns(in: table).map(\.name)
        let kept = names.filter { $0 != "place" }.map(Self.quoted).joined(separator: ", ")
        let beside = columns.filter { $0.isKey && $0.name != "place" }.map { Self.quoted($0.name) }
        let order = names.contains("place") ? "sequence, place" : "sequence"
        let further = try further(db)
        try db.execute(sql: "DROP VIEW IF EXISTS \(kind.rawValue)")
        try db.execute(sql: "ALTER TABLE \(table) RENAME TO \(before)")
        try create(db)
        if !further.isEmpty { try add(further, to: [], db) }
        try db.execute(
            sql: """
                INSERT INTO \(table) (\(kept), place) SELECT \(kept), row_number() OVER (
                    PARTITION BY \((["series", "time"] + beside).joined(separator: ", ")) ORDER BY \(order)) - 1
                FROM \(before)
                """)
        try db.execute(sql: "DROP TABLE \(before)")
    }

    /// Makes the table and the view of the kind where they are missing.
    func create(_ db: Database) throws {
        let key = (["series", "time"] + columns.filter(\.isKey).map { Self.quoted($0.name) }).joined(separator: ", ")
        // The key's columns come first: SQLite's check of a table without row ids mistakes columns otherwise.
        let declarations = (columns.filter(\.isKey) + columns.filter { !$0.isKey })
            .map { "\(Self.quoted($0.name)) \($0.declaration), " }.joined()
        try db.execute(
            sql: """
                CREATE TABLE IF NOT EXISTS \(table) (series INTEGER NOT NULL, time INTEGER NOT NULL, \(declarations)
                    PRIMARY KEY (\(key))) WITHOUT ROWID
                """)
        if try !db.viewExists(kind.rawValue) { try show([], db) }
    }

    /// The columns of further numbers that the table has.
    func further(_ db: Database) throws -> [String] {
        try db.columns(in: table).map(\.name).filter { name in
            name != "series" && name != "time" && !columns.contains { $0.name == name }
        }
    }

    /// Adds columns of further numbers and shows them.
    func add(_ names: [String], to known: [String], _ db: Database) throws {
        for name in names { try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(Self.quoted(name)) REAL") }
        try show(known + names, db)
    }

    /// The statement that writes a row: series, time, the columns, further numbers.
    func insertion(_ further: [String]) -> String {
        let names = ["series", "time"] + columns.map { Self.quoted($0.name) } + further.map(Self.quoted)
        let places = Array(repeating: "?", count: names.count).joined(separator: ", ")
        return "INSERT OR REPLACE INTO \(table) (\(names.joined(separator: ", "))) VALUES (\(places))"
    }

    /// Makes the view anew.
    private func show(_ further: [String], _ db: Database) throws {
        var (shown, joins) = (["s.pipeline", "s.instrument", "s.timeframe", "r.time"], "")
        for (number, column) in columns.enumerated() where column.name != "place" {
            let name = Self.quoted(column.name)
            shown.append(column.isName ? "n\(number).name AS \(name)" : "r.\(name)")
            if column.isName { joins += " JOIN names n\(number) ON n\(number).id = r.\(name)" }
        }
        shown += further.map { "r.\(Self.quoted($0))" }
        try db.execute(sql: "DROP VIEW IF EXISTS \(kind.rawValue)")
        try db.execute(
            sql: """
                CREATE VIEW \(kind.rawValue) AS SELECT \(shown.joined(separator: ", "))
                    FROM \(table) r JOIN series s ON s.id = r.series\(joins)
                """)
    }

    private static func refuseEarlier(_ db: Database) throws {
        guard try db.tableExists("bars") else { return }
        throw TableFault(
            "has the tables of an earlier penstock, which wrote every name into every row",
            remedy:
                "Move it away with its -wal and -shm, or set another 'path': a new one is begun, and the host delivers "
                + "its records again.")
    }

    private static func quoted(_ name: String) -> String { name.quotedDatabaseIdentifier }
}

extension RecordLayout.Column {
    /// How a column is kept; `nil` for further numbers, which have columns of their own.
    fileprivate init?(_ column: ColumnDescription) {
        switch column.type {
        case .reals, .instrument: return nil
        case .time, .integer:
            self.init(
                name: column.name, isName: false, declaration: "INTEGER NOT NULL", isKey: column.marks.contains(.key))
        case .real:
            self.init(
                name: column.name, isName: false,
                declaration: column.marks.contains(.required) ? "REAL NOT NULL" : "REAL", isKey: false)
        case .text, .name:
            self.init(
                name: column.name, isName: true, declaration: "INTEGER NOT NULL", isKey: column.marks.contains(.key))
        case .word, .flags:
            self.init(name: column.name, isName: true, declaration: "INTEGER NOT NULL", isKey: false)
        }
    }
}
