import FoundationEssentials
import Glibc
import Testing

/// Plugins nobody compiled in, in processes of their own: installed, named in the manifest, run.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct ProcessPluginTests {
    private static let manifest = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments: { us: [AAPL, IBM] }
        providers:
          history: { plugin: csv_files, path: data }
        routes:
          daily: { from: [history] }
        indicators:
          average: { plugin: python_average, period: 10 }
          rsi14: { plugin: rsi, period: 14 }
        models:
          mean: { plugin: mean, target: { return: 1 bar }, features: [average, rsi14] }
        sinks:
          lines: { plugin: python_lines }
          keep: { plugin: sqlite, path: var/records.db }
        pipelines:
          main: { instruments: [us], route: daily, indicators: all, models: all, sinks: all }

        """

    private func install(_ box: Sandbox, _ sources: String...) async throws {
        for source in sources {
            let result = try await box.run("plugins", "install", source, "--yes")
            #expect(result.code == 0, "\(result.err)")
            #expect(result.err.contains("digest       sha256:"))
        }
    }

    @Test func oneOfEachKindIsInstalledAndRuns() async throws {
        try await Sandbox.with(Self.manifest) { box in
            try box.writePlugin("source/provider", PluginSources.provider)
            try box.writePlugin("source/model", PluginSources.model)
            let examples = "\(Program.repository)/examples"
            try await install(
                box, "source/provider", "source/model", "\(examples)/python-indicator", "\(examples)/python-sink")
            let check = try await box.run("config", "check")
            #expect(check.code == 0, "\(check.err)")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let lines = box.text("var/plugins/sink-lines/bars.csv").split(separator: "\n")
            #expect(lines.count == 6_540)
            #expect(lines.first == "history,AAPL.US,951944400000000000,118.56,132.06,118.5,130.31,9616100.0")
            let records = Tables.records(box)
            #expect(try records.number("SELECT count(average) FROM features") == 6_522)
            #expect(try records.count("predictions") > 5_000)
            #expect(try Tables.state(box).count("artifacts") == 1)
            let again = try await box.run("run", "--once")
            #expect(again.code == 0 && again.out.contains("stored artifact loaded"), "\(again.out)\(again.err)")
            #expect(box.text("var/plugins/sink-lines/bars.csv").split(separator: "\n").count == 6_540)
        }
    }

    /// Nothing pushes: the host asks for what there is and makes the stream itself.
    @Test func aProviderThatOnlyAnswersRequestsFeedsAPipeline() async throws {
        let manifest = Self.manifest.replacing("plugin: python_average, period: 10", with: "plugin: sma, period: 10")
            .replacing("mean: { plugin: mean,", with: "mean: { plugin: ridge,")
            .replacing("  lines: { plugin: python_lines }\n", with: "")
        try await Sandbox.with(manifest) { box in
            var provider = PluginSources.provider
            for what in ["streams: [bar]", #""streams": ["bar"]"#] {
                let none = what.replacing(#""bar""#, with: "").replacing("[bar]", with: "[]")
                provider.manifest = provider.manifest.replacing(what, with: none)
                provider.code = provider.code.replacing(what, with: none)
            }
            try box.writePlugin("source/provider", provider)
            try await install(box, "source/provider")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(try Tables.records(box).count("bars") == 6_540)
            #expect(try Tables.records(box).count("predictions") > 5_000)
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try Tables.records(box).count("bars") == 6_540)
        }
    }

    @Test func listInfoAndSchemaRunNothingOfAPlugin() async throws {
        try await Sandbox.with(Self.withSink) { box in
            try box.writePlugin("plugins/counting", (PluginSources.sinkManifest, "sink.py", "raise SystemExit(9)\n"))
            try box.write("# Counting\n\u{1B}[31mred\n", to: "plugins/counting/README.md")
            let list = try await box.run("plugins", "list")
            #expect(list.code == 0)
            #expect(Self.row("counting", in: list.out) == "sink counting 1.0.0 process experimental counted -")
            let info = try await box.run("plugins", "info", "sink/counting")
            #expect(info.out.contains("asked    nothing beside its own folder"))
            #expect(info.out.contains("# Counting\n [31mred"))
            let schema = try await box.run("config", "schema")
            #expect(schema.out.contains("\"sink.counting\""))
            #expect(!Files.exists(box.path("var")))
            let check = try await box.run("config", "check")
            #expect(check.code == 2)
            #expect(check.err.contains("plugins.yaml:16:22: error: sink/counted: sink/counting: it was never accepted"))
        }
    }

    @Test func aChangedPluginIsRefusedAtItsPlaceUntilItIsLocked() async throws {
        try await Sandbox.with(Self.withSink) { box in
            try box.writePlugin("source", (PluginSources.sinkManifest, "sink.py", PluginSources.sink(dies: false)))
            try await install(box, "source")
            try box.edit("total = 0", "total = 1", in: "plugins/sink-counting/sink.py")
            let changed = try await box.run("run", "--once")
            #expect(changed.code == 2)
            #expect(changed.err.contains("plugins.yaml:16:22: error: sink/counted: sink/counting: its content changed"))
            #expect(try await box.run("plugins", "verify").code == 3)
            #expect(try await box.run("plugins", "lock").code == 0)
            #expect(try await box.run("run", "--once").code == 0)
        }
    }

    @Test func aProgramThatTheManifestNamesRunsOnceItIsLocked() async throws {
        let inline = Self.withSink.replacing("plugin: counting", with: "plugin: { command: [python3, mine.py] }")
        try await Sandbox.with(inline) { box in
            try box.write(PluginSources.sink(dies: false), to: "mine.py")
            let refused = try await box.run("config", "check")
            #expect(refused.code == 2)
            #expect(
                refused.err.contains(
                    "plugins.yaml:16:22: error: sink/counted: the command 'python3 mine.py' was never accepted"))
            let lock = try await box.run("plugins", "lock")
            #expect(
                lock.code == 0 && lock.out.contains("sink/counting: command 'python3 mine.py' locked."), "\(lock.err)")
            let list = try await box.run("plugins", "list")
            #expect(list.out.contains("sink       counting"))
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            try box.write(PluginSources.sink(dies: true), to: "mine.py")
            let changed = try await box.run("config", "check")
            #expect(changed.code == 2 && changed.err.contains("changed since it was accepted"))
        }
    }

    @Test func aPluginThatDiesIsSeenInQuarantineAndTheRestGoesOn() async throws {
        try await Sandbox.with(Self.withSink) { box in
            try box.writePlugin("source", (PluginSources.sinkManifest, "sink.py", PluginSources.sink(dies: true)))
            try await install(box, "source")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the sink is in quarantine", or: { child.trace }) {
                let status = try service.status("sink", "counted")
                return status.state == "failed" && status.message.contains("quarantined") ? true : nil
            }
            let message = try service.status("sink", "counted").message
            #expect(message.contains("status 3") && message.contains("it hurts"), "\(message)")
            let metrics = try HTTP.get("/metrics", port: service.port).text
            #expect(metrics.contains(#"penstock_instance_state{kind="sink",id="counted",state="failed"} 1"#))
            try await eventually("the other sink has everything", or: { child.trace }) {
                let sinks = try service.pipeline()["sinks"].items
                return sinks.contains { $0["sink"].text == "keep" && $0["delivered"].number ?? 0 > 6_000 } ? true : nil
            }
            #expect(try await service.stop() == 0, "\(child.trace)")
        }
    }

    /// As many pipelines hang in their processes as there are processors here, and one more.
    @Test func theHostAnswersWhileIndicatorsHang() async throws {
        let names = (0..<3).map { "hang\($0)" }
        var manifest = """
            version: 1
            host: { listen: "127.0.0.1:0", state: var }
            instruments: { us: [AAPL] }
            providers:
              history: { plugin: local_history, path: data }
              steady: { plugin: local_history, path: data, pace: 10ms }
            routes: { daily: { from: [history] }, steady: { from: [steady] } }
            sinks: { keep: { plugin: sqlite, path: var/records.db } }
            indicators:

            """
        for name in names { manifest += "  \(name): { plugin: hanging, name: \(name) }\n" }
        manifest += "pipelines:\n  steady: { instruments: [us], route: steady, indicators: [], sinks: [keep] }\n"
        for name in names {
            manifest += "  \(name): { instruments: [us], route: daily, indicators: [\(name)], sinks: [keep] }\n"
        }
        try await Sandbox.with(manifest) { box in
            let plugin = PluginSources.hanging
            try box.writePlugin("source", (plugin.manifest, plugin.file, plugin.code))
            try await install(box, "source")
            // Not `box.service()`: the results that it waits for come when the hanging calls were given up.
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("all hang", or: { service.child.trace }) {
                names.allSatisfy { access(box.path("var/plugins/indicator-\($0)/hangs"), F_OK) == 0 } ? true : nil
            }
            func steady() throws -> Double {
                let all = try service.json("/api/v2/system/metrics")["pipelines"].items
                return all.first { $0["pipeline"].text == "steady" }?["accepted"].number ?? -1
            }
            let before = try steady()
            let spans = try (0..<50).map { _ in
                let start = ContinuousClock.now
                let reply = try HTTP.get("/health/live", port: service.port)
                #expect(reply.status == 200)
                return start.duration(to: .now)
            }
            // The middle one: one of them may have met other work of the machine.
            #expect(spans.sorted()[25] < .milliseconds(100), "\(spans)")
            try await eventually("the other pipeline goes on", or: { service.child.trace }) {
                try steady() > before + 50 ? true : nil
            }
            // Had the answers waited for the calls, each would have come with their deadline, and five faults are the end.
            for name in names { #expect(try service.status("indicator", name).state != "failed") }
            try await service.stop(SIGKILL)
        }
    }

    @Test func numbersAndStateOfARunningPluginAreShown() async throws {
        try await Sandbox.with(Self.withSink) { box in
            try box.writePlugin("source", (PluginSources.sinkManifest, "sink.py", PluginSources.sink(dies: false)))
            try await install(box, "source")
            let service = try await box.service()
            try await eventually("the sink's number", or: { service.child.trace }) {
                let metrics = try HTTP.get("/metrics", port: service.port).text
                return metrics.contains(#"penstock_plugin_value{plugin="sink/counted",name="rows"} 6540"#)
                    ? true : nil
            }
            // A host that is too busy to answer shows no state.
            try await eventually("the list shows it as ok") {
                let list = try await box.run("plugins", "list")
                let row = Self.row("counting", in: list.out)
                return row == "sink counting 1.0.0 process experimental counted ok" ? true : nil
            }
            try await service.stop()
        }
    }

    /// The row of a plugin in `plugins list`, with one space between the cells.
    private static func row(_ plugin: String, in list: String) -> String? {
        list.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            .first { $0.split(separator: " ").dropFirst().first == plugin[...] }
    }

    private static let withSink = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments:
          us: [AAPL, IBM]
        providers:
          history: { plugin: local_history, path: data }
        routes:
          daily: { from: [history] }
        indicators:
          rsi14: { plugin: rsi, period: 14 }
          atr14: { plugin: atr, period: 14 }
        models: {}
        sinks:
          keep: { plugin: sqlite, path: var/records.db }
          # Nobody compiled this in.
          counted: { plugin: counting }
        pipelines:
          main: { instruments: [us], route: daily, timeframe: 1d, indicators: all, sinks: all }

        """
}
