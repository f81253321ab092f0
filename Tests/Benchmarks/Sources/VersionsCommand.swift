import ArgumentParser
import Builtin
import FoundationEssentials
import HostApp
import HostCore
import HostManifest
import HostStorage
import PluginKit

/// What a registry of many versions costs, as the command line asks it: all of a model are listed, the champion is exchanged, and one
/// more is kept.
struct VersionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "versions")

    @Option(help: "Versions of the model.") var versions = 10_000
    @Option(help: "Times each is measured; the middle one counts.") var rounds = 21

    /// A card as long as one of twenty instruments.
    private static let card =
        #"{"plugin":"model/ridge","plugin_version":"1.0.0","metrics":{"rows":9000,"rank_ic":0.02,"r2":0.001},"text":""#
        + String(repeating: "x", count: 30_000) + #""}"#

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let manifest = try Self.manifest(folder)
        let database = try StateDatabase(path: "\(folder)/penstock.db", instruments: InstrumentTable())
        for number in 0..<versions { try await Self.save(number, database) }
        var saves: [Double] = []
        for round in 0..<rounds {
            saves.append(try await Self.seconds { try await Self.save(versions + round, database) })
        }
        database.close()
        // Its end closes the database.
        let state = try StateAtRest(manifest, who: "bench")
        defer { withExtendedLifetime(state) {} }
        let desk = state.versions(manifest) { _ in }
        var (lists, moves): ([Double], [Double]) = ([], [])
        var champion = 1
        for round in 0..<rounds {
            let all = versions + rounds
            lists.append(
                try await Self.seconds {
                    let found = try await desk.answer(.list(VersionQuery(model: "m")))
                    guard found.count == all else { throw ValidationError("versions: \(found.count) were listed.") }
                })
            let (next, serving) = (all - round % 2, champion)
            moves.append(
                try await Self.seconds {
                    _ = try await desk.answer(
                        .move(
                            model: "m", pipeline: nil, next, to: .champion, champion: serving, by: "bench",
                            reason: "bench"))
                })
            champion = next
        }
        printResult("versions_list", percentile(lists.sorted(), 0.5) * 1_000, "ms")
        printResult("versions_promote", percentile(moves.sorted(), 0.5) * 1_000, "ms")
        printResult("versions_save", percentile(saves.sorted(), 0.5) * 1_000, "ms")
    }

    private static func save(_ number: Int, _ database: StateDatabase) async throws {
        let artifact = StoredArtifact(
            model: "m", configurationDigest: "c", dataDigest: "\(number)", card: Array(card.utf8),
            parts: [.init(validAfter: 0, validThrough: .max, bytes: [1])])
        try await database.save(artifact, for: "main", as: number == 0 ? .champion : .candidate, reason: "bench")
    }

    private static func seconds(_ body: () async throws -> Void) async throws -> Double {
        try await ContinuousClock().measure(body).inSeconds
    }

    private static func manifest(_ folder: String) throws -> Manifest {
        let text = """
            version: 1
            host: { state: "\(folder)" }
            instruments: { us: [AAPL] }
            providers: { history: { plugin: local_history, path: "\(folder)" } }
            routes: { daily: { from: [history] } }
            indicators: { rsi14: { plugin: rsi, period: 14 } }
            models: { m: { plugin: ridge, target: { return: 1 bar } } }
            sinks: { shown: { plugin: console } }
            pipelines:
              main: { instruments: all, route: daily, timeframe: 1d, indicators: all, models: all, sinks: all }
            """
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text)
        guard let manifest = result.manifest else { throw ValidationError("versions: \(result.report)") }
        return manifest
    }
}
