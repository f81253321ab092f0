import GRDB

/// The tables of the sink's file. A released migration is never edited; a change is a new one.
enum RecordSchema {
    /// `PENR` in ASCII.
    static let applicationID: Int32 = 0x5045_4E52

    /// The tables, one a kind of record.
    static let tables = ["bars", "features", "predictions", "alerts", "status"]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            for statement in version1 { try db.execute(sql: statement) }
        }
        return migrator
    }

    /// Each table's key is the identity of a record, so one that is written again replaces itself.
    private static let version1 = [
        """
        CREATE TABLE bars (
            pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT NOT NULL, timeframe TEXT NOT NULL,
            event_time INTEGER NOT NULL,
            open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL, amount REAL,
            flags TEXT NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, source, instrument, timeframe, event_time)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE features (
            pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT NOT NULL, timeframe TEXT NOT NULL,
            event_time INTEGER NOT NULL,
            features TEXT NOT NULL, flags TEXT NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, source, instrument, timeframe, event_time)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE predictions (
            pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT NOT NULL, timeframe TEXT NOT NULL,
            event_time INTEGER NOT NULL, model TEXT NOT NULL,
            target TEXT NOT NULL, prediction REAL NOT NULL, close REAL, outputs TEXT, flags TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, source, instrument, timeframe, event_time, model)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE alerts (
            pipeline TEXT NOT NULL, source TEXT NOT NULL, instrument TEXT NOT NULL, event_time INTEGER NOT NULL,
            rule TEXT NOT NULL, message TEXT NOT NULL,
            severity TEXT NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, source, instrument, event_time, rule, message)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE status (
            pipeline TEXT NOT NULL, component TEXT NOT NULL, event_time INTEGER NOT NULL, state TEXT NOT NULL,
            message TEXT NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, component, event_time, state)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX predictions_by_instrument ON predictions (instrument, event_time)",
    ]
}
