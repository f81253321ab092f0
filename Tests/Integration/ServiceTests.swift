import Glibc
import Testing

/// The service: its routes, its end, and what keeps it from starting.
@Suite struct ServiceTests {
    @Test func answersOnEveryRoute() async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  live: { plugin: websocket }\n  keep:")
            let service = try await box.service()
            #expect(try service.json("/health")["status"].text == "ok")
            let kinds = try service.json("/api/v2/system/health")["instances"].items.map { $0["kind"].text }
            #expect(
                Set(kinds.compactMap(\.self)) == [
                    "pipeline", "gateway", "provider", "indicator", "model", "sink", "store",
                ])
            #expect(try service.json("/api/v2/system/status")["instruments"].items.count == 2)
            let pipeline = try service.pipeline()
            #expect(pipeline["received"].count == 6_540)
            #expect(pipeline["accepted"].count == 6_540)
            let quotes = try service.json("/api/v2/stocks/quotes?symbols=AAPL,IBM")
            #expect(quotes["quotes"][0]["close"].number == 430.47)
            #expect(quotes["quotes"][1]["time"].text == "2013-03-01T21:00:00Z")
            #expect((try service.json("/api/v2/stocks/AAPL/historical?period=1y")["count"].count ?? 0) > 240)
            let predictions = try service.json("/api/v2/ai/predictions?symbols=AAPL,IBM&model=next_day")
            #expect(predictions["count"].count == 2)
            let model = try service.json("/api/v2/ai/models/next_day/status")
            #expect(model["state"].text == "serving")
            #expect(model["card"]["metrics"]["rows"].count == 5_426)
            #expect(try service.json("/api/v2/plugins")["plugins"].items.count > 20)
            let metrics = try HTTP.get("/metrics", port: service.port)
            #expect(metrics.text.contains("penstock_bars_received_total{pipeline=\"main\"} 6540"))
            #expect(try HTTP.get("/nowhere", port: service.port).status == 404)
            for channel in ["/ws/enhanced", "/ws/ai-predictions"] {
                let welcome = try HTTP.webSocket(channel, port: service.port)
                #expect(welcome.status == 101)
                #expect(welcome.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
                #expect(try JSON(parsing: welcome.text)["kind"].text == "welcome")
            }
            #expect(try await service.stop() == 0)
        }
    }

    @Test(arguments: [SIGTERM, SIGINT]) func signalEndsIt(signal: Int32) async throws {
        try await Sandbox.with { box in
            try box.adjustPrices()
            let service = try await box.service()
            service.child.signal(signal)
            #expect(try await service.child.exitCode() == 0)
            #expect(service.child.out.contains("stopping"))
            #expect(service.child.err.isEmpty, "\(service.child.err)")
        }
    }

    @Test func underAJSONLogBothOutputsAreJSON() async throws {
        try await Sandbox.with { box in
            try box.write("date,open,high,low,close,volume\n2020-01-02,1,2,0,1,1\n", to: "data/IBM.csv")
            let child = try box.start(["run", "--listen", "127.0.0.1:0", "--log-format", "json"])
            try await child.waits(for: #""event":"caught_up""#)
            try box.edit("period: 14 }\n  atr14", "period: 5 }\n  atr14")
            #expect(try await box.run("reload").code == 0)
            try box.edit("period: 5 }\n  atr14", "period: 0 }\n  atr14")
            #expect(try await box.run("reload").code == 2)
            child.signal(SIGTERM)
            #expect(try await child.exitCode() == 0)
            let (events, log) = (try JSON.lines(child.out), try JSON.lines(child.err))
            #expect(events.allSatisfy { $0["event"].text != nil } && log.allSatisfy { $0["level"].text != nil })
            #expect(
                events.filter { $0["event"].text == "reloaded" }.map { $0["reload"]["outcome"].text } == [
                    "applied", "refused",
                ])
            #expect(events.last?["event"].text == "stopping", "\(child.out)")
            // What was refused is told once, in the log.
            #expect(child.err.contains("IBM") && !child.out.contains(#""event":"warning""#), "\(child.err)")
        }
    }

    /// On one core a fit that kept the shared threads busy would also keep the signal and the gateway waiting.
    @Test(.enabled(if: Program.hasXGBoost, "libxgboost is not installed here"), arguments: [true, false])
    func signalDuringAFitStoresNothingHalf(onOneCore: Bool) async throws {
        try await Sandbox.with { box in
            try box.edit("plugin: ridge,", "plugin: xgboost, rounds: 10000,")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"], onOneCore: onOneCore)
            try await child.waits(for: "fitting")
            let service = Service(child: child, port: try await child.port())
            #expect(try service.json("/api/v2/ai/models/next_day/status")["state"].text == "fitting")
            child.signal(SIGTERM)
            #expect(try await child.exitCode() == 0)
            // Which of the two depends on whether a round of the library ends within the grace of the stop.
            let said = ["model/next_day: the fit was stopped", "fitting did not end with the stop; it was given up"]
            #expect(said.contains { child.err.contains($0) }, "\(child.err)")
            #expect(try Tables.state(box).count("artifacts") == 0)
            #expect(try Tables.state(box).count("artifact_parts") == 0)

            try box.edit("rounds: 10000,", "rounds: 5,")
            let next = try await box.run("run", "--once")
            #expect(next.code == 0)
            #expect(next.out.contains("model/next_day: fitted in"))
            #expect(try Tables.records(box).count("bars") == 6_540)
        }
    }

    @Test func signalWhileHistoryIsReadEndsIt() async throws {
        try await Sandbox.with { box in
            var long = "date,open,high,low,close,volume\n"
            for minute in 0..<600_000 { long += "\(1_000_000_000 + 60 * minute),100,101,99,100.5,1000\n" }
            try box.write(long, to: "data/IBM.csv")
            try box.edit("path: data }", "path: data, date_format: epoch_s }")
            try box.edit("us: [AAPL, IBM]", "us: [IBM]")
            try box.edit("timeframe: 1d", "timeframe: 1m")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            try await child.waits(for: "reading history")
            child.signal(SIGTERM)
            #expect(try await child.exitCode() == 0)
            #expect(try Tables.state(box).count("bars") == 0)
        }
    }

    @Test func secondOneOnTheSameStateIsRefused() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let second = try await box.run("run", "--listen", "127.0.0.1:0")
            #expect(second.code == 3)
            #expect(second.err.contains("another penstock (process \(service.child.pid)) uses"), "\(second.err)")
            #expect(try service.json("/health")["status"].text == "ok")
            #expect(try await service.stop() == 0)
            #expect(try await box.run("run", "--once").code == 0)
        }
    }

    @Test func portInUseIsOneMessageAndLosesNothing() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            try box.edit("state: var }", "state: var2 }")
            try box.edit("var/records.db", "var2/records.db")
            #expect(try await box.run("run", "--once").code == 0)
            let before = Files.tree(box.path("var2"))
            let second = try await box.run("run", "--listen", "127.0.0.1:\(service.port)")
            #expect(second.code == 3)
            let lines = second.err.split(separator: "\n")
            #expect(lines.count == 1, "\(second.err)")
            #expect(second.err.contains("127.0.0.1:\(service.port) is in use"), "\(second.err)")
            let after = Files.tree(box.path("var2"))
            #expect(after["records.db"] == before["records.db"])
            #expect(try await service.stop() == 0)
            #expect(try await box.run("run", "--once").out.contains("stored artifact"))
        }
    }
}
