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
        migrator.registerMigration("events of every kind") { db in
            for statement in everyKind { try db.execute(sql: statement) }
        }
        migrator.registerMigration("positions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE positions (
                        pipeline TEXT PRIMARY KEY, digest TEXT NOT NULL, position TEXT NOT NULL, is_whole INTEGER NOT NULL)
                    """)
        }
        migrator.registerMigration("revisions") { db in
            for table in ["bars", "figures", "factors"] {
                try db.execute(
                    sql: "CREATE INDEX \(table)_revised ON \(table) (series, stored_at) WHERE version > 1")
            }
        }
        migrator.registerMigration("request counts") { db in
            try db.execute(
                sql: """
                    CREATE TABLE request_counts (
                        provider TEXT PRIMARY KEY, day INTEGER NOT NULL, requests INTEGER NOT NULL)
                    """)
        }
        migrator.registerMigration("refused rows of positions") { db in
            try db.execute(sql: "ALTER TABLE positions ADD COLUMN refused INTEGER NOT NULL DEFAULT 0")
            try db.execute(sql: "ALTER TABLE positions ADD COLUMN after_refused TEXT NOT NULL DEFAULT ''")
        }
        migrator.registerMigration("released rows") { db in
            try db.execute(sql: "ALTER TABLE quarantine ADD COLUMN released_at INTEGER")
        }
        migrator.registerMigration("places of events") { db in
            // What an earlier version wrote meant all events of its time: it could not count them.
            try db.execute(sql: "ALTER TABLE watermarks ADD COLUMN count INTEGER NOT NULL DEFAULT \(UInt32.max)")
            try db.execute(sql: "ALTER TABLE positions ADD COLUMN reached TEXT NOT NULL DEFAULT ''")
            // Its positions of such events say nothing of the events before them: these streams begin anew.
            try db.execute(
                sql: "DELETE FROM positions WHERE pipeline IN (SELECT pipeline FROM series WHERE kind <> 'bar')")
        }
        migrator.registerMigration("instruments of artifacts") { db in
            for column in ["code", "venue"] {
                try db.execute(sql: "ALTER TABLE artifact_parts ADD COLUMN \(column) TEXT NOT NULL DEFAULT ''")
            }
        }
        migrator.registerMigration("trials and looks") { db in
            for statement in searches { try db.execute(sql: statement) }
        }
        migrator.registerMigration("outcomes of predictions") { db in
            for statement in outcomes { try db.execute(sql: statement) }
        }
        migrator.registerMigration("versions of models") { db in
            for statement in versions { try db.execute(sql: statement) }
        }
        migrator.registerMigration("states of indicators") { db in
            try db.execute(
                sql: """
                    CREATE TABLE indicator_states (
                        series INTEGER NOT NULL, event_time INTEGER NOT NULL, plan TEXT NOT NULL, state BLOB NOT NULL,
                        PRIMARY KEY (series, event_time))
                    """)
        }
        migrator.registerMigration("risk") { db in
            for statement in risk { try db.execute(sql: statement) }
        }
        migrator.registerMigration("kept bytes and splits of versions") { db in
            for statement in splits { try db.execute(sql: statement) }
        }
        migrator.registerMigration("limits across restarts") { db in
            try db.execute(sql: "ALTER TABLE request_counts ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0")
            for limit in ["per_second", "per_minute"] {
                try db.execute(sql: "ALTER TABLE request_counts ADD COLUMN \(limit) REAL")
            }
        }
        return migrator
    }

    /// The row of `versions` that an artifact's card makes, after its key, stage, parent and who and when.
    static let versionFromCard = """
        configuration_digest, data_digest, coalesce(json_extract(text, '$.plugin') || ' ' || json_extract(text, '$.plugin_version'), ''),
        json_extract(text, '$.leakage.outcome'),
        (SELECT coalesce(sum(max(length(bytes), 1)), 0) FROM artifact_parts WHERE artifact = id),
        coalesce(json_extract(text, '$.metrics.rows'), 0), json_extract(text, '$.metrics.rank_ic'),
        json_extract(text, '$.metrics.ic'), json_extract(text, '$.metrics.r2'),
        json_extract(text, '$.metrics.directional_accuracy')
        FROM (SELECT *, CASE WHEN json_valid(CAST(card AS TEXT)) THEN CAST(card AS TEXT) ELSE '{}' END AS text FROM artifacts)
        """

    /// A version is an artifact with a number and a stage. Small and apart from the card, so that many are listed at once.
    ///
    /// Of those stored before the newest of each pipeline served.
    private static let versions = [
        """
        CREATE TABLE versions (
            artifact INTEGER PRIMARY KEY,
            pipeline TEXT NOT NULL, model TEXT NOT NULL, number INTEGER NOT NULL, stage TEXT NOT NULL, parent INTEGER,
            made_at INTEGER NOT NULL, made_by TEXT NOT NULL,
            configuration_digest TEXT NOT NULL, data_digest TEXT NOT NULL, code TEXT NOT NULL, verdict TEXT,
            bytes INTEGER NOT NULL, rows INTEGER NOT NULL, rank_ic REAL, ic REAL, r2 REAL, direction REAL,
            UNIQUE (pipeline, model, number)
        )
        """,
        """
        INSERT INTO versions SELECT id, pipeline, model,
            row_number() OVER (PARTITION BY pipeline, model ORDER BY id),
            CASE WHEN id = max(id) OVER (PARTITION BY pipeline, model) THEN 'champion' ELSE 'candidate' END, NULL,
            stored_at, 'host', \(versionFromCard) WHERE pipeline <> ''
        """,
        "CREATE UNIQUE INDEX one_champion ON versions (pipeline, model) WHERE stage = 'champion'",
        "CREATE INDEX versions_in_use ON versions (pipeline, model, stage) WHERE stage = 'shadow'",
        """
        CREATE TABLE stage_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            pipeline TEXT NOT NULL, model TEXT NOT NULL, number INTEGER NOT NULL, stage_before TEXT,
            stage TEXT NOT NULL, changed_at INTEGER NOT NULL, changed_by TEXT NOT NULL, reason TEXT NOT NULL,
            after INTEGER
        )
        """,
        "CREATE INDEX stage_changes_of_model ON stage_changes (pipeline, model, id)",
        """
        INSERT INTO stage_changes (pipeline, model, number, stage, changed_at, changed_by, reason)
        SELECT pipeline, model, number, stage, made_at, made_by, 'stored before versions were kept' FROM versions
        """,
        // What a shadow says stands beside what the champion says; each prediction names its version.
        "ALTER TABLE predictions ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outcome_series RENAME TO outcome_series_before",
        """
        CREATE TABLE outcome_series (
            id INTEGER PRIMARY KEY,
            pipeline TEXT NOT NULL, timeframe TEXT NOT NULL, model TEXT NOT NULL, target TEXT NOT NULL,
            code TEXT NOT NULL, venue TEXT NOT NULL, shadow INTEGER NOT NULL DEFAULT 0,
            UNIQUE (pipeline, timeframe, model, target, code, venue, shadow)
        )
        """,
        "INSERT INTO outcome_series SELECT *, 0 FROM outcome_series_before",
        "DROP TABLE outcome_series_before",
    ]

    /// Which versions still have their bytes is found without a look at every card. A split is of the champion of its model: it ends
    /// where that changes.
    private static let splits = [
        "CREATE INDEX versions_kept ON versions (pipeline, model, artifact) WHERE bytes > 0",
        "CREATE INDEX artifacts_of_no_pipeline ON artifacts (model, id) WHERE pipeline = ''",
        "CREATE INDEX versions_of_model ON versions (model, pipeline)",
        """
        CREATE TABLE splits (
            pipeline TEXT NOT NULL, model TEXT NOT NULL, number INTEGER NOT NULL, share REAL NOT NULL,
            slot INTEGER NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (pipeline, model, number)
        )
        """,
    ]

    /// Alerts of risk rules, each change of one, the last change each sink was told of, and what a restart goes on with.
    private static let risk = [
        """
        CREATE TABLE risk_alerts (
            id INTEGER PRIMARY KEY,
            rule TEXT NOT NULL, instrument TEXT NOT NULL, subject TEXT NOT NULL, drill INTEGER NOT NULL,
            opened_at INTEGER NOT NULL, limits INTEGER NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
            value REAL NOT NULL, most REAL NOT NULL, message TEXT NOT NULL, changed_at INTEGER NOT NULL,
            acknowledged_by TEXT NOT NULL
        )
        """,
        "CREATE INDEX risk_alerts_by_state ON risk_alerts (state, id)",
        // With the alert as it was then: what is told later says what was true.
        """
        CREATE TABLE risk_changes (
            number INTEGER PRIMARY KEY,
            event TEXT NOT NULL, alert INTEGER NOT NULL, silent INTEGER NOT NULL,
            severity TEXT NOT NULL, state TEXT NOT NULL, value REAL NOT NULL, most REAL NOT NULL,
            message TEXT NOT NULL, changed_at INTEGER NOT NULL, acknowledged_by TEXT NOT NULL
        )
        """,
        "CREATE TABLE risk_told (sink TEXT PRIMARY KEY, number INTEGER NOT NULL)",
        "CREATE TABLE risk_limits (version INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, text TEXT NOT NULL)",
        "CREATE TABLE risk_texts (name TEXT PRIMARY KEY, text TEXT NOT NULL)",
        "CREATE TABLE risk_fills (id TEXT PRIMARY KEY, stored_at INTEGER NOT NULL)",
    ]

    /// Predictions by the bar they were made from, with what came once it is known; what models learn while they serve.
    private static let outcomes = [
        """
        CREATE TABLE outcome_series (
            id INTEGER PRIMARY KEY,
            pipeline TEXT NOT NULL, timeframe TEXT NOT NULL, model TEXT NOT NULL, target TEXT NOT NULL,
            code TEXT NOT NULL, venue TEXT NOT NULL,
            UNIQUE (pipeline, timeframe, model, target, code, venue)
        )
        """,
        """
        CREATE TABLE predictions (
            series INTEGER NOT NULL, predicted_at INTEGER NOT NULL, horizon INTEGER NOT NULL, value REAL,
            flags INTEGER NOT NULL, known_at INTEGER, actual REAL,
            PRIMARY KEY (series, predicted_at)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE learned (
            series INTEGER NOT NULL, event_time INTEGER NOT NULL, fit TEXT NOT NULL, number INTEGER NOT NULL,
            labels INTEGER NOT NULL, state BLOB NOT NULL,
            PRIMARY KEY (series, event_time)
        ) WITHOUT ROWID
        """,
    ]

    /// Series belong to a pipeline; what is stored has a provenance and an instant from which it is known.
    ///
    /// Bars stored before belong to `@SOURCE` until a pipeline that takes from that source goes on with them. A first
    /// version counts as known from its event time, a later one from when it was stored.
    private static let everyKind =
        [
            """
            CREATE TABLE provenances (
                id INTEGER PRIMARY KEY,
                source TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, fetched_at INTEGER NOT NULL,
                UNIQUE (source, attempts, reason, fetched_at)
            )
            """,
            "INSERT INTO provenances (source, attempts, reason, fetched_at) SELECT DISTINCT source, 1, 'replay', 0 FROM series",
            "ALTER TABLE series RENAME TO series_before",
            """
            CREATE TABLE series (
                id INTEGER PRIMARY KEY,
                pipeline TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, venue TEXT NOT NULL,
                timeframe TEXT NOT NULL,
                UNIQUE (code, venue, kind, timeframe, pipeline)
            )
            """,
            "INSERT INTO series SELECT id, '@' || source, 'bar', code, venue, timeframe FROM series_before",
            "ALTER TABLE bars RENAME TO bars_before",
            events("bars", "open REAL, high REAL, low REAL, close REAL, volume REAL, amount REAL"),
            """
            INSERT INTO bars
            SELECT series, event_time, 0, version, open, high, low, close, volume, amount, flags, provenances.id,
                CASE version WHEN 1 THEN NULL ELSE stored_at END, stored_at
            FROM bars_before JOIN series_before ON series_before.id = series
                JOIN provenances ON provenances.source = series_before.source
            ORDER BY series, event_time, version
            """,
            "DROP TABLE bars_before",
            "DROP TABLE series_before",
            events("quotes", "bid REAL, ask REAL, bid_size REAL, ask_size REAL"),
            events("trades", "price REAL, size REAL, side INTEGER NOT NULL"),
            events("order_books", "sequence INTEGER NOT NULL, bids TEXT NOT NULL, asks TEXT NOT NULL"),
            events("figures", "period_end INTEGER NOT NULL, name TEXT NOT NULL, value REAL"),
            events(
                "factors", "announced INTEGER NOT NULL, ratio REAL, cash REAL, rights REAL, rights_price REAL"),
            "ALTER TABLE quarantine ADD COLUMN provenance INTEGER",
        ]

    /// Clustered by key, so the events of a series lie together and in time order. `known_at` is NULL for the event time.
    private static func events(_ table: String, _ columns: String) -> String {
        """
        CREATE TABLE \(table) (
            series INTEGER NOT NULL, event_time INTEGER NOT NULL, place INTEGER NOT NULL, version INTEGER NOT NULL,
            \(columns),
            flags INTEGER NOT NULL, provenance INTEGER NOT NULL, known_at INTEGER, stored_at INTEGER NOT NULL,
            PRIMARY KEY (series, event_time, place, version)
        ) WITHOUT ROWID
        """
    }

    private static let searches = [
        """
        CREATE TABLE trials (
            model TEXT NOT NULL, fit TEXT NOT NULL, part TEXT NOT NULL, trial INTEGER NOT NULL, fold INTEGER NOT NULL,
            options TEXT NOT NULL, score REAL, fault TEXT NOT NULL, stored_at INTEGER NOT NULL,
            PRIMARY KEY (model, fit, part, trial, fold)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE looks (
            id INTEGER PRIMARY KEY,
            model TEXT NOT NULL, pipeline TEXT NOT NULL, version TEXT NOT NULL, looked_at INTEGER NOT NULL,
            figures BLOB NOT NULL,
            UNIQUE (model, pipeline, version)
        )
        """,
    ]

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
