import Foundation
import GRDB
import PluginKit
import SQLiteSink
import TestSupport
import Testing

@Suite struct SQLiteTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sink(_ path: String = "var/records.db", busy: Duration = .seconds(5)) throws -> SQLite {
        try SQLite(
            options(SQLite.self, ["path": .text(path), "busy_timeout": .duration(busy)]),
            context: Recorder().context(in: folder))
    }

    /// Reads as another program does: over a connection of its own, while the sink is open.
    private func read<Value: Sendable>(
        _ path: String = "var/records.db", _ body: @Sendable (Database) throws -> Value
    ) throws -> Value {
        let queue = try DatabaseQueue(path: folder.file(path))
        defer { try? queue.close() }
        return try queue.read(body)
    }

    private func counts(_ path: String = "var/records.db") throws -> [Int] {
        try read(path) { db in
            try ["bars", "features", "predictions", "alerts", "status", "trades"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)") ?? -1
            }
        }
    }

    private let contents: [RecordBatch.Content] = [
        .bars(makeBars(0..<5)), .features(makeFeatures(0..<4)),
        .predictions(makePredictions(0..<3, outputs: ["value", "variance"])),
        .predictions(makePredictions(0..<3, model: "b")),
        .alerts([alert]), .status([status]),
        .trades([Self.trade(1), Self.trade(1), Self.trade(2)]),
    ]

    private static func trade(_ price: Double) -> Trade {
        Trade(time: march, price: price, size: 100, side: .buy, instrument: apple)
    }

    @Test func keepsARecordOnceHoweverOftenItComes() async throws {
        for round in 0..<3 {
            let sink = try sink()
            for content in contents {
                // Trades may have the same time: what tells them apart is their place in it.
                let places: [UInt32] = content.rows is [Trade] ? [0, 1, 2] : []
                let receipt = try await sink.write(batch(content, sequence: UInt64(round), places: places))
                #expect(receipt.rejected.isEmpty && receipt.retry.isEmpty)
            }
            try await sink.flush()
            #expect(try counts() == [5, 4, 6, 1, 1, 3])
            await sink.stop()
            await sink.stop()
        }
        #expect(try counts() == [5, 4, 6, 1, 1, 3])
    }

    /// Rows of an earlier penstock, of which one instant had one row of features and trades that deliveries told apart.
    @Test func rowsOfAnEarlierFileAreToldApartByTheirPlace() async throws {
        let path = folder.file("var/records.db")
        do {
            let sink = try sink()
            for content in contents { _ = try await sink.write(batch(content)) }
            try await sink.flush()
            await sink.stop()
        }
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'v3'")
            try db.execute(sql: "DROP VIEW features; DROP VIEW trades; ALTER TABLE trades_rows RENAME TO new")
            try db.execute(
                sql: """
                    CREATE TABLE trades_rows AS SELECT * FROM new;
                    INSERT INTO trades_rows SELECT * FROM new;
                    UPDATE trades_rows SET sequence = rowid, place = 0;
                    DROP TABLE new;
                    ALTER TABLE features_rows RENAME TO new;
                    CREATE TABLE features_rows AS SELECT * FROM new;
                    ALTER TABLE features_rows DROP COLUMN place;
                    DROP TABLE new;
                    """)
        }
        try queue.close()
        let sink = try sink()
        for content in contents { _ = try await sink.write(batch(content)) }
        try await sink.flush()
        await sink.stop()
        let places = try read { try Int.fetchAll($0, sql: "SELECT place FROM trades_rows ORDER BY place") }
        let had = try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM features WHERE \"macd.signal\" > 0") }
        #expect(places == Array(places.indices) && had == 4)
    }

    @Test func replacesARecordThatChanged() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.bars(makeBars(0..<1))))
        _ = try await sink.write(batch(.bars(makeBars(0..<1, shift: 5)), sequence: 8, source: "another"))
        _ = try await sink.write(batch(.bars(makeBars(0..<1)), pipeline: "other"))
        let opens = try read { try Double.fetchAll($0, sql: "SELECT open FROM bars ORDER BY pipeline") }
        #expect(opens == [435, 430])
    }

    @Test func canBeQueriedByName() async throws {
        let sink = try sink()
        for content in contents { _ = try await sink.write(batch(content)) }
        let found = try read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT datetime(p.time / 1000000000, 'unixepoch') AS at, p.instrument, p.value, p.flags,
                           p.variance, f."macd.signal" AS signal, f.rsi14 AS rsi, b.close, b.amount, b.source
                    FROM predictions p JOIN features f USING (pipeline, instrument, timeframe, time)
                    JOIN bars b USING (pipeline, instrument, timeframe, time)
                    WHERE p.model = 'next_day' ORDER BY p.time LIMIT 1
                    """)
            return Dictionary(uniqueKeysWithValues: (row ?? Row()).map { ($0, $1) })
        }
        #expect(found["at"] == "2013-03-01 21:00:00".databaseValue)
        #expect(found["instrument"] == "AAPL.US".databaseValue)
        #expect(found["value"] == 0.00123.databaseValue)
        #expect(found["flags"] == "stale after_rejected".databaseValue)
        #expect(found["variance"] == 0.25.databaseValue)
        #expect(found["signal"] == 0.5.databaseValue)
        #expect(found["rsi"]?.isNull == true)
        #expect(found["source"] == "history".databaseValue)
        #expect(found["close"] == 430.47.databaseValue)
        #expect(found["amount"]?.isNull == true)
    }

    @Test func addsColumnsForFeaturesThatComeLater() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.features(makeFeatures(0..<2, names: ["a", "close"]))))
        _ = try await sink.write(batch(.features(makeFeatures(1..<3, names: ["a", "price"]))))
        let found = try read { db in
            try Row.fetchAll(db, sql: "SELECT close, \"features.price\" AS price FROM features ORDER BY time").map {
                [$0["close"] as Double?, $0["price"]]
            }
        }
        #expect(found == [[0.5, nil], [nil, 1.5], [nil, 2.5]])
    }

    @Test func refusesTheTablesOfAnEarlierVersion() async throws {
        let other = try DatabaseQueue(path: folder.file("old.db"))
        try await other.write {
            try $0.execute(
                sql: """
                    PRAGMA application_id = \(0x5045_4E52); CREATE TABLE bars (pipeline TEXT);
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('v1')
                    """)
        }
        try other.close()
        let error = await fault { try sink("old.db") }
        #expect(error?.code == .environment)
        #expect(
            error?.message.hasPrefix("sink/keep: '\(folder.file("old.db"))' has the tables of an earlier penstock")
                == true)
        #expect(error?.message.contains("a new one is begun") == true)
    }

    @Test func aBarTakesLessThanNinetyBytes() async throws {
        let sink = try sink()
        for start in stride(from: 0, to: 10_000, by: 500) {
            _ = try await sink.write(batch(.bars(makeBars(start..<start + 500))))
        }
        await sink.stop()
        let size = try #require(
            try FileManager.default.attributesOfItem(atPath: folder.file("var/records.db"))[.size] as? Int)
        // 1 series, 8 time, 6 numbers of 8 bytes or fewer, flags, source, sequence, their types, and the page around it.
        #expect(size / 10_000 < 90)
    }

    @Test func rejectsRowsWithoutANumberAndKeepsTheRest() async throws {
        var bars = makeBars(0..<4)
        bars[1].close = .nan
        bars[3].open = .nan
        let sink = try sink()
        let receipt = try await sink.write(batch(.bars(bars)))
        #expect(
            receipt.rejected == [
                .init(row: 1, reason: "missing_number"), .init(row: 3, reason: "missing_number"),
            ])
        #expect(try counts()[0] == 2)
    }

    @Test func leavesWhatWasCommittedAfterAKill() async throws {
        let sink = try sink()
        for number in 0..<50 { _ = try await sink.write(batch(.bars(makeBars(number * 10..<number * 10 + 10)))) }
        try FileManager.default.createDirectory(atPath: folder.file("killed"), withIntermediateDirectories: true)
        for ending in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("var/records.db\(ending)"), toPath: folder.file("killed/records.db\(ending)"))
        }
        let again = try self.sink("killed/records.db")
        #expect(try counts("killed/records.db")[0] == 500)
        await again.stop()
        await sink.stop()
    }

    @Test func namesADamagedFile() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("var"), withIntermediateDirectories: true)
        try folder.write(String(repeating: "not a database ", count: 100), to: "var/records.db")
        let error = await fault { try sink() }
        #expect(error?.code == .corrupted)
        #expect(error?.message.hasPrefix("sink/keep: '\(folder.file("var/records.db"))' is damaged") == true)
        #expect(error?.message.contains("Move it away") == true)
        #expect(try folder.text("var/records.db").hasPrefix("not a database"))
    }

    @Test func confirmsNothingInAFileThatWasRemoved() async throws {
        let sink = try sink()
        _ = try await sink.write(batch(.status([status])))
        try await sink.flush()
        try FileManager.default.removeItem(atPath: folder.file("var/records.db"))
        _ = try await sink.write(batch(.status([status])))
        let error = await fault { try await sink.flush() }
        #expect(error?.code == .corrupted)
        #expect(error?.message.hasPrefix("sink/keep: '\(folder.file("var/records.db"))' was removed") == true)
        await sink.stop()
    }

    @Test func refusesTheHostsOwnDatabase() async throws {
        let other = try DatabaseQueue(path: folder.file("penstock.db"))
        try await other.write { try $0.execute(sql: "PRAGMA application_id = 1; CREATE TABLE series (a)") }
        try other.close()
        let error = await fault { try sink("penstock.db") }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("another program") == true)
    }

    @Test func asksToTryAgainWhileAnotherProgramWrites() async throws {
        let sink = try sink(busy: .milliseconds(10))
        let other = try otherProgram(folder.file("var/records.db"))
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await fault { try await sink.write(batch(.status([status]))) }
        #expect(error?.isTransient == true)
        #expect(error?.message.contains("'busy_timeout'") == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        _ = try await sink.write(batch(.status([status])))
        #expect(try counts()[4] == 1)
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs root and the right to mount a tmpfs"))
    func losesNothingOnAFullDisk() async throws {
        let disk = try #require(SmallDisk())
        let path = disk.folder.file("records.db")
        let sink = try self.sink(path)
        var stored = 0
        var error: PluginError?
        while error == nil, stored < 100_000 {
            error = await fault { try await sink.write(batch(.bars(makeBars(stored..<stored + 100)))) }
            if error == nil { stored += 100 }
        }
        #expect(error?.code == .environment)
        #expect(error?.message.contains(path) == true)
        #expect(stored > 0)
        await sink.stop()
        let again = try self.sink(path)
        let queue = try DatabaseQueue(path: path)
        #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bars") } == stored)
        try queue.close()
        await again.stop()
    }
}

/// A connection that may keep a transaction open, as another program does.
private func otherProgram(_ path: String) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}
