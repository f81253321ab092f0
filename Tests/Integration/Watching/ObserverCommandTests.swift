import Glibc
import Testing

/// The verbs that look at a running host, and the one that draws its manifest.
@Suite struct ObserverCommandTests {
    private func live(_ body: (Sandbox, Service) async throws -> Void) async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  live: { plugin: websocket }\n  keep:")
            let service = try await box.service()
            try await body(box, service)
            #expect(try await service.stop() == 0)
        }
    }

    @Test func statusSaysHowEachPartIsAndWhetherLevelsAreKept() async throws {
        try await live { box, service in
            for _ in 0..<3 { #expect(try HTTP.get("/api/v2/plugins", port: service.port).status == 200) }
            let status = try await box.run("status")
            #expect(status.code == 0, "\(status.err)")
            #expect(status.out.contains("http://127.0.0.1:\(service.port)"), "\(status.out)")
            #expect(status.out.contains("sink/keep"), "\(status.out)")
            let json = try await box.run("status", "--json")
            #expect(try JSON(parsing: json.out)["pipelines"][0]["received"].count == 6_540)
            let levels = try await box.run("status", "--slo")
            #expect(levels.code == 0, "\(levels.err)")
            for level in ["availability", "api", "websocket"] { #expect(levels.out.contains(level), "\(levels.out)") }
            let rows = try JSON(parsing: try await box.run("status", "--slo", "--json").out).items
            let api = rows.first { $0["level"].text == "api" }
            #expect(
                (api?["all"].count ?? 0) >= 3 && api?["bad"].count == 0 && api?["good"].number == 1, "\(levels.out)")
        }
    }

    @Test func topShowsRowsOfEachPart() async throws {
        try await live { box, _ in
            let top = try await box.run("top", "--once")
            #expect(top.code == 0, "\(top.err)")
            let words = top.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(words.contains { $0.first == "main" && $0.contains("6540") }, "\(top.out)")
            #expect(words.contains { $0.prefix(2) == ["keep", "main"] }, "\(top.out)")
            #expect(words.contains { $0.first == "stage/features" }, "\(top.out)")
            #expect(!top.out.contains("\u{1B}"))
        }
    }

    @Test func tapPrintsTheRecordsOfAPipeline() async throws {
        try await live { box, _ in
            let tap = try await box.run("tap", "main", "--after", "0", "--count", "40", "--kinds", "bars,predictions")
            #expect(tap.code == 0, "\(tap.err)")
            let lines = tap.out.split(separator: "\n")
            #expect(lines.count == 40)
            for line in lines {
                let record = try JSON(parsing: String(line))
                #expect(record["pipeline"].text == "main" && record["id"].count != nil, "\(line)")
                #expect(["bars", "predictions"].contains(record["kind"].text ?? ""), "\(line)")
            }
            let unknown = try await box.run("tap", "mian")
            #expect(unknown.code == 2 && unknown.err.contains("Known: main."), "\(unknown.err)")
            let kind = try await box.run("tap", "main", "--kinds", "candles")
            #expect(kind.code == 2 && kind.err.contains("no kind 'candles'"), "\(kind.err)")
        }
    }

    @Test(arguments: [["status"], ["top", "--once"], ["tap", "main"]])
    func withoutAHostTheySayWhatToDo(verb: [String]) async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  live: { plugin: websocket }\n  keep:")
            let child = try box.start(verb)
            #expect(try await child.exitCode() == 3)
            #expect(child.err.contains("no host runs plugins.yaml. Start it with `penstock run`."), "\(child.err)")
        }
    }

    @Test func tapNeedsASinkThatSends() async throws {
        try await Sandbox.with { box in
            let tap = try await box.run("tap", "main")
            #expect(tap.code == 2 && tap.err.contains("has no `websocket` sink"), "\(tap.err)")
        }
    }

    @Test func graphDrawsWhatFlowsWhere() async throws {
        try await Sandbox.with { box in
            let text = try await box.run("graph")
            #expect(text.code == 0, "\(text.err)")
            #expect(
                text.out == """
                    pipeline/main: 1d bars of 2 instruments
                      provider/history (local_history) -> route/daily -> rows
                      -> indicators: rsi14, atr14
                      -> model/next_day (ridge), of 2 columns
                      -> sink/keep (sqlite)

                    """)
            let dot = try await box.run("graph", "--format", "dot")
            for edge in [
                #""provider/history" -> "route/daily";"#, #""route/daily" -> "pipeline/main";"#,
                #""pipeline/main indicators" -> "model/next_day";"#, #""model/next_day" -> "sink/keep";"#,
            ] {
                #expect(dot.out.contains(edge), "\(dot.out)")
            }
            #expect(try await box.run("graph", "mian").code == 2)
        }
    }

    @Test(.enabled(if: access("/usr/bin/dot", X_OK) == 0, "Graphviz is not installed"))
    func graphvizDrawsIt() async throws {
        try await Sandbox.with { box in
            let svg = try await box.run("graph", "--format", "svg")
            #expect(svg.code == 0 && svg.out.contains("<svg") && svg.out.contains("model/next_day"), "\(svg.err)")
        }
    }
}
