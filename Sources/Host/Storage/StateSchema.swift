import GRDB

/// The tables of the state database. A released migration is never edited; a change is a new one.
enum StateSchema {
    /// `PENS` in ASCII.
    static let applicationID: Int32 = 0x5045_4E53

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            for statement in version1 { try db.execute(sql: statement) }
        }
        migrator.registerMigration("pipelines of artifacts") { db in
            try db.execute(sql: "ALTER TABLE artifacts ADD COLUMN pipeline TEXT NOT NULL DEFAULT ''")
        }
        return migrator
    }

    private static let version1 = [
        """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            code TEXT NOT NULL, venue TEXT NOT NULL, timeframe TEXT NOT NULL, source TEXT NOT NULL,
            UNIQUE (code, venue, timeframe, source)
        )
        """,
        // Clustered by key, so the bars of a series lie together and in time order.
        """
        CREATE TABLE bars (
            series INTEGER NOT NULL, event_time INTEGER NOT NULL, version INTEGER NOT NULL,
            open REAL, high REAL, low REAL, close REAL, volume REAL, amount REAL,
            flags INTEGER NOT NULL, stored_at INTEGER NOT NULL,
            PRIMARY KEY (series, event_time, version)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY,
            pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT, event_time INTEGER,
            place TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL,
            stored_at INTEGER NOT NULL,
            UNIQUE (pipeline, source, place, reason, raw)
        )
        """,
        """
        CREATE TABLE watermarks (
            pipeline TEXT NOT NULL, sink TEXT NOT NULL, digest TEXT NOT NULL, code TEXT NOT NULL, venue TEXT NOT NULL,
            event_time INTEGER NOT NULL,
            PRIMARY KEY (pipeline, sink, digest, code, venue)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE artifacts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model TEXT NOT NULL, configuration_digest TEXT NOT NULL, data_digest TEXT NOT NULL,
            card BLOB NOT NULL, part_count INTEGER NOT NULL, checksum TEXT NOT NULL, stored_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX artifacts_of_model ON artifacts (model, id)",
        """
        CREATE TABLE artifact_parts (
            artifact INTEGER NOT NULL, position INTEGER NOT NULL,
            valid_after INTEGER NOT NULL, valid_through INTEGER NOT NULL, bytes BLOB NOT NULL, checksum TEXT NOT NULL,
            PRIMARY KEY (artifact, position)
        )
        """,
    ]
}
