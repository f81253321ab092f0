import Glibc
import Testing

/// The verbs beside `run`, their faults and their JSON.
@Suite struct CommandTests {
    static let broken = """
        version: 1
        hosst: { listen: 1 }
        host: { listen: "127.0.0.1:99999", state: var }
        instruments: { us: [AAPL, "IB M"] }
        providers:
          history: { plugin: local_histroy, path: data }
        routes: { daily: { from: [histori] } }
        indicators:
          rsi14: { plugin: rsi, period: 1 }
          rsi14: { plugin: rsi }
        models:
          next_day: { plugin: ridge, target: { return: 0 bars }, features: [rsi15] }
        sinks:
          keep: { plugin: sqlite, queue: { full: blok } }
        pipelines:
          main: { instruments: [uss], route: daly, timeframe: 1x, indicators: all, models: all, sinks: [kep] }

        """

    static let places = [
        "2:1: error: the key 'hosst' is unknown. Did you mean 'host'?", "3:17: error: host: 'listen'",
        "4:27: error: instruments/us: 'IB M'", "6:22: error: provider/history: no provider plugin 'local_histroy'",
        "7:27: error: route/daily: no provider 'histori'. Did you mean 'history'?",
        "9:33: error: indicator/rsi14: 'period' is 1",
        "10:3: error: the key 'rsi14' is there twice", "12:48: error: model/next_day: 'target.return'",
        "12:69: error: model/next_day: no indicator 'rsi15'", "14:3: error: sink/keep: 'path' is missing",
        "14:42: error: sink/keep: 'queue.full' is 'blok'", "16:25: error: pipeline/main: no instrument group 'uss'",
        "16:38: error: pipeline/main: no route 'daly'", "16:55: error: pipeline/main: 'timeframe' is '1x'",
        "16:97: error: pipeline/main: no sink 'kep'",
    ]

    @Test(arguments: [["run", "--once"], ["run"], ["config", "check"], ["replay"]])
    func everyFaultIsToldAtOnceWithItsPlace(verb: [String]) async throws {
        try await Sandbox.with(Self.broken) { box in
            let child = try box.start(verb)
            #expect(try await child.exitCode() == 2)
            let lines = child.err.split(separator: "\n")
            for place in Self.places {
                #expect(lines.count { $0.hasPrefix("plugins.yaml:\(place)") } == 1, "\(place)\n\(child.err)")
            }
            #expect(!Files.exists(box.path("var")), "nothing may be started")
        }
    }

