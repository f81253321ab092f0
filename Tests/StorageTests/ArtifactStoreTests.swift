import GRDB
import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct ArtifactStoreTests {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable())
    }

    private func artifact(_ model: String = "next_day", data: String = "d", mark: UInt8 = 1) -> StoredArtifact {
        StoredArtifact(
            model: model, configurationDigest: "c", dataDigest: data, card: Array("{\"r2\":0.01}".utf8),
            parts: [
                .init(validAfter: .min, validThrough: 99, bytes: [UInt8](repeating: mark, count: 50_000)),
                .init(validAfter: 99, validThrough: .max, bytes: []),
            ])
    }

    /// What is found, without its number.
    private func load(_ model: String = "next_day", data: String = "d") async throws -> StoredArtifact? {
        var found = try await database.artifact(model: model, for: "main", configurationDigest: "c", dataDigest: data)
        found?.version = 0
        return found
    }

    /// Changes the file behind the database's back.
    private func tamper(_ sql: String) throws {
        let other = try DatabaseQueue(path: folder.file("penstock.db"))
        try other.write { try $0.execute(sql: sql) }
        try other.close()
    }

    @Test func givesBackTheNewest() async throws {
        #expect(try await load() == nil)
        try await database.save(artifact(mark: 1), for: "main", as: .champion, reason: "fitted")
        try await database.save(artifact(mark: 2), for: "main", as: .champion, reason: "fitted")
        try await database.save(artifact("other", mark: 3), for: "main", as: .champion, reason: "fitted")
        #expect(try await load() == artifact(mark: 2))
        #expect(try await load("other") == artifact("other", mark: 3))
        #expect(try await load(data: "changed") == nil)
    }

    @Test func partsOfInstrumentsKeepTheirInstruments() async throws {
        let own = StoredArtifact(
            model: "own", configurationDigest: "c", dataDigest: "d", card: [],
            parts: [
                .init(
                    validAfter: 1, validThrough: .max, bytes: [1], instrument: Instrument(code: "BRK.B", venue: "US")),
                .init(
                    validAfter: 2, validThrough: .max, bytes: [2], instrument: Instrument(code: "600519", venue: "SH")),
            ])
        try await database.save(own, for: "main", as: .champion, reason: "fitted")
        #expect(try await load("own") == own)
        try tamper("UPDATE artifact_parts SET code = 'BRK.A' WHERE position = 0")
        await #expect(throws: PluginError.self) { try await load("own") }
    }

    @Test func keepsTheLastFiveOfEachModel() async throws {
        try await database.save(artifact("other"), for: "main", as: .champion, reason: "fitted")
        for number in 0..<8 {
            try await database.save(artifact(data: "d\(number)"), for: "main", as: .champion, reason: "fitted")
        }
        for number in 0..<8 { #expect((try await load(data: "d\(number)") != nil) == (number >= 3)) }
        #expect(try await load("other") != nil)
        let other = try DatabaseQueue(path: folder.file("penstock.db"))
        #expect(try await other.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM artifact_parts") } == 12)
    }

    @Test func manyPipelinesWithOneModelKeepTheirArtifacts() async throws {
        for round in 0..<2 {
            for number in 0..<8 {
                try await database.save(
                    artifact(data: "d\(number)"), for: "pipeline\(number)", as: .champion, reason: "fitted")
            }
            for number in 0..<8 { #expect(try await load(data: "d\(number)") != nil, "round \(round)") }
        }
    }

    @Test func artifactsFromBeforePipelinesServeAndAge() async throws {
        for number in 0..<5 {
            try await database.save(artifact(data: "d\(number)"), for: "", as: .champion, reason: "fitted")
        }
        #expect(try await load(data: "d0") != nil)
        for number in 5..<8 {
            try await database.save(artifact(data: "d\(number)"), for: "main", as: .champion, reason: "fitted")
        }
        for number in 0..<8 { #expect((try await load(data: "d\(number)") != nil) == (number >= 3)) }
    }

    @Test(arguments: [
        "UPDATE artifact_parts SET bytes = zeroblob(50000) WHERE position = 0",
        "UPDATE artifact_parts SET valid_through = 100 WHERE position = 0",
        "UPDATE artifact_parts SET checksum = x'FF' WHERE position = 1",
        "UPDATE artifacts SET card = x'7B7D'",
        "UPDATE artifacts SET checksum = ''",
        "DELETE FROM artifact_parts WHERE position = 1",
        "UPDATE artifact_parts SET bytes = 'text', valid_after = 'text'",
    ]) func findsDamage(sql: String) async throws {
        try await database.save(artifact(), for: "main", as: .champion, reason: "fitted")
        try tamper(sql)
        let error = await fault { try await load() }
        #expect(error?.code == .corrupted)
        let message = error?.message ?? ""
        #expect(message.contains("'next_day'") && message.contains("penstock.db"))
        #expect(message.contains("fitted again"))
        try await database.save(artifact(mark: 9), for: "main", as: .champion, reason: "fitted")
        #expect(try await load() == artifact(mark: 9))
    }
}
