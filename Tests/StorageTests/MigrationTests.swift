import Foundation
import GRDB
import HostCore
import PluginKit
import SQLiteFile
import TestSupport
import Testing

@testable import HostStorage

/// A state folder of an earlier version is brought up to date; one of a later version is left alone.
@Suite struct MigrationTests {
    /// The tables of the first version, with two bars of one source, the second of them corrected later.
    private func oldFile(_ folder: TemporaryFolder) throws {
        let queue = try DatabaseQueue(path: folder.file("penstock.db"))
        try queue.writeWithoutTransaction { db in
            for statement in Self.firstVersion { try db.execute(sql: statement) }
        }
        try queue.close()
    }

    private static let firstVersion = [
        "PRAGMA application_id = \(0x5045_4E53)",
        "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)",
        "INSERT INTO grdb_migrations VALUES ('v1'), ('pipelines of artifacts')",
        """
        CREATE TABLE series (id INTEGER PRIMARY KEY, code TEXT NOT NULL, venue TEXT NOT NULL, timeframe TEXT NOT NULL,
            source TEXT NOT NULL, UNIQUE (code, venue, timeframe, source))
        """,
        """
        CREATE TABLE bars (series INTEGER NOT NULL, event_time INTEGER NOT NULL, version INTEGER NOT NULL, open REAL,
            high REAL, low REAL, close REAL, volume REAL, amount REAL, flags INTEGER NOT NULL, stored_at INTEGER NOT NULL,
            PRIMARY KEY (series, event_time, version)) WITHOUT ROWID
        """,
        """
        CREATE TABLE quarantine (id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT,
            event_time INTEGER, place TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL,
            stored_at INTEGER NOT NULL, UNIQUE (pipeline, source, place, reason, raw))
        """,
        """
        CREATE TABLE watermarks (pipeline TEXT NOT NULL, sink TEXT NOT NULL, digest TEXT NOT NULL, code TEXT NOT NULL,
            venue TEXT NOT NULL, event_time INTEGER NOT NULL, PRIMARY KEY (pipeline, sink, digest, code, venue))
            WITHOUT ROWID
        """,
        """
        CREATE TABLE artifacts (id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL,
            configuration_digest TEXT NOT NULL, data_digest TEXT NOT NULL, card BLOB NOT NULL, part_count INTEGER NOT NULL,
            checksum TEXT NOT NULL, stored_at INTEGER NOT NULL, pipeline TEXT NOT NULL DEFAULT '')
        """,
        "CREATE INDEX artifacts_of_model ON artifacts (model, id)",
        """
        CREATE TABLE artifact_parts (artifact INTEGER NOT NULL, position INTEGER NOT NULL, valid_after INTEGER NOT NULL,
            valid_through INTEGER NOT NULL, bytes BLOB NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (artifact, position))
        """,
        "INSERT INTO series VALUES (7, 'AAPL', 'US', '1d', 'history')",
        "INSERT INTO bars VALUES (7, \(day), 1, 100, 101, 99, 100.5, 1000, NULL, 0, 500)",
        "INSERT INTO bars VALUES (7, \(2 * day), 1, 101, 102, 100, 101.5, 1001, NULL, 0, 500)",
        "INSERT INTO bars VALUES (7, \(2 * day), 2, 102, 103, 101, 102.5, 1002, NULL, 16, \(9 * day))",
        "INSERT INTO quarantine VALUES (1, 'main', 'history', 'AAPL.US', NULL, 'A.csv:3', 'bad', 'm', 'r', 500)",
    ]

    @Test func anEarlierFileIsBroughtUpToDateAndACopyIsKept() async throws {
        let folder = try TemporaryFolder()
        try oldFile(folder)
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable())
        let query = EventQuery(instrument: apple, timeframe: daily)
        let found = try await database.events(Bar.self, query)
        #expect(found.map(\.event.open) == [100, 102])
        #expect(found.map(\.version) == [1, 2])
        #expect(found.map(\.knownAt) == [day, 9 * day])
        #expect(found.map(\.source) == ["history", "history"])
        #expect(try await database.quarantined(limit: 10).map(\.provenance) == [Provenance(source: "history")])
        database.close()
        let copy = try DatabaseQueue(path: folder.file("penstock.db.before-3"))
        #expect(try await copy.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bars") } == 3)
    }

    /// A file as each version in between left it.
    @Test(arguments: 2..<StateSchema.migrator.migrations.count)
    func aFileOfEveryEarlierVersionIsBroughtUpToDate(migrations: Int) async throws {
        let folder = try TemporaryFolder()
        try oldFile(folder)
        let queue = try DatabaseQueue(path: folder.file("penstock.db"))
        try StateSchema.migrator.migrate(queue, upTo: StateSchema.migrator.migrations[migrations - 1])
        try queue.close()
        let outlook = try #require(try StateOutlook(path: folder.file("penstock.db")))
        #expect(outlook.applied == migrations && outlook.unknown.isEmpty)
        #expect(outlook.pending == Array(StateSchema.migrator.migrations[migrations...]))
        #expect(!FileManager.default.fileExists(atPath: folder.file("penstock.db.before-\(migrations + 1)")))
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable())
        let found = try await database.events(Bar.self, EventQuery(instrument: apple, timeframe: daily))
        #expect(found.map(\.event.open) == [100, 102] && found.map(\.knownAt) == [day, 9 * day])
        #expect(try await database.quarantined(limit: 10).count == 1)
        #expect(try await database.outcomes(OutcomeQuery()).isEmpty)
        database.close()
        let copy = try DatabaseQueue(path: folder.file("penstock.db.before-\(migrations + 1)"))
        #expect(outlook.backupSize > 0 && DatabaseFile.size(copy.path) <= outlook.backupSize)
        #expect(try await copy.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM grdb_migrations") } == migrations)
        #expect(try await copy.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bars") } == 3)
    }

    @Test func thePipelineThatTakesFromASourceGoesOnWithItsBars() async throws {
        let folder = try TemporaryFolder()
        try oldFile(folder)
        let instruments = InstrumentTable()
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        let id = instruments.intern(apple)
        for (pipeline, source) in [("other", "yahoo"), ("main", "history"), ("second", "history")] {
            let entry = StoreEntry(
                pipeline: pipeline, timeframe: daily, provenance: Provenance(source: source),
                events: .bars(makeBars(id, days: 3..<4)))
            try await database.store([entry])
        }
        var counts: [Int] = []
        for pipeline in ["other", "main", "second"] {
            let query = EventQuery(instrument: apple, timeframe: daily, pipeline: pipeline)
            counts.append(try await database.events(Bar.self, query).count)
        }
        #expect(counts == [1, 3, 1])
    }

    @Test func aLaterFileIsRefusedAndLeftAlone() throws {
        let folder = try TemporaryFolder()
        try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable()).close()
        let queue = try DatabaseQueue(path: folder.file("penstock.db"))
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of the future')") }
        try queue.close()
        #expect(try StateOutlook(path: folder.file("penstock.db"))?.unknown == ["of the future"])
        do throws(PluginError) {
            _ = try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable())
            Issue.record("opened")
        } catch {
            #expect(error.code == .environment)
            #expect(error.message.contains("was written by a newer penstock"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("penstock.db.before-4")))
    }
}
