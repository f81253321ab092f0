import FoundationEssentials
import GRDB
import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Tables of SQLite files, read as files of text are.
@Suite(.timeLimit(.minutes(10))) struct LocalHistoryTableTests {
    @Test func tableGivesWhatTheFilesGive() async throws {
        let folder = try TemporaryFolder()
        let path = try Database.shipped(in: folder, ["AAPL", "IBM"])
        let files = try await allBars(try history(TestData.shipped, ["adjust": .text("ratio")]), ["AAPL", "IBM"])
        let provider = try history(path, ["adjust": .text("ratio")])
        let rows = try await allBars(provider, ["AAPL", "IBM"])
        #expect(shown(rows.events) == shown(files.events))
        #expect(rows.events.count > 6_000)
        #expect(rows.defects.isEmpty)
        #expect(try await provider.instruments().map { "\($0)" } == ["AAPL.US", "IBM.US"])
        let streamed = try await replay(provider, ["IBM", "AAPL"])
        #expect(streamed.bars.count == rows.events.count)
        #expect(zip(streamed.bars, streamed.bars.dropFirst()).allSatisfy { $0.time <= $1.time })
    }

    @Test func everyResumePositionGivesExactlyTheRest() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.database("prices.db") { db in
            try Database.makeBars(db, "daily")
            for name in ["MSFT", "AAPL"] {
                for day in 1...9 {
                    try Database.insert(db, "daily", name, "2013-03-0\(day)", Double(day))
                }
            }
        }
        let provider = try history(path, ["batch": .integer(1)])
        let whole = try await replay(provider, ["AAPL", "MSFT"])
        #expect(whole.bars.count == 18)
        for (index, delivery) in whole.deliveries.enumerated() {
            let rest = try await replay(provider, ["AAPL", "MSFT"], after: delivery.position)
            #expect(shown(rest.bars) == shown(whole.bars.dropFirst(index + 1)))
        }
    }

    @Test func oneFileHasATableOfEachKind() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.database("all.db") { db in
            try db.execute(
                sql: """
                    CREATE TABLE bars(symbol TEXT, date INTEGER, open, high, low, close, volume);
                    INSERT INTO bars VALUES ('AAPL', 20130301, 1, 2, 0.5, 1.25, 10);
                    CREATE TABLE Trades(symbol TEXT, time TEXT, price REAL, size REAL, side TEXT);
                    INSERT INTO Trades VALUES ('AAPL', '2013-03-01 09:30:00', 1.5, 100, 'B');
                    CREATE TABLE quote(symbol TEXT, time INTEGER, bid REAL, bid_size REAL, ask REAL, ask_size REAL);
                    INSERT INTO quote VALUES ('AAPL', 1362148201000, 1, 2, NULL, NULL);
                    CREATE TABLE order_books(symbol TEXT, time TEXT, bid1, ask1, bidsize1, asksize1);
                    INSERT INTO order_books VALUES ('AAPL', '2013-03-01 09:30:02', 10, 11, 1, 3);
                    CREATE TABLE figures(symbol TEXT, published TEXT, period_end TEXT, name TEXT, value REAL);
                    INSERT INTO figures VALUES ('AAPL', '2013-02-01', '2012-12-31', 'revenue', 5);
                    CREATE VIEW factors AS SELECT 'AAPL' AS symbol, '2014-06-09' AS ex_date, 7 AS ratio, NULL AS cash;
                    """)
        }
        let provider = try history(path)
        for kind in EventKind.allCases {
            let pushes = Pushes()
            #expect(try await pushes.run(provider, kind, ["AAPL"], timeframe: Timeframe(1, .day)) == nil)
            #expect(pushes.deliveries.map(\.batch.count) == [1], "\(kind): \(pushes.defects)")
            #expect(pushes.defects.isEmpty)
        }
        let quotes = Pushes()
        _ = try await quotes.run(provider, .quote, ["AAPL"])
        #expect(quotes.events(Quote.self).map(\.bid) == [1])
        #expect(quotes.events(Quote.self).allSatisfy { $0.ask.isNaN && $0.time == nanoseconds(1_362_148_201) })
    }

    @Test func queryPresetAndColumnsAreAsForFiles() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.database("ts.db") { db in
            try db.execute(
                sql: """
                    CREATE TABLE daily(ts_code, trade_date, open, high, low, close, vol, amount);
                    INSERT INTO daily VALUES ('600519.SH', '20130305', 1, 2, 0.5, 1.5, 12.5, 2.25);
                    INSERT INTO daily VALUES ('600519.SH', '20130304', 1, 2, 0.5, 1.25, 10, 1.25);
                    CREATE TABLE other(x);
                    """)
        }
        let preset: [String: ConfigurationValue] = ["preset": .text("tushare"), "table": .text("DAILY")]
        let told = try await allBars(try history(path, preset), ["600519.SH"])
        #expect(told.events.map(\.close).sorted() == [1.25, 1.5])
        #expect(told.events.map(\.volume).sorted() == [1_000, 1_250])
        #expect(told.events.map(\.amount).sorted() == [1_250, 2_250])
        let query =
            "SELECT trade_date AS day, ts_code, open AS o, high, low, close, vol FROM daily ORDER BY trade_date;"
        let asked = try await allBars(
            try history(
                path,
                [
                    "query": .text(query), "columns": .map(["open": .text("o")]), "volume_unit": .text("lots"),
                    "number_format": .text("1234,5"),
                ]), ["600519.SH"])
        #expect(asked.events.map(\.close) == [1.25, 1.5])
        #expect(asked.events.map(\.volume) == [1_000, 1_250])
    }

    @Test func faultsNameFileTableAndColumn() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.database("prices.db") { db in
            try Database.makeBars(db, "daily")
            try db.execute(sql: "CREATE TABLE notes(text)")
            try Database.insert(db, "daily", "AAPL", "2013-03-01", 1)
            try db.execute(sql: "INSERT INTO daily VALUES ('AAPL', '2013-03-04', 'n/a', 2, 0.5, 1, 10)")
            try Database.insert(db, "daily", "AAPL", "2013-03-05", 1)
        }
        func fault(_ options: [String: ConfigurationValue]) async throws -> String {
            let error = await #expect(throws: PluginError.self) {
                _ = try await allBars(try history(path, options), ["AAPL"])
            }
            return error?.message ?? ""
        }
        #expect(
            try await fault([:]).contains(
                "'prices.db' has several tables, and none is named; it has daily, notes. Name one of them in 'table'."))
        #expect(
            try await fault(["table": .text("dialy")]).contains(
                "'prices.db' has no table 'dialy'; it has daily, notes."))
        #expect(
            try await fault(["table": .text("notes")]).contains("'prices.db#notes' has no column for 'time'"))
        #expect(
            try await fault(["query": .text("DELETE FROM daily")]).contains(
                "'prices.db' cannot be asked 'DELETE FROM daily'; allowed is one statement that gives rows"))
        let said = try await fault(["query": .text("SELECT no_such FROM daily")])
        #expect(said.contains("no such column: no_such"), "\(said)")
        let reply = try await allBars(try history(path, ["table": .text("daily")]), ["AAPL"])
        #expect(reply.events.count == 2)
        #expect(reply.defects.map(\.place) == ["prices.db#daily:3"])
        #expect(reply.defects.map(\.reason) == ["unreadable_number"])
        #expect(reply.defects.first?.message.contains("open") == true)
        let both = LocalHistory.validate(configuration(path, ["table": .text("a"), "query": .text("b")]))
        #expect(both.map(\.option) == ["query"])
    }

    @Test func damagedFileIsTold() async throws {
        let folder = try TemporaryFolder()
        let path = try Database.shipped(in: folder, ["AAPL"])
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        for place in 20_000..<bytes.count { bytes[place] = 0xA5 }
        try folder.write("shipped.db", bytes)
        await #expect(throws: PluginError.self) {
            let reply = try await allBars(try history(path), ["AAPL"])
            // Rows before the damage may be read; the damage is told then.
            #expect(reply.defects.contains { $0.reason == "damaged_table" })
            if !reply.defects.isEmpty { throw PluginError(.malformed, "told") }
        }
    }

    @Test func rowsThatAreCommittedFlow() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("live.db")
        let writer = try DatabaseQueue(path: path)
        try await writer.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try Database.makeBars(db, "daily")
            try Database.insert(db, "daily", "AAPL", "2013-03-11", 1)
        }
        let followed = try Followed(path, ["AAPL"])
        await followed.untilCaughtUp()
        #expect(followed.bars.map(\.close) == [1])
        try await writer.write { try Database.insert($0, "daily", "AAPL", "2013-03-12", 1.5) }
        await followed.until { $0.count == 2 }
        try await writer.write { try Database.insert($0, "daily", "AAPL", "2013-03-13", 1.75) }
        await followed.until { $0.count == 3 }
        #expect(followed.bars.map(\.close) == [1, 1.5, 1.75])
    }
}