    @Test(arguments: [
        ["run", "--once"], ["doctor"], ["run", "--config", "no\u{1B}[31m.yaml"], ["frob\u{1B}[31m"],
    ])
    func whatWouldSteerATerminalIsEscaped(arguments: [String]) async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: \"da\\u001b[31mta\" }")
            let child = try box.start(arguments)
            #expect(try await child.exitCode() != 0)
            let text = child.out + child.err
            #expect(text.contains("\\u{1B}[31m") && !text.contains("\u{1B}"), "\(child.trace)")
        }
    }

    @Test func faultsAsJSONHaveTheirPlaces() async throws {
        try await Sandbox.with(Self.broken) { box in
            let check = try await box.run("config", "check", "--json")
            #expect(check.code == 2)
            let faults = try JSON(parsing: check.out)["faults"].items
            #expect(faults.count == Self.places.count)
            #expect(faults.allSatisfy { ($0["line"].count ?? 0) > 1 && ($0["column"].count ?? 0) > 0 })
        }
    }

    @Test(arguments: [
        ["run", "--onec"], ["frobnicate"], ["run", "--listen", "127.0.0.1:99999"], ["run", "--log-level", "loud"],
        ["plugins", "info"], ["plugins", "info", "rsj"], ["plugins", "enable", "nobody"],
        ["config", "explain", "sinks.nobody"],
        ["run", "--config", "nowhere.yaml"], ["init", "--config", "new.yaml", "--instruments", "A\"B"],
    ])
    func whatCannotBeMeantIsExitCodeTwo(arguments: [String]) async throws {
        try await Sandbox.with { box in
            let child = try box.start(arguments)
            #expect(try await child.exitCode() == 2)
            #expect(!child.err.isEmpty)
            #expect(!Files.exists(box.path("new.yaml")))
        }
    }

    @Test(arguments: [
        ["config", "check"], ["config", "explain", "host.listen"], ["config", "explain", "indicators.rsi14.period"],
        ["config", "schema"], ["plugins", "list"], ["plugins", "info", "rsi"], ["plugins", "info", "sink/sqlite"],
        ["doctor"],
        ["plugins", "disable", "keep"], ["plugins", "enable", "keep"], ["init", "--config", "new.yaml"],
        ["plugins", "new", "model", "mine", "--lang", "python"], ["plugins", "lock"], ["plugins", "verify"],
    ])
    func jsonOfEveryVerbParses(verb: [String]) async throws {
        try await Sandbox.with { box in
            let child = try box.start(verb + ["--json"])
            #expect(try await child.exitCode() == 0, "\(child.err)")
            #expect(try JSON(parsing: child.out) != .null)
            let second =
                verb[0] == "init" ? ["--config", "other.yaml"] : verb.contains("new") ? ["--folder", "two"] : []
            let plain = try box.start(verb + second)
            #expect(try await plain.exitCode() == 0, "\(plain.err)")
            #expect(plain.out.hasSuffix("\n") || verb.contains("lock"), "there is nothing to lock here")
        }
    }

    @Test func keysOfJSONAreInSnakeCase() async throws {
        try await Sandbox.with(Self.broken) { box in
            let faults = try await box.run("config", "check", "--json").out
            #expect(try JSON(parsing: faults)["faults"][0]["excerpt_column"] != .null, "\(faults)")
        }
        try await Sandbox.with { box in
            let value = try await box.run("config", "explain", "indicators.rsi14.period", "--json").out
            #expect(try JSON(parsing: value)["default_value"].text == "14", "\(value)")
        }
    }

    @Test func explainSaysValuePlaceAndMeaning() async throws {
        try await Sandbox.with { box in
            let own = try await box.run("config", "explain", "indicators.rsi14.period").out
            #expect(own.contains("14") && own.contains("plugins.yaml:10:") && own.contains("2...100000"))
            #expect(try await box.run("config", "explain", "sinks.keep.queue.full").out.contains("default"))
        }
    }

    @Test func disablingKeepsCommentsAndTakesEffect() async throws {
        try await Sandbox.shipped { box in
            let before = box.text("plugins.yaml")
            #expect(try await box.run("plugins", "disable", "next_day").code == 0)
            let disabled = box.text("plugins.yaml")
            for line in before.split(separator: "\n") { #expect(disabled.contains(line)) }
            #expect(try await box.run("plugins", "list").out.contains("next_day (disabled)"))
            let run = try await box.run("run", "--once")
            #expect(!run.out.contains("next_day "), "\(run.out)")
            #expect(try await box.run("plugins", "enable", "next_day").code == 0)
            let enabled = box.text("plugins.yaml")
            for line in before.split(separator: "\n") { #expect(enabled.contains(line)) }
            #expect(try await box.run("config", "check").code == 0)
        }
    }

    @Test func initMakesAManifestThatRuns() async throws {
        try await Sandbox.with("") { box in
            try box.remove("plugins.yaml")
            let made = try await box.run("init", "--data", "data", "--instruments", "AAPL,IBM")
            #expect(made.code == 0, "\(made.err)")
            #expect(try await box.run("config", "check").code == 0)
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out.contains("IBM.US"))
            let text = box.text("plugins.yaml")
            #expect(try await box.run("init").code == 3)
            #expect(box.text("plugins.yaml") == text)
        }
    }

    @Test func doctorFindsWhatWouldFail() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("doctor").code == 0)
            try box.remove("data")
            try box.write("in the way", to: "block")
            try box.edit("path: var/records.db", "path: block/records.db")
            let doctor = try await box.run("doctor")
            #expect(doctor.code == 3)
            #expect(doctor.out.contains("FAIL  provider/history"))
            #expect(doctor.out.contains("FAIL  sink/keep"))
        }
    }

    @Test func pipeGetsNeitherColoursNorCursorMoves() async throws {
        try await Sandbox.with { box in
            for environment in [[:], ["NO_COLOR": "1", "TERM": "xterm-256color"]] {
                let run = try await box.run("run", "--once", environment: environment)
                #expect(!run.out.contains("\u{1B}") && !run.err.contains("\u{1B}"))
                #expect(!run.out.contains("\r"))
            }
        }
    }

    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
    func aPluginInUseIsRemovedByForceOnly() async throws {
        try await Sandbox.with { box in
            let source = "\(Program.repository)/examples/python-indicator"
            #expect(try await box.run("plugins", "install", source, "--yes").code == 0)
            try box.edit("  atr14:", "  average: { plugin: python_average, period: 10, enabled: false }\n  atr14:")
            let refused = try await box.run("plugins", "remove", "indicator/python_average")
            #expect(refused.code == 2)
            #expect(refused.err.contains("it is in use by indicator/average (plugins.yaml:11); nothing was removed"))
            #expect(try await box.run("config", "check").code == 0)
            for (from, to) in [
                ("version: 1", "version: 1\nfoo: ["), ("plugin: python_average", "plugin: \"${env:WHICH}\""),
            ] {
                try box.edit(from, to)
                let unknown = try await box.run("plugins", "remove", "indicator/python_average")
                #expect(
                    unknown.code == 2 && unknown.err.contains("whether it is in use is not known"), "\(unknown.err)")
                try box.edit(to, from)
            }
            #expect(try await box.run("plugins", "remove", "indicator/python_average", "--force").code == 0)
            #expect(try await box.run("config", "check").code == 2)
        }
    }

    @Test func theShellIsOfferedIds() async throws {
        try await Sandbox.with { box in
            let script = try await box.run("--generate-completion-script", "bash")
            #expect(script.out.contains("---completion"), "the script asks penstock itself")
            let asked = try await box.run(
                "---completion", "plugins", "disable", "--", "positional@0", "2", "0", "plugins", "disable", "")
            #expect(asked.out.split(separator: "\n").contains("rsi14"), "\(asked.out)\(asked.err)")
        }
    }
}
