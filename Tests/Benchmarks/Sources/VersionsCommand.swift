import ArgumentParser
import FoundationEssentials
import HostCore
import HostStorage
import PluginKit

/// What a registry of many versions costs: all of a model are listed, and the champion is exchanged, in the host's database.
struct VersionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "versions")

    @Option(help: "Versions of the model.") var versions = 10_000
    @Option(help: "Times each is measured; the middle one counts.") var rounds = 21

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let database = try StateDatabase(path: "\(folder)/penstock.db", instruments: InstrumentTable())
        defer { database.close() }
        // A card as long as one of twenty instruments.
        let card =
            #"{"plugin":"model/ridge","plugin_version":"1.0.0","metrics":{"rows":9000,"rank_ic":0.02,"r2":0.001},"text":""#
            + String(repeating: "x", count: 30_000) + #""}"#
        for number in 0..<versions {
            let artifact = StoredArtifact(
                model: "m", configurationDigest: "c", dataDigest: "\(number)", card: Array(card.utf8),
                parts: [.init(validAfter: 0, validThrough: .max, bytes: [1])])
            try await database.save(artifact, for: "main", as: number == 0 ? .champion : .candidate, reason: "bench")
        }
        var (lists, moves): ([Double], [Double]) = ([], [])
        var champion = 1
        for round in 0..<rounds {
            lists.append(
                try await ContinuousClock().measure {
                    let found = try await database.versions(VersionQuery(model: "m"))
                    guard found.count == versions else {
                        throw ValidationError("versions: \(found.count) were listed.")
                    }
                }.inSeconds)
            let next = versions - round % 2
            let order = StageOrder(
                VersionKey("m", in: "main", next), to: .champion, champion: champion, by: "bench", reason: "bench")
            moves.append(try await ContinuousClock().measure { _ = try await database.move(order) }.inSeconds)
            champion = next
        }
        printResult("versions_list", percentile(lists.sorted(), 0.5) * 1_000, "ms")
        printResult("versions_promote", percentile(moves.sorted(), 0.5) * 1_000, "ms")
    }
}
