public import GRDB
import GRDBSQLite

/// A prepared statement for many rows: binds and steps without a boxed value for each field.
///
/// The statement comes from the connection's cache, so it is compiled once. Used inside a transaction of GRDB, on its
/// connection's queue, and not after it. Text and blobs are copied by SQLite.
public struct BulkStatement: ~Copyable {
    private let statement: Statement
    private let handle: OpaquePointer

    /// Takes the statement from the connection's cache, compiling it at first.
    public init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
    }

    deinit {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    /// Binds a whole number; positions count from 1.
    public func bind(_ position: Int32, _ value: Int64) { sqlite3_bind_int64(handle, position, value) }

    /// Binds a number; NaN is stored as NULL.
    public func bind(_ position: Int32, _ value: Double) { sqlite3_bind_double(handle, position, value) }

    /// Binds a text.
    public func bind(_ position: Int32, _ value: String) {
        var value = value
        value.withUTF8 { bytes in
            let text = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            _ = sqlite3_bind_text(handle, position, text, Int32(bytes.count), Self.transient)
        }
    }

    /// Binds UTF-8 bytes as a text.
    public func bind(_ position: Int32, utf8 bytes: [UInt8]) { bind(position, String(decoding: bytes, as: UTF8.self)) }

    /// Binds NULL.
    public func bindNull(_ position: Int32) { sqlite3_bind_null(handle, position) }

    /// Runs a statement that gives no rows, and makes it ready for the next bindings.
    public func run() throws {
        let code = sqlite3_step(handle)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw fault() }
        sqlite3_reset(handle)
    }

    /// Steps to the next row; `false` at the end, then the statement is ready for the next bindings.
    public func next() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        default: throw fault()
        }
    }

    /// Ends a query before its last row, and makes it ready for the next bindings.
    public func reset() { sqlite3_reset(handle) }

    /// Returns a column of the current row, counted from 0, as a whole number.
    public func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// Returns a column of the current row, counted from 0; NaN for NULL.
    public func number(_ column: Int32) -> Double {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? .nan : sqlite3_column_double(handle, column)
    }

    /// Returns a column of the current row, counted from 0, as a text; empty for NULL.
    public func text(_ column: Int32) -> String {
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    /// Returns a column of the current row, counted from 0, as bytes; none for NULL.
    public func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    private func fault() -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        let code = ResultCode(rawValue: sqlite3_extended_errcode(connection))
        let message = sqlite3_errmsg(connection).map { String(cString: $0) }
        sqlite3_reset(handle)
        return DatabaseError(resultCode: code, message: message, sql: statement.sql)
    }

    /// Tells SQLite to copy what it is given (`SQLITE_TRANSIENT`, a macro Swift does not see).
    private static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
