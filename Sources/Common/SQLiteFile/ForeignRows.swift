import GRDBSQLite

/// Rows of a file that belongs to another program, in their order; the file is only read.
///
/// One statement is open from the first row to the last, so that what is committed meanwhile is not seen and its writer is
/// never in the way. An object is used by one task at a time.
public final class ForeignRows {
    /// Which rows.
    public enum Selection: Sendable, Hashable {
        /// All of a table or view, in the order they are stored.
        case table(String)
        /// All of the first of these tables that is there, or of the only one.
        case usual([String])
        /// What a statement that only reads gives.
        case query(String)
    }

    /// What a field holds.
    public enum Value: Sendable, Hashable {
        /// Nothing.
        case null
        /// A whole number.
        case integer(Int64)
        /// Any other number; never NaN.
        case real(Double)
        /// Text.
        case text(String)
        /// Bytes that are no text, by their number.
        case bytes(Int)
    }

    /// The names of the columns, in order.
    public private(set) var columns: [String] = []
    private let connection: OpaquePointer
    private var statement: OpaquePointer?

    /// Opens the file and finds the rows; reads none yet.
    ///
    /// - Throws: what is wrong, behind the path, and what to do.
    public init(path: String, _ selection: Selection) throws(TableFault) {
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard result == SQLITE_OK, let opened else {
            let said = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "memory is short"
            sqlite3_close_v2(opened)
            throw TableFault("cannot be opened (\(said))", remedy: "Give this user the right to read it.")
        }
        connection = opened
        sqlite3_busy_timeout(connection, 2_000)
        try prepare(try statement(for: selection))
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close_v2(connection)
    }

    /// Goes to the next row; `false` at the end.
    public func next() throws(TableFault) -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw fault()
        }
    }

    /// A field of the row at hand, by its column from 0.
    public func value(_ column: Int) -> Value {
        let column = Int32(column)
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let bytes = UnsafeBufferPointer(
                start: sqlite3_column_text(statement, column), count: Int(sqlite3_column_bytes(statement, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB: return .bytes(Int(sqlite3_column_bytes(statement, column)))
        default: return .null
        }
    }

    private func statement(for selection: Selection) throws(TableFault) -> String {
        let tables: [String]
        switch selection {
        case .query(let text): return text
        case .table(let name):
            tables = try self.tables()
            if let found = tables.first(where: { $0 == name }) ?? tables.first(where: { Self.same($0, name) }) {
                return Self.all(of: found)
            }
            throw TableFault("has no table '\(name)'; \(Self.list(tables))", remedy: "Name one of them in 'table'.")
        case .usual(let names):
            tables = try self.tables()
            let known = names.lazy.compactMap { name in tables.first { Self.same($0, name) } }.first
            if let found = known ?? (tables.count == 1 ? tables[0] : nil) { return Self.all(of: found) }
        }
        throw TableFault(
            tables.isEmpty ? "has no table" : "has several tables, and none is named; \(Self.list(tables))",
            remedy: tables.isEmpty ? "Fill it, or correct the path." : "Name one of them in 'table'.")
    }

    /// The tables and views of the file, by name.
    private func tables() throws(TableFault) -> [String] {
        try prepare(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        )
        var names: [String] = []
        while try next() { if case .text(let name) = value(0) { names.append(name) } }
        return names
    }

    private func prepare(_ text: String) throws(TableFault) {
        sqlite3_finalize(statement)
        statement = nil
        var rest = ""
        let result = text.withCString { start in
            var tail: UnsafePointer<CChar>?
            let result = sqlite3_prepare_v2(connection, start, -1, &statement, &tail)
            rest = tail.map { String(cString: $0) } ?? ""
            return result
        }
        guard result == SQLITE_OK else { throw fault(of: text) }
        guard rest.allSatisfy({ $0.isWhitespace || $0 == ";" }), let statement,
            sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0
        else {
            throw TableFault(
                "cannot be asked '\(text.prefix(200))'; allowed is one statement that gives rows and changes nothing",
                remedy: "Write a SELECT.")
        }
        columns = (0..<sqlite3_column_count(statement)).map { column in
            sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
        }
    }

    private func fault(of text: String? = nil) -> TableFault {
        let said = String(cString: sqlite3_errmsg(connection))
        switch sqlite3_errcode(connection) {
        case SQLITE_NOTADB, SQLITE_CORRUPT:
            return TableFault("is damaged (\(said)); allowed is a whole SQLite file", remedy: "Copy it again.")
        case SQLITE_BUSY, SQLITE_LOCKED:
            return TableFault("is locked by who writes it", remedy: "It is tried again; let that program use WAL mode.")
        case SQLITE_CANTOPEN, SQLITE_READONLY:
            return TableFault(
                "cannot be opened (\(said))",
                remedy: "A file in WAL mode needs the right to write its folder, unless its writer has closed it.")
        default:
            let asked = text.map { " '\($0.prefix(200))'" } ?? ""
            return TableFault("cannot be asked\(asked): \(said)", remedy: "Correct 'query' or 'table'.")
        }
    }

    private static func all(of table: String) -> String {
        "SELECT * FROM \"\(table.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    private static func list(_ tables: [String]) -> String {
        let shown = tables.prefix(20).joined(separator: ", ")
        return tables.isEmpty
            ? "it has none" : "it has \(shown)\(tables.count > 20 ? " and \(tables.count - 20) more" : "")"
    }

    private static func same(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }
}
