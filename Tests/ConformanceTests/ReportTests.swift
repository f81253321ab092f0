import FoundationEssentials
import PluginKit
import PluginKitTesting
import Testing

/// What a report says: its level, and its text for programs.
@Suite struct ReportTests {
    @Test(arguments: [
        (MutantSink.Flaw.none, ConformanceReport.Level.gold), (.reversesBatches, .bronze), (.sharesItsEnd, .none),
        (.hasNoSummary, .none), (.refusesItsUpperBound, .none),
    ]) func levelFollowsTheAreasThatAreKept(flaw: MutantSink.Flaw, level: ConformanceReport.Level) async throws {
        let folders = try TemporaryFolders()
        let report = await report(flaw, folders, isObserved: true)
        #expect(report.level == level, "\(report.json)")
    }

    @Test func checksTheSampleCannotServeKeepGoldAway() async throws {
        let folders = try TemporaryFolders()
        let report = await report(.none, folders, isObserved: false)
        #expect(report.level == .silver)
        let order = report.checks.first { $0.name == "order" }
        #expect(order?.outcome.word == "skipped")
        #expect(order?.outcome.reason?.contains("keptCloses") == true)
    }

    @Test func jsonNamesPluginLevelChecksAndFindings() async throws {
        struct Read: Decodable {
            struct Check: Decodable { let name, area, outcome, duration: String }
            struct Finding: Decodable { let check, message: String }
            let plugin, version, tier, level: String
            let checks: [Check]
            let findings: [Finding]
        }
        let folders = try TemporaryFolders()
        let report = await report(.reversesBatches, folders, isObserved: true)
        let read = try JSONDecoder().decode(Read.self, from: Data(report.json.utf8))
        #expect(read.plugin == "sink/mutant")
        #expect(read.level == "bronze")
        #expect(read.checks.map(\.name) == report.checks.map(\.name))
        #expect(read.findings.map(\.check) == ["order"])
        #expect(read.findings.map(\.message) == report.findings.map(\.message))
    }

    @Test func runsOnlyTheChecksAskedFor() async throws {
        let folders = try TemporaryFolders()
        var sample = try Samples.sample(in: folders)
        sample.isIdempotent = false
        let report = await Conformance(MutantSink.type(.none), sample: sample).report(only: ["emptyBatch"])
        #expect(report.checks.map(\.name) == ["emptyBatch"])
    }

    private func report(
        _ flaw: MutantSink.Flaw, _ folders: TemporaryFolders, isObserved: Bool
    ) async -> ConformanceReport {
        var sample = ConformanceSample { try folders.make() }
        sample.patience = .seconds(300)
        sample.unavailable = ["away": .boolean(true)]
        sample.isIdempotent = false
        if isObserved {
            sample.keptCloses = { $0.published.map { Double(String(decoding: $0.bytes, as: UTF8.self)) ?? .nan } }
        }
        return await Conformance(MutantSink.type(flaw), sample: sample).report()
    }
}