/// What tests write to databases.
private enum Database {
    static func makeBars(_ db: GRDB.Database, _ table: String) throws {
        try db.execute(
            sql:
                "CREATE TABLE \(table)(symbol TEXT, date TEXT, open REAL, high REAL, low REAL, close REAL, volume INTEGER)"
        )
    }

    static func insert(_ db: GRDB.Database, _ table: String, _ name: String, _ day: String, _ close: Double) throws {
        try db.execute(
            sql: "INSERT INTO \(table) VALUES (?, ?, 1, 20, 0.5, ?, 100)", arguments: [name, day, close])
    }

    /// The shipped bars of some instruments in one table, numbers as numbers.
    static func shipped(in folder: TemporaryFolder, _ names: [String]) throws -> String {
        try folder.database("shipped.db") { db in
            try db.execute(
                sql: "CREATE TABLE stock(symbol TEXT, date TEXT, open REAL, high REAL, low REAL, close REAL, "
                    + "volume INTEGER, adj_close REAL)")
            for name in names {
                for line in try Repository.text("data/history/\(name).csv").split(separator: "\n").dropFirst() {
                    let fields = line.split(separator: ",").map(String.init)
                    try db.execute(
                        sql: "INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        arguments: StatementArguments([name, fields[0]] + fields[1...].map { Double($0) }))
                }
            }
        }
    }
}

extension TemporaryFolder {
    /// Makes a database; returns its path.
    fileprivate func database(_ name: String, _ fill: (GRDB.Database) throws -> Void) throws -> String {
        let queue = try DatabaseQueue(path: file(name))
        try queue.write(fill)
        try queue.close()
        return file(name)
    }
}
