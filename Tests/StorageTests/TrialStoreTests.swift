import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct TrialStoreTests {
    let folder: TemporaryFolder
    let database: StateDatabase
    let clock = SetClock()

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(
            path: folder.file("penstock.db"), instruments: InstrumentTable(), now: clock.read)
    }

    private func key(_ fit: String = "f", part: String = " serving", model: String = "next") -> SearchKey {
        SearchKey(model: model, fit: fit, part: part)
    }

    private func fold(_ trial: Int, _ fold: Int, score: Double? = 0.25) -> TrialFold {
        TrialFold(trial: trial, fold: fold, options: "x 0.5", score: score, fault: score == nil ? "it failed" : "")
    }

    @Test func givesBackWhatWasFoundBitForBit() async throws {
        let found = [fold(0, 0, score: 0.1 + 0.2), fold(0, 1, score: -1e-300), fold(1, 0, score: nil)]
        try await database.save(Array(found.reversed()), of: key())
        try await database.save([fold(0, 0, score: 9)], of: key(part: "AAPL.US test 1"))
        #expect(try await database.folds(of: key()) == found)
        #expect(try await database.folds(of: key("other")) == [])
        try await database.save([fold(1, 0, score: 0.5)], of: key())
        #expect(try await database.folds(of: key()) == [found[0], found[1], fold(1, 0, score: 0.5)])
    }

    @Test func trialsOfTheLastFitsStay() async throws {
        for number in 0..<8 {
            clock.set(Int64(number))
            try await database.save([fold(0, 0)], of: key("fit \(number)"))
            try await database.save([fold(0, 0)], of: key("fit \(number)", model: "other"))
        }
        let artifact = StoredArtifact(
            model: "next", configurationDigest: "c", dataDigest: "d", card: [], parts: [])
        try await database.save(artifact, for: "main", as: .champion, reason: "fitted")
        for number in 0..<8 {
            let kept = try await database.folds(of: key("fit \(number)")).count
            #expect(kept == (number < 8 - StateDatabase.keptArtifacts ? 0 : 1), "\(number)")
            #expect(try await database.folds(of: key("fit \(number)", model: "other")).count == 1)
        }
    }

    @Test func aVersionIsLookedAtOnce() async throws {
        let first = HoldoutLook(version: "v1", lookedAt: 5, figures: Array("{}".utf8))
        try await database.save(first, of: "next", in: "main")
        try await database.save(HoldoutLook(version: "v1", lookedAt: 9, figures: []), of: "next", in: "main")
        let second = HoldoutLook(version: "v2", lookedAt: 10, figures: [])
        try await database.save(second, of: "next", in: "main")
        #expect(try await database.looks(of: "next", in: "main") == [first, second])
        #expect(try await database.looks(of: "next", in: "side") == [])
    }
}
