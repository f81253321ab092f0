import ArgumentParser
import Builtin
import FoundationEssentials
import Glibc
import HostApp
import HostManifest
import Logging
import PluginKit

/// A thousand reloads of a running host while bars, trades and quotes flow: a ledger at the sink counts what is lost, doubled, out of
/// order.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reload")

    @Option(help: "Reloads: indicators, a model and a sink in turn.") var reloads = 1_000
    @Option(help: "Events a second: a third each bars, trades and quotes.") var rate = 10_000
    @Option(help: "Instruments.") var instruments = 50

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-reload-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let loader = ManifestLoader(plugins: Builtin.plugins + [.provider(PacedEvents.self), .sink(LedgerSink.self)])
        let file = "\(folder)/plugins.yaml"
        try manifest(0).write(toFile: file, atomically: true, encoding: .utf8)
        let source = ManifestSource(file: file, first: Array(manifest(0).utf8)) { text in
            let bytes = text ?? []
            return LoadedManifest(text: bytes, result: loader.load(bytes, asIf: file, environment: [:]), plugins: [])
        }
        let first = loader.load(path: file, environment: [:])
        guard let checked = first.manifest else { throw ValidationError(first.report) }
        let host = try Host(
            manifest: checked, options: HostOptions(hasGateway: false), plugins: [], source: source,
            logger: Logger(label: "bench"), startedAt: 0, report: { _ in })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            let figures = try await measure(host)
            kill(getpid(), SIGTERM)
            try await group.waitForAll()
            figures.print(Ledger.shared.close())
        }
    }

    private struct Figures {
        var pauses: [Double] = []
        var spans: [Double] = []
        var firstMemory = 0.0
        var lastMemory = 0.0

        func print(_ faults: Ledger.Faults) {
            let (pauses, spans) = (pauses.sorted(), spans.sorted())
            printResult("reload_lost", Double(faults.lost), "rows")
            printResult("reload_doubled", Double(faults.doubled), "rows")
            printResult("reload_out_of_order", Double(faults.outOfOrder), "rows")
            printResult("reload_pause_p99", percentile(pauses, 0.99), "ms")
            printResult("reload_pause_max", pauses.last ?? .nan, "ms")
            printResult("reload_span_p50", percentile(spans, 0.5), "ms")
            printResult("reload_memory_growth", lastMemory - firstMemory, "MiB")
            for kind in [EventKind.bar, .trade, .quote] {
                printResult("reload_\(kind.rawValue)s", Double(Ledger.shared.rows(of: kind)), "rows")
            }
        }
    }

    private func measure(_ host: Host) async throws -> Figures {
        while Ledger.shared.rows < rate / 2 { try await Task.sleep(for: .milliseconds(20)) }
        var figures = Figures()
        for number in 1...reloads {
            let report = await host.reload(Array(manifest(number).utf8))
            guard report.outcome == .applied else { throw ValidationError(report.text) }
            for part in report.parts {
                guard part.action != "restarted" else { throw ValidationError(report.text) }
                if let pause = part.pauseMilliseconds { figures.pauses.append(pause) }
            }
            figures.spans.append(report.milliseconds)
            if number == reloads / 10 { figures.firstMemory = Probe.residentMemory() }
        }
        figures.lastMemory = Probe.residentMemory()
        return figures
    }

    /// The manifest after so many reloads: each changes an indicator, a model or a sink.
    private func manifest(_ number: Int) -> String {
        let (indicator, model, sink) = ((number + 2) / 3, (number + 1) / 3, number / 3)
        let codes = (0..<instruments).map { "\(600_000 + $0).SH" }.joined(separator: ", ")
        return """
            version: 1
            host: { state: state }
            instruments: { all: [\(codes)] }
            providers:
              paced: { plugin: paced, rate: \(rate / 3) }
              beside: { plugin: paced, rate: \(rate / 3), counted: false }
            routes: { main: { from: [paced] }, beside: { from: [beside] } }
            indicators:
              sma: { plugin: sma, period: \(5 + indicator % 40) }
              rsi: { plugin: rsi, period: 14 }
              ema: { plugin: ema, period: 12 }
              shaking: { plugin: trade_volatility, period: \(5 + indicator % 40) }
              spread: { plugin: quoted_spread }
            models:
              next: { plugin: ridge, target: { return: 1 bar }, features: [rsi, ema], l2: \(1 + model % 3), validation: { folds: 2, min_train: 50 } }
            sinks:
              ledger: { plugin: ledger, mark: \(sink), records: [bars, trades, quotes, predictions] }
            pipelines:
              main: { instruments: [all], route: main, timeframe: 1m, indicators: [sma, rsi, ema], models: all, sinks: all }
              tape: { instruments: [all], route: main, kind: trade, inputs: { quotes: { kind: quote, route: beside, fields: [bid, ask] } } }
              best: { instruments: [all], route: main, kind: quote }

            """
    }
}
