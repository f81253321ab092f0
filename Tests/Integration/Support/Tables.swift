import GRDB

/// Reads the SQLite files that a run leaves behind.
struct Tables {
    let path: String

    /// The records of the small manifest's sink.
    static func records(_ box: Sandbox) -> Tables { Tables(path: box.path("var/records.db")) }

    /// The state database.
    static func state(_ box: Sandbox) -> Tables { Tables(path: box.path("var/penstock.db")) }

    /// What models have learned in the end, bit for bit. Left out is how often it was written (bytes 17 to 24): that, and which
    /// states before are kept, follows how bars came together.
    static let learned = """
        SELECT model || ' ' || code || ' ' || max(event_time) || ' ' || labels || ' ' || hex(substr(state, 1, 16))
            || hex(substr(state, 25))
        FROM learned JOIN outcome_series ON series = id GROUP BY series ORDER BY 1
        """

    /// Runs a query.
    func rows(_ sql: String) throws -> [Row] { try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql) } }

    /// The first column of the first row.
    func number(_ sql: String) throws -> Int {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: sql) } ?? -1
    }

    /// How many rows a table has.
    func count(_ table: String) throws -> Int { try number("SELECT count(*) FROM \(table)") }

    /// The first column of every row as text.
    func texts(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: path).read { try String.fetchAll($0, sql: sql) }
    }

    /// The rows of one of the sink's views as text, without the numbers of deliveries, which a cut run changes; in order.
    func lines(_ view: String) throws -> [String] {
        try rows("SELECT * FROM \(view)").map { row in
            row.filter { $0.0 != "sequence" }.map { "\($0)=\($1)" }.joined(separator: " ")
        }.sorted()
    }

    /// Changes the file behind the program's back.
    func execute(_ sql: String) throws { try DatabaseQueue(path: path).write { try $0.execute(sql: sql) } }
}
