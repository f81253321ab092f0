import GRDB
import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct VersionStoreTests {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(
            path: folder.file("penstock.db"), instruments: InstrumentTable(), now: { 1_700_000_000_000_000_000 })
    }

    private func save(
        _ model: String = "m", in pipeline: String = "main", as stage: ModelStage = .candidate, data: String = "d",
        card: String = "{}"
    ) async throws -> Int {
        try await database.save(
            StoredArtifact(
                model: model, configurationDigest: "c", dataDigest: data, card: Array(card.utf8),
                parts: [.init(validAfter: 0, validThrough: .max, bytes: [1, 2, 3])]),
            for: pipeline, as: stage, reason: "fitted")
    }

    private func stages(_ model: String = "m") async throws -> [Int: ModelStage] {
        let found = try await database.versions(VersionQuery(model: model, pipeline: "main"))
        return Dictionary(found.map { ($0.key.number, $0.stage) }, uniquingKeysWith: { $1 })
    }

    private func order(_ number: Int, _ stage: ModelStage, champion: Int? = nil) -> StageOrder {
        StageOrder(VersionKey("m", in: "main", number), to: stage, champion: champion, by: "ann", reason: "because")
    }

    @Test func versionsAreNumberedByModelAndPipeline() async throws {
        #expect(try await save() == 1)
        #expect(try await save() == 2)
        #expect(try await save("other") == 1)
        #expect(try await save(in: "second") == 1)
        #expect(try await save() == 3)
        let all = try await database.versions(VersionQuery())
        #expect(
            all.map { "\($0.key.pipeline)/\($0.key.model)/\($0.key.number)" }
                == ["main/m/3", "main/m/2", "main/m/1", "main/other/1", "second/m/1"])
        #expect(try await database.versions(VersionQuery(model: "m", limit: 2)).count == 2)
    }

    @Test func aVersionSaysWhatItsCardSays() async throws {
        let card = """
            {"plugin":"model/ridge","plugin_version":"1.2.0","leakage":{"outcome":"fail"},
             "metrics":{"rows":12,"rank_ic":0.25,"r2":-0.5,"directional_accuracy":0.5}}
            """
        _ = try await save(as: .champion)
        let number = try await save(card: card)
        let version = try #require(try await database.versions(VersionQuery(model: "m")).first)
        #expect(version.key.number == number && version.parent == 1 && version.madeBy == "host")
        #expect(version.code == "model/ridge 1.2.0" && version.verdict == "fail" && version.bytes == 3)
        #expect(version.figures.rows == 12 && version.figures.rankIC == 0.25 && version.figures.r2 == -0.5)
        #expect(version.figures.ic.isNaN && version.figures.direction == 0.5)
        #expect(version.madeAt == 1_700_000_000_000_000_000)
        #expect(try await database.card(of: version.key).map { String(decoding: $0, as: UTF8.self) } == card)
        #expect(try await database.card(of: VersionKey("m", in: "main", 9)) == nil)
    }

    @Test func aChampionPutsTheOneBeforeBackAndTheHistoryHasBoth() async throws {
        _ = try await save(as: .champion)
        _ = try await save()
        let changes = try await database.move(order(2, .champion, champion: 1))
        #expect(changes.map(\.to) == [.candidate, .champion])
        #expect(try await stages() == [1: .candidate, 2: .champion])
        let history = try await database.stageChanges(of: "m", in: "main", limit: 10)
        #expect(history.map(\.key.number) == [2, 1, 2, 1])
        #expect(history.map(\.from) == [.candidate, .champion, nil, nil])
        #expect(history.map(\.to) == [.champion, .candidate, .candidate, .champion])
        #expect(history[0].by == "ann" && history[0].reason == "because")
        #expect(zip(history, history.dropFirst()).allSatisfy { $0.sequence > $1.sequence })
    }

    @Test func ofTwoPromotionsAtOnceOneIsRefused() async throws {
        _ = try await save(as: .champion)
        _ = try await save()
        _ = try await save()
        let (database, orders) = (database, [order(2, .champion, champion: 1), order(3, .champion, champion: 1)])
        let codes = await withTaskGroup(of: PluginError.Code?.self) { group in
            for order in orders {
                group.addTask {
                    do throws(PluginError) {
                        _ = try await database.move(order)
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: [PluginError.Code?]()) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .badRequest } == 1)
        #expect(try await stages().values.count { $0 == .champion } == 1)
    }

    @Test(arguments: [
        (9, ModelStage.champion, Int?.none, "is not there"), (1, .champion, nil, "is champion already"),
        (3, .champion, nil, "is retired, which is for good"), (2, .champion, 7, "version 1 serves"),
        (2, .champion, 0, "none served"),
    ])
    func whatCannotBeIsSaidAndChangesNothing(
        _ number: Int, _ stage: ModelStage, _ champion: Int?, _ words: String
    ) async throws {
        _ = try await save(as: .champion)
        _ = try await save()
        _ = try await save(as: .retired)
        let before = try await database.stageChanges(of: "m", in: "main", limit: 100)
        let order = order(number, stage, champion: champion)
        let error = await fault { try await database.move(order) }
        #expect(error?.code == .badRequest && error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(try await stages() == [1: .champion, 2: .candidate, 3: .retired])
        #expect(try await database.stageChanges(of: "m", in: "main", limit: 100) == before)
    }

    @Test func theBytesOfWhatIsUsedStay() async throws {
        _ = try await save(as: .champion, data: "first")
        _ = try await save(as: .champion, data: "second")
        _ = try await save(as: .shadow)
        for _ in 0..<9 { _ = try await save() }
        let all = try await database.versions(VersionQuery(model: "m"))
        #expect(all.filter { $0.bytes > 0 }.map(\.key.number) == [12, 11, 10, 9, 8, 3, 2, 1])
        #expect(try await stages().filter { $0.value == .retired }.keys.sorted() == [4, 5, 6, 7])
        #expect(try await database.artifact(of: VersionKey("m", in: "main", 1))?.dataDigest == "first")
        #expect(try await database.artifact(of: VersionKey("m", in: "main", 4)) == nil)
        #expect(try await database.card(of: VersionKey("m", in: "main", 4)) != nil)
    }

    @Test func aChangedByteIsFound() async throws {
        _ = try await save(as: .champion)
        let other = try DatabaseQueue(path: folder.file("penstock.db"))
        try await other.write { try $0.execute(sql: "UPDATE artifact_parts SET bytes = x'010204'") }
        let database = database
        let error = await fault { try await database.artifact(of: VersionKey("m", in: "main", 1)) }
        #expect(error?.code == .corrupted)
    }

    @Test func aChangedCardIsFound() async throws {
        _ = try await save(as: .champion, card: #"{"rows":12}"#)
        let (database, key) = (database, VersionKey("m", in: "main", 1))
        #expect(try await database.card(of: key) == Array(#"{"rows":12}"#.utf8))
        let other = try DatabaseQueue(path: folder.file("penstock.db"))
        try await other.write { try $0.execute(sql: "UPDATE artifacts SET card = CAST('{\"rows\":13}' AS BLOB)") }
        let error = await fault { try await database.card(of: key) }
        #expect(error?.code == .corrupted && error?.message.contains("its card or its number of parts") == true)
    }

    @Test func artifactsFromBeforeHaveNumbersAndTheNewestServes() async throws {
        let old = try TemporaryFolder()
        let path = old.file("penstock.db")
        try StateDatabase(path: path, instruments: InstrumentTable()).close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    DROP TABLE versions; DROP TABLE stage_changes; ALTER TABLE predictions DROP COLUMN version;
                    DROP TABLE outcome_series;
                    CREATE TABLE outcome_series (id INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, timeframe TEXT NOT NULL,
                        model TEXT NOT NULL, target TEXT NOT NULL, code TEXT NOT NULL, venue TEXT NOT NULL,
                        UNIQUE (pipeline, timeframe, model, target, code, venue));
                    INSERT INTO outcome_series VALUES (1, 'p', '1d', 'm', 't', 'AAPL', 'US');
                    INSERT INTO predictions VALUES (1, 5, 1, 0.5, 0, 6, 0.25);
                    DELETE FROM grdb_migrations WHERE identifier = 'versions of models';
                    INSERT INTO artifacts (model, configuration_digest, data_digest, card, part_count, checksum, stored_at, pipeline)
                        VALUES ('m', 'c', 'd', CAST('{"metrics":{"rows":7}}' AS BLOB), 0, 'x', 11, 'p'),
                            ('m', 'c', 'e', x'FF', 0, 'x', 12, 'p'), ('m', 'c', 'd', x'7B7D', 0, 'x', 13, '');
                    """)
        }
        try queue.close()
        let database = try StateDatabase(path: path, instruments: InstrumentTable())
        let found = try await database.versions(VersionQuery())
        #expect(found.map(\.key.number) == [2, 1] && found.map(\.stage) == [.champion, .candidate])
        #expect(found.map(\.madeAt) == [12, 11] && found.map(\.figures.rows) == [0, 7])
        #expect(try await database.stageChanges(of: "m", in: "p", limit: 9).count == 2)
        let outcomes = try await database.outcomes(OutcomeQuery())
        #expect(outcomes.map(\.version) == [0] && outcomes.map(\.outcome.value) == [0.5])
    }
}
