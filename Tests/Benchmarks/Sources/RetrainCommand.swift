import ArgumentParser
import Builtin
import FoundationEssentials
import Glibc
import HostApp
import HostCore
import HostManifest
import Logging
import PluginKit

/// What fits and promotions cost the stream beside them: predictions of paced bars, from when a bar was due until the sink has its
/// prediction, alone, beside fits of the same model, and over many exchanges of the version that serves.
struct RetrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retrain")

    @Option(help: "Bars a second; each is predicted.") var rate = 10_000
    @Option(help: "Instruments.") var instruments = 50
    @Option(help: "Seconds of each part.") var seconds = 10
    @Option(help: "Promotions.") var swaps = 1_000

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-retrain-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let loader = ManifestLoader(plugins: Builtin.plugins + [.provider(PacedEvents.self), .sink(LedgerSink.self)])
        let result = loader.load(Array(manifest.utf8), asIf: "\(folder)/plugins.yaml", environment: [:])
        guard let checked = result.manifest else { throw ValidationError(result.report) }
        let host = try Host(
            manifest: checked, options: HostOptions(hasGateway: false), plugins: [], source: nil,
            logger: Logger(label: "bench"), startedAt: 0, report: { _ in })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            try await measure(host)
            kill(getpid(), SIGTERM)
            try await group.waitForAll()
        }
        let (faults, versions) = Ledger.shared.predictions
        printResult("swap_predictions_lost", Double(faults.lost), "predictions")
        printResult("swap_predictions_doubled", Double(faults.doubled), "predictions")
        printResult("swap_versions_that_served", Double(versions.count), "versions")
    }

    private func measure(_ host: Host) async throws {
        while Ledger.shared.rows < 3 * rate { try await Task.sleep(for: .milliseconds(20)) }
        _ = Ledger.shared.takeLags()
        try await Task.sleep(for: .seconds(seconds))
        let alone = Ledger.shared.takeLags()
        printResult("retrain_p50_without", percentile(alone, 0.5), "ms")
        printResult("retrain_p99_without", percentile(alone, 0.99), "ms")
        let memory = Probe.residentMemory()
        let fits = try await fit(host)
        let beside = Ledger.shared.takeLags()
        printResult("retrain_fits", Double(fits), "fits")
        printResult("retrain_p50_with", percentile(beside, 0.5), "ms")
        printResult("retrain_p99_with", percentile(beside, 0.99), "ms")
        printResult("retrain_memory_growth", Probe.residentMemory() - memory, "MiB")
        try await swap(host)
        let swapped = Ledger.shared.takeLags()
        printResult("swap_p99", percentile(swapped, 0.99), "ms")
        printResult("swap_predictions", Double(swapped.count), "predictions")
    }

    /// Fits again and again for the time of a part; returns how often.
    private func fit(_ host: Host) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while ContinuousClock.now < end || count < 2 {
            _ = try await host.askFit("next", nil, isSearch: false, by: "bench", reason: "bench")
            while true {
                try await Task.sleep(for: .milliseconds(50))
                let report = try host.fitReport("next", nil)
                if report.state == .failed { throw ValidationError(report.message) }
                if report.hasEnded { break }
            }
            count += 1
        }
        return count
    }

    /// Lets the two newest versions serve in turns.
    private func swap(_ host: Host) async throws {
        let desk = host.versions
        let kept = try await desk.answer(.list(VersionQuery(model: "next"))).versions.filter { $0.bytes > 0 }
        guard kept.count > 1 else { throw ValidationError("retrain: \(kept.count) versions are kept.") }
        var champion = kept.first { $0.stage == ModelStage.champion.rawValue }?.version ?? 0
        let two = [kept[0].version, kept[1].version]
        for number in 0..<swaps {
            let next = two[two[0] == champion ? 1 : 0]
            _ = try await desk.answer(
                .move(
                    model: "next", pipeline: nil, next, to: .champion, champion: champion, by: "bench",
                    reason: "swap \(number)"))
            champion = next
        }
    }

    private var manifest: String {
        let codes = (0..<instruments).map { "\(600_000 + $0).SH" }.joined(separator: ", ")
        return """
            version: 1
            host: { state: state }
            instruments: { all: [\(codes)] }
            providers: { paced: { plugin: paced, rate: \(rate), growing: true } }
            routes: { main: { from: [paced] } }
            indicators:
              rsi: { plugin: rsi, period: 14 }
              ema: { plugin: ema, period: 12 }
              atr: { plugin: atr, period: 14 }
            models:
              next: { plugin: ridge, target: { return: 1 bar }, features: [rsi, ema, atr], validation: { folds: 2, min_train: 50 }, retrain: { every: 1000000, window: 2d } }
            sinks:
              ledger: { plugin: ledger, records: [bars, predictions] }
            pipelines:
              main: { instruments: [all], route: main, timeframe: 1m, indicators: all, models: all, sinks: all }

            """
    }
}
