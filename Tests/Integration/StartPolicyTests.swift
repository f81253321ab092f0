import Glibc
import Testing

/// A part that cannot be built: the instance's own policy decides what becomes of the start.
@Suite struct StartPolicyTests {
    @Test(arguments: ["--once", "--listen=127.0.0.1:0"])
    func errorRefusesTheStart(mode: String) async throws {
        try await Self.withBlockedSink("error") { box in
            let run = try await box.run("run", mode)
            #expect(run.code == 3)
            #expect(run.err.split(separator: "\n").count == 1, "\(run.err)")
            #expect(run.err.hasPrefix("sink/keep:"))
        }
    }

    @Test func ignoreGoesOnWithoutIt() async throws {
        try await Self.withBlockedSink("ignore") { box in
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.err.hasPrefix("warning: sink/keep:"))
            #expect(box.text("out/bars.csv").split(separator: "\n").count == 6_541)
        }
    }

    @Test func retryDeliversEverythingOnceItCan() async throws {
        try await Self.withBlockedSink("retry") { box in
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the sink is degraded", or: { child.trace }) {
                try service.status("sink", "keep").state == "degraded" ? true : nil
            }
            try box.remove("block")
            try await child.waits(for: "sink/keep: works again")
            try await child.waits(for: "Serving on")
            #expect(try service.status("sink", "keep").state == "ok")
            #expect(try await service.stop() == 0)
            #expect(try Tables(path: box.path("block/records.db")).count("bars") == 6_540)
        }
    }

    @Test func retryUnderOnceEndsWithAFault() async throws {
        try await Self.withBlockedSink("retry") { box in
            let run = try await box.run("run", "--once")
            #expect(run.code == 1)
            #expect(
                run.err.contains("sink/keep: 23935 of 23935 rows (write_failed 23935) were not delivered"), "\(run.err)"
            )
            try box.remove("block")
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try Tables(path: box.path("block/records.db")).count("bars") == 6_540)
        }
    }

    @Test(arguments: [("", Int32(1)), (", on_failure: ignore", 0)])
    func modelThatCannotBeFittedIsAFaultUnderOnce(policy: String, code: Int32) async throws {
        try await Sandbox.with { box in
            try box.edit("target: { return: 1 bar }", "target: { return: 9999 bars }\(policy)")
            let run = try await box.run("run", "--once")
            #expect(run.code == code, "\(run.err)")
            #expect(run.err.contains("0 labelled rows are too few"), "\(run.err)")
            #expect(run.err.contains("no predictions of next_day, which could not be fitted") == (code == 1))
            #expect(try Tables(path: box.path("var/records.db")).count("bars") == 6_540)
        }
    }

    @Test func providerThatComesLateIsWaitedFor() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: later, on_failure: retry }")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the provider is told", or: { child.trace }) {
                child.err.contains("provider/history: 'path' is 'later'") ? true : nil
            }
            for symbol in SmallManifest.symbols { try box.copyHistory(symbol, to: "coming") }
            guard rename(box.path("coming"), box.path("later")) == 0 else { throw Failure("the folder stays away") }
            try await eventually("the provider serves", or: { child.trace }) {
                try service.json("/health")["status"].text == "ok" && child.out.contains("Serving on") ? true : nil
            }
            #expect(try await service.stop() == 0)
        }
    }

    /// A program is asked what it is before an instance of it is made; an end there may pass as well.
    @Test(
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"),
        arguments: ["ignore", "retry"])
    func programThatDoesNotSayWhatItIsIsAskedAgain(policy: String) async throws {
        try await Sandbox.with { box in
            try box.write(Self.late, to: "late.py")
            let late = "late: { plugin: { command: [python3, late.py] }, on_failure: \(policy) }"
            try box.edit("indicators:\n", "indicators:\n  \(late)\n")
            #expect(try await box.run("plugins", "lock").code == 0)
            try box.write("", to: "away")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await child.waits(for: "Serving on")
            let status = try service.status("indicator", "late")
            #expect(status.state == "degraded" && status.message.contains("exited with status 4"), "\(status)")
            try box.remove("away")
            try await eventually("the indicator works", or: { child.trace }) {
                try service.status("indicator", "late").state == "ok" ? true : nil
            }
            #expect(try await service.stop() == 0)
        }
    }

    /// Columns that depend on options are those of the options, also where nobody waits for the program.
    @Test(
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"),
        arguments: ["ignore", "retry"])
    func columnsOfALateIndicatorAreThoseOfItsOptions(policy: String) async throws {
        try await Sandbox.with { box in
            try box.write(Self.lags, to: "lags.py")
            let lags = "lags: { plugin: { command: [python3, lags.py] }, names: [x, y], on_failure: \(policy) }"
            try box.edit("indicators:\n", "indicators:\n  \(lags)\n")
            try box.edit(
                "  keep:", "  files: { plugin: csv, path: out, records: [features], on_failure: retry }\n  keep:")
            #expect(try await box.run("plugins", "lock").code == 0)
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let rows = box.text("out/features-main.csv").split(separator: "\n")
            #expect(rows.first?.contains(",lags.x,lags.y,") == true, "\(rows.first ?? "")")
            #expect(rows.last?.contains(",1,2,") == true, "\(rows.last ?? "")")

            // One that does not answer at the start is laid out by its description; it says so, and a reload mends it.
            try box.write("", to: "away")
            try box.remove("var")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await child.waits(for: "Serving on")
            #expect(try service.status("indicator", "lags").state == "degraded")
            try box.remove("away")
            try await eventually("the indicator says what it gives", or: { child.trace }) {
                try service.status("indicator", "lags").message.contains("its options give the columns x, y")
                    ? true : nil
            }
            let reload = try await box.run("reload")
            #expect(reload.code == 0 && reload.out.contains("indicator/lags: changed"), "\(reload.out)\(reload.err)")
            #expect(try service.status("indicator", "lags").state == "ok")
            #expect(try await service.stop() == 0)
        }
    }

    /// What a program gives by its options may be named before it has ever answered.
    @Test(
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"),
        arguments: ["ignore", "retry"])
    func columnsOfAnAbsentIndicatorMayBeNamed(policy: String) async throws {
        try await Sandbox.with { box in
            try box.write(Self.lags, to: "lags.py")
            let lags = "lags: { plugin: { command: [python3, lags.py] }, names: [x, y], on_failure: \(policy) }"
            try box.edit("indicators:\n", "indicators:\n  \(lags)\n  both: { derive: lags.x / lags.y }\n")
            try box.edit("features: [rsi14, atr14]", "features: [rsi14, atr14, lags.y]")
            #expect(try await box.run("plugins", "lock").code == 0)
            try box.write("", to: "away")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the indicator is degraded", or: { child.trace }) {
                try service.status("indicator", "lags").state == "degraded" ? true : nil
            }
            try box.remove("away")
            try await eventually("the indicator works", or: { child.trace }) {
                try service.status("indicator", "lags").state == "ok" ? true : nil
            }
            #expect(try await service.stop() == 0)
        }
    }

    /// A program that the host does not start without keeps its pipelines waiting, not the gateway.
    @Test(
        .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"),
        arguments: [true, false])
    func theGatewayAnswersWhileAProgramIsWaitedFor(isRight: Bool) async throws {
        try await Sandbox.with { box in
            try box.write(Self.lags, to: "lags.py")
            let names = isRight ? "[x, y]" : "[x, bad]"
            try box.edit(
                "indicators:\n", "indicators:\n  lags: { plugin: { command: [python3, lags.py] }, names: \(names) }\n")
            try box.edit("features: [rsi14, atr14]", "features: [rsi14, atr14, lags.x]")
            #expect(try await box.run("plugins", "lock").code == 0)
            try box.write("", to: "held")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            #expect(try HTTP.get("/health/live", port: service.port).status == 200)
            #expect(try HTTP.get("/health/ready", port: service.port).status == 503)
            #expect(try HTTP.get("/api/v2/stocks/quotes?symbols=AAPL", port: service.port).status == 503)
            #expect(child.out.contains("indicator/lags: no answer yet"), "\(child.trace)")
            try box.remove("held")
            guard isRight else {
                #expect(try await child.exitCode() == 2)
                #expect(child.err.contains("'bad' is no name"), "\(child.err)")
                return
            }
            try await child.waits(for: "Serving on")
            #expect(try service.status("indicator", "lags").state == "ok")
            #expect(try await service.stop() == 0)
        }
    }

    private static let lags = """
        import os, sys, time
        if os.path.exists("away"): sys.exit(4)
        while os.path.exists("held"): time.sleep(0.05)
        from penstock_plugin import Indicator, run

        class Lags(Indicator):
            descriptor = {"kind": "indicator", "name": "lags", "version": "1.0.0", "summary": "Gives numbers.",
                          "options": [{"name": "names", "type": "texts", "summary": "Names.", "required": True}],
                          "outputs": [{"name": "value", "unit": "", "summary": "One."}]}

            @classmethod
            def validate(cls, options):
                return [("names", "'bad' is no name.")] if "bad" in options["names"] else []

            @classmethod
            def outputs(cls, options):
                return [{"name": name, "unit": "", "summary": "A number."} for name in options["names"]]

            def fresh(self):
                return 0

            def update(self, state, bar):
                return [float(n + 1) for n in range(len(self.options["names"]))]

        run(Lags)

        """

    private static let late = """
        import os, sys
        if os.path.exists("away"): sys.exit(4)
        from penstock_plugin import Indicator, run

        class Late(Indicator):
            descriptor = {"kind": "indicator", "name": "late", "version": "1.0.0", "summary": "Gives one.",
                          "outputs": [{"name": "value", "unit": "", "summary": "One."}]}

            def fresh(self):
                return 0

            def update(self, state, bar):
                return [1.0]

        run(Late)

        """

    @Test func missingLibraryDisablesOneModelAlone() async throws {
        try await Sandbox.with { box in
            try box.adjustPrices()
            try box.edit(
                "models:\n",
                "models:\n  trees: { plugin: xgboost, library: /nonexistent.so, target: { return: 1 bar }, features: [rsi14] }\n"
            )
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.err.split(separator: "\n").count == 1, "\(run.err)")
            #expect(run.err.hasPrefix("warning: model/"))
            #expect(run.err.contains("apt-get install libxgboost-dev"))
            #expect(run.out.contains("next_day (model/ridge, fitted)"))
            #expect(run.out.contains("trees (model/xgboost): disabled"))
            #expect(try Tables.records(box).texts("SELECT DISTINCT model FROM predictions") == ["next_day"])
        }
    }

    /// A sink whose folder is a file, beside one that works.
    private static func withBlockedSink(_ policy: String, _ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with { box in
            try box.write("in the way", to: "block")
            try box.edit("path: var/records.db }", "path: block/records.db, on_failure: \(policy) }")
            try box.edit("  keep:", "  files: { plugin: csv, path: out }\n  keep:")
            try await body(box)
        }
    }
}
