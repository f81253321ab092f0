import FoundationEssentials
import Glibc
import Testing

/// The alerts of `deploy/prometheus` fire in a real Prometheus for what they are there for.
///
/// `make drill` provokes all that can be; the two that tests always provoke need seconds.
@Suite(.enabled(if: PrometheusServer.isInstalled, "Prometheus is not installed (Debian: apt-get install prometheus)"))
struct AlertDrillTests {
    private static let isDrill = ProcessInfo.processInfo.environment["PENSTOCK_DRILL"] == "1"

    @Test func aReloadThatFailedAndAHostThatIsGoneAreTold() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let prometheus = try await PrometheusServer.start(box, scraping: service.port)
            try await eventually("the host is scraped", or: { prometheus.child.trace }) {
                try prometheus.values("penstock_bars_received_total", by: "pipeline")["main"] == 6_540 ? true : nil
            }
            try box.edit("plugin: ridge", "plugin: rigde")
            service.child.signal(SIGHUP)
            try await prometheus.waits(for: ["PenstockReloadRefused"])
            service.child.signal(SIGKILL)
            try await service.child.exitCode()
            try await prometheus.waits(for: ["PenstockDown"])
            let budget = try prometheus.values("penstock:slo_budget:ratio", by: "slo")
            #expect(
                budget == [
                    "availability": 0.001, "provider": 0.005, "api": 0.001, "websocket": 0.01, "freshness": 0.01,
                ])
            prometheus.child.signal(SIGTERM)
            try await prometheus.child.exitCode()
        }
    }

    /// But for PenstockStateGrows, PenstockSlowRoutes and PenstockSeriesOmitted: gigabytes of state, a slow disk or thousands of
    /// instruments are not made in a minute.
    @Test(.enabled(if: isDrill, "make drill runs it"))
    func whatCanBeProvokedFires() async throws {
        try await Sandbox.with(Self.manifest) { box in
            try prepare(box)
            for source in ["sink", "model"] {
                let installed = try await box.run("plugins", "install", "source/\(source)", "--yes")
                #expect(installed.code == 0, "\(installed.err)")
            }
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            let prometheus = try await PrometheusServer.start(box, scraping: service.port)
            // A client that asks for everything and never reads.
            let deaf = try #require(HTTP.connection(port: service.port))
            let request =
                "GET /ws/enhanced HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            #expect(send(deaf, request, request.utf8.count, Int32(MSG_NOSIGNAL)) == request.utf8.count)
            try await prometheus.waits(for: [
                "PenstockInstanceFailed", "PenstockInstanceDegraded", "PenstockInstanceRestarts", "PenstockDataStale",
                "PenstockRowsRefused", "PenstockModelFailed", "PenstockNotPredicted", "PenstockRowsLost",
                "PenstockSinkRefuses", "PenstockSinkBehind", "PenstockSlowCalls", "PenstockProviderLeftAlone",
                "PenstockProviderBudgetSpent", "PenstockFramesDropped",
                "PenstockBudgetBurnsFast",
                "PenstockBudgetBurns", "PenstockBudgetBurnsSlowly",
            ])
            close(deaf)
            try box.edit("plugin: rsi", "plugin: rsii")
            child.signal(SIGHUP)
            let limited = try await box.runOther("/usr/bin/prlimit", "--pid", "\(child.pid)", "--nofile=50:")
            #expect(limited.code == 0, "\(limited.err)")
            try await prometheus.waits(for: ["PenstockReloadRefused", "PenstockFewDescriptorsLeft"])
            child.signal(SIGKILL)
            try await child.exitCode()
            try await prometheus.waits(for: ["PenstockDown"])
            prometheus.child.signal(SIGTERM)
            try await prometheus.child.exitCode()
        }
    }

    /// Real bars, of which each fifth has its high and low exchanged.
    private func prepare(_ box: Sandbox) throws {
        try box.makeFolder("damaged")
        for symbol in Self.symbols {
            let lines = Files.text("\(Program.repository)/data/history/\(symbol).csv").split(separator: "\n")
            let damaged = lines.enumerated().map { number, line in
                var cells = line.split(separator: ",")
                if number > 0, number.isMultiple(of: 5) { cells.swapAt(2, 3) }
                return cells.joined(separator: ",")
            }
            try box.write(damaged.joined(separator: "\n") + "\n", to: "damaged/\(symbol).csv")
        }
        try box.writePlugin("source/sink", Self.sink)
        try box.writePlugin("source/model", Self.model)
    }

    private static let symbols = ["AAPL", "IBM", "MSFT", "GOOG", "FB"]

    private static let manifest = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments:
          us: [\(symbols.joined(separator: ", "))]
        providers:
          paced: { plugin: local_history, path: damaged, pace: 20ms, follow: true }
          flood: { plugin: local_history, path: damaged, pace: 10ms }
          closed: { plugin: http_table, url: "http://127.0.0.1:1/{symbol}", on_failure: retry }
          spent: { plugin: http_table, url: "http://127.0.0.1:1/{symbol}", limits: { per_day: 1 }, on_failure: retry }
        routes:
          paced: { from: [paced], silence: 1s }
          flood: { from: [flood] }
          closed: { from: [closed], poll: 1s }
          spent: { from: [spent], poll: 1s }
        indicators:
          rsi14: { plugin: rsi, period: 14 }
        models:
          broken: { plugin: drill, target: { return: 1 bar }, features: [rsi14], on_failure: ignore }
        sinks:
          live: { plugin: websocket }
          slow: { plugin: drill, way: slow, records: [bars], queue: { capacity: 1, full: drop_oldest } }
          behind: { plugin: drill, way: slow, records: [bars], queue: { capacity: 100000, full: drop_oldest } }
          refusing: { plugin: drill, way: refuse, records: [bars], queue: { full: drop_oldest } }
          dying: { plugin: drill, way: die, records: [bars], queue: { full: drop_oldest } }
        pipelines:
          main: { instruments: [us], route: paced, indicators: all, models: all, sinks: all }
          flood: { instruments: [us], route: flood, indicators: all, models: [], sinks: [live] }
          closed: { instruments: [us], route: closed, indicators: [], models: [], sinks: [live] }
          spent: { instruments: [us], route: spent, indicators: [], models: [], sinks: [live] }

        """

    private static let sink = (
        manifest: """
        id: sink/drill
        version: 1.0.0
        summary: Is slow, refuses, or dies.
        tier: process
        command: [python3, sink.py]
        options:
          way: { type: text, required: true, summary: What it does wrong. }
        accepts: [bars]

        """,
        file: "sink.py",
        code: """
        import os, time
        from penstock_plugin import Sink, run

        class Drill(Sink):
            descriptor = {"kind": "sink", "name": "drill", "version": "1.0.0", "summary": "Is slow, refuses, or dies.",
                          "options": [{"name": "way", "type": "text", "required": True,
                                       "summary": "What it does wrong."}],
                          "accepts": ["bars"]}
            born = time.monotonic()

            def write(self, batch, frames):
                if self.options["way"] == "slow":
                    time.sleep(2)
                if self.options["way"] == "die" and time.monotonic() > self.born + 5:
                    os._exit(3)
                if self.options["way"] == "refuse":
                    return {"rejected": [{"row": row, "reason": "no_value"} for row in range(len(frames[0]))]}

        run(Drill)

        """
    )

    private static let model = (
        manifest: """
        id: model/drill
        version: 1.0.0
        summary: Cannot be fitted.
        tier: process
        command: [python3, model.py]
        outputs: { value: { summary: None. } }

        """,
        file: "model.py",
        code: """
        from penstock_plugin import Model, PluginError, run

        class Drill(Model):
            descriptor = {"kind": "model", "name": "drill", "version": "1.0.0", "summary": "Cannot be fitted.",
                          "options": [], "outputs": [{"name": "value", "unit": "", "summary": "None."}]}

            def fit(self, features, values, labels, seed, threads, progress):
                raise PluginError("unsupported", "told to be.")

        run(Drill)

        """
    )
}
