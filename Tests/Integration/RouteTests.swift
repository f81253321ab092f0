import Glibc
import TestSupport
import Testing

/// Routes with several providers, and the commands that show them.
@Suite struct RouteTests {
    private static let bars = "time,open,high,low,close,volume\n2026-01-05,10,11,9,10,100\n2026-01-06,10,12,9,11,100\n"

    private func manifest(_ server: ReplayServer) -> String {
        """
        version: 1
        host: { listen: 127.0.0.1:0, state: var }
        instruments: { us: [AAPL] }
        providers:
          a: { plugin: http_table, url: "\(server.url)/a?s={symbol}", format: csv, columns: { time: time } }
          b: { plugin: http_table, url: "\(server.url)/b?s={symbol}", format: csv, limits: { per_day: 50000 } }
        routes:
          daily: { from: [a, b], deadline: 20s, budget: 60s, poll: 1s }
        sinks:
          out: { plugin: ndjson, path: out, records: [bars] }
        pipelines:
          main: { instruments: [us], route: daily, indicators: [], models: [] }
        """
    }

    @Test func aTrialShowsTheWholeDecision() async throws {
        let server = try ReplayServer(.init("/a", .init("", status: 500)), .init("/b", .init(Self.bars)))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            let fetched = try await box.run("fetch", "AAPL", "--json")
            #expect(fetched.code == 0, "\(fetched.err)")
            let report = try JSON(parsing: fetched.out)
            #expect(report["source"] == .string("b") && report["events"].number == 2)
            #expect(report["attempts"].items.map { $0["outcome"] } == [.string("transient"), .string("taken")])
            let text = try await box.run("fetch", "AAPL", "--from", "2026-01-06")
            #expect(text.out.contains("HTTP 500") && text.out.contains("AAPL.US: 1 events from b"), "\(text.out)")
            let probe = try await box.run("providers", "probe")
            #expect(probe.code == 1 && probe.out.contains("HTTP 500"))
            #expect(probe.out.contains("polls: at most 86400 a day, limits allow 50000"), "\(probe.out)")
            let probed = try JSON(parsing: try await box.run("providers", "probe", "--json").out)
            #expect(probed.items.map { $0["cost"]["polled"].number } == [86_400, 86_400])
            let silent = try await box.run("providers")
            #expect(silent.code == 3 && silent.err.contains("no host runs plugins.yaml"))
        }
    }

    /// A misspelt symbol beside one that is known: nobody has anything of it, and that is said.
    @Test func whatNobodyHasIsSaidOnceAndTheOthersFlow() async throws {
        let none = ReplayServer.Reply("nothing here", status: 404)
        let server = try ReplayServer(.init("/a", query: ["s": "AAPL"], .init(Self.bars)), .any(none))
        try await Sandbox.empty { box in
            try box.write(manifest(server).replacing("[AAPL]", with: "[AAPL, APPL]"), to: "plugins.yaml")
            let service = try await box.service()
            let before = try server.asked().count
            try await eventually("it is asked again", or: { service.child.trace }) {
                try server.asked().count >= before + 6 ? true : nil
            }
            #expect(try await service.stop() == 0)
            let said = (service.child.out + service.child.err).split(separator: "\n").filter { $0.contains("APPL.US") }
            #expect(said.count == 1, "\(service.child.trace)")
            #expect(
                said.first?.contains(
                    "pipeline/main: no whole bar of APPL.US has come: nobody who was asked in route/daily has one.")
                    == true)
            #expect(!service.child.trace.contains("works again"), "\(service.child.trace)")
            #expect(
                try JSON.lines(box.text("out/bars.ndjson")).map { $0["instrument"].text } == ["AAPL.US", "AAPL.US"])
            try box.remove("var")
            let once = try await box.run("run", "--once")
            #expect(once.code == 0 && (once.out + once.err).contains("no whole bar of APPL.US has come"), "\(once)")
        }
    }

    /// One that has no file and one that cannot be reached: the route does not work again each time.
    @Test func aRouteOfWhichNothingComesStaysDegraded() async throws {
        let server = try ReplayServer(.any(.init("", status: 500)))
        try await Sandbox.empty { box in
            try box.write(
                manifest(server).replacing("  b:", with: "  files: { plugin: local_history, path: data }\n  b:")
                    .replacing("[a, b]", with: "[files, a]"), to: "plugins.yaml")
            try box.makeFolder("data")
            let child = try box.start(["run"])
            try await eventually("it was asked some times", or: { child.trace }) {
                try server.asked().count >= 3 ? true : nil
            }
            child.signal(SIGTERM)
            #expect(try await child.exitCode() == 0)
            #expect(!child.trace.contains("works again"), "\(child.trace)")
        }
    }

    @Test func aTrialShowsWhatProvidersDifferAbout() async throws {
        let other = Self.bars.replacing("12,9,11,100", with: "12,9,12,100") + "2026-01-07,11,13,10,12,100\n"
        let server = try ReplayServer(.init("/a", .init(Self.bars)), .init("/b", .init(other)))
        try await Sandbox.empty { box in
            let text = manifest(server).replacing(
                "from: [a, b],", with: "from: [a, b], strategy: vote, conflict: priority,")
            try box.write(text, to: "plugins.yaml")
            let fetched = try await box.run("fetch", "AAPL", "--json")
            #expect(fetched.code == 0, "\(fetched.err)")
            let report = try JSON(parsing: fetched.out)
            #expect(report["given"].items.map { $0["events"].number } == [2, 1])
            #expect(report["conflicts"].items.count == 1)
            let shown = try await box.run("fetch", "AAPL").out
            #expect(
                shown.contains("3 events from a (2), b (1)") && shown.contains("the close is 11.0 at a, 12.0 at b"),
                "\(shown)")
        }
    }

    @Test(arguments: [
        (["fetch", "AAPL", "--route", "weekly"], "no route 'weekly'"),
        (["fetch", "AAPL", "--from", "2026-13-01"], "allowed a day"),
        (["fetch", "AAPL", "--kind", "tick"], "allowed bar"),
        (["fetch", "AAPL", "--timeframe", "x"], "allowed a count"),
        (["fetch", "AAPL", "--from", "2026-02-01", "--to", "2026-01-01"], "'--from' is after '--to'"),
    ])
    func whatCannotBeAskedIsSaid(arguments: [String], words: String) async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            let child = try box.start(arguments)
            #expect(try await child.exitCode() != 0)
            #expect(child.err.contains(words), "\(child.err)")
        }
    }

    /// Three pipelines that follow the same: of their rounds two in three are answered without a request.
    @Test func oneFetchServesManyPipelines() async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            let pipeline = "{ instruments: [us], route: daily, indicators: [], models: [], sinks: [] }"
            let text = manifest(server).replacing("poll: 1s", with: "poll: 2s").replacing(
                "from: [a, b]", with: "from: [a]")
            try box.write(text + "\n  second: \(pipeline)\n  third: \(pipeline)\n", to: "plugins.yaml")
            let service = try await box.service()
            try server.take([.any(.init(Self.bars))])
            let before = try Self.rounds(service)
            try await eventually("each had its rounds", or: { service.child.trace }) {
                try Self.rounds(service) - before >= 12 ? true : nil
            }
            let (asked, rounds) = (try server.asked().count, try Self.rounds(service) - before)
            #expect(asked * 2 <= rounds, "\(asked) requests in \(rounds) rounds")
            #expect(try await service.stop() == 0)
        }
    }

    /// How often pipelines have asked.
    private static func rounds(_ service: Service) throws -> Int {
        try HTTP.get("/metrics", port: service.port).text.split(separator: "\n").filter {
            $0.hasPrefix("penstock_call_duration_seconds_count{") && $0.contains("kind=\"provider\"")
        }.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }

    @Test func theServiceGoesOnWithTheNextAndSaysSo() async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            let service = try await box.service()
            try await eventually("the first two bars are there", or: { service.child.trace }) {
                box.text("out/bars.ndjson").split(separator: "\n").count == 2 ? true : nil
            }
            try server.take([
                .init("/a", .init("<html><body>Are you a robot?</body></html>")),
                .init("/b", .init(Self.bars + "2026-01-07,11,13,10,12,100\n")),
            ])
            try await eventually("the third bar is there", or: { service.child.trace }) {
                box.text("out/bars.ndjson").split(separator: "\n").count == 3 ? true : nil
            }
            let last = try JSON(parsing: String(box.text("out/bars.ndjson").split(separator: "\n")[2]))
            #expect(last["source"] == .string("b") && last["flags"].items == [.string("fallback")])
            let standing = try JSON(parsing: try await box.run("providers", "--json").out)
            #expect(standing.items.map { $0["provider"] } == [.string("a"), .string("b")])
            #expect(standing.items[0]["state"] == .string("degraded") && standing.items[1]["state"] == .string("ok"))
            #expect((standing.items[1]["left_today"].number ?? 50_000) < 50_000)
            #expect(try await service.stop() == 0)
        }
    }
}
