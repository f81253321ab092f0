import Testing

/// One change of the manifest, and what shows that it took effect.
struct Swap: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let find: String
    let replacement: String
    /// Whether the predictions in the table are others after it.
    var changesPredictions = true
    /// Folder and symbols of other data to lay there first.
    var data: (folder: String, symbols: [String])?
    let check: @Sendable (_ box: Sandbox, _ out: String) throws -> Void
}

/// A plugin of each kind is swapped by an edit of `plugins.yaml` alone.
@Suite struct SwapTests {
    static let swaps = [
        Swap(
            testDescription: "model ridge -> xgboost", find: "plugin: ridge,",
            replacement: "plugin: xgboost, rounds: 5,",
            check: { box, out in
                // Without the library the model is left out, and that is a change of the table too.
                guard Program.hasXGBoost else { return }
                #expect(out.contains("next_day (model/xgboost, fitted)"))
                let artifacts = try Tables.state(box).count("artifacts")
                #expect(artifacts == 2)
            }),
        Swap(
            testDescription: "model option", find: "plugin: ridge,", replacement: "plugin: ridge, l2: 500,",
            check: { box, out in
                #expect(out.contains("model/next_day: fitted in"))
                let artifacts = try Tables.state(box).count("artifacts")
                #expect(artifacts == 2)
            }),
        Swap(
            testDescription: "indicator period", find: "period: 14 }\n  atr14", replacement: "period: 21 }\n  atr14",
            check: { _, out in #expect(out.contains("model/next_day: fitted in")) }),
        Swap(
            testDescription: "indicator rsi -> williams_r", find: "plugin: rsi,", replacement: "plugin: williams_r,",
            check: { box, out in
                #expect(out.contains("model/next_day: fitted in"))
                let least = try Tables.records(box).number("SELECT min(rsi14) FROM features")
                #expect(least < 0, "Williams %R lies in -100...0")
            }),
        Swap(
            testDescription: "sink sqlite -> csv", find: "plugin: sqlite, path: var/records.db",
            replacement: "plugin: csv, path: var/csv", changesPredictions: false,
            check: { box, _ in
                #expect(box.text("var/csv/bars.csv").split(separator: "\n").count == 6_541)
                #expect(box.text("var/csv/predictions-next_day.csv").hasPrefix("time,instrument,"))
            }),
        Swap(
            testDescription: "sink sqlite -> ndjson", find: "plugin: sqlite, path: var/records.db",
            replacement: "plugin: ndjson, path: var/lines", changesPredictions: false,
            check: { box, _ in
                let bars = try JSON.lines(box.text("var/lines/bars.ndjson"))
                #expect(bars.count == 6_540)
                #expect(bars.allSatisfy { $0["close"].number != nil })
            }),
        Swap(
            testDescription: "data folder", find: "path: data }", replacement: "path: other }",
            changesPredictions: false, data: ("other", ["IBM", "AAPL"]),
            check: { _, out in #expect(out.contains("model/next_day: stored artifact"), "the same bars, no new fit") }),
        Swap(
            testDescription: "data folder and instruments", find: "us: [AAPL, IBM]", replacement: "us: [MSFT]",
            data: ("data", ["MSFT"]),
            check: { box, out in
                #expect(out.contains("MSFT.US"))
                #expect(!out.contains("AAPL.US"))
                let bars = try Tables.records(box).number("SELECT count(*) FROM bars WHERE instrument = 'MSFT.US'")
                #expect(bars > 3_000)
            }),
    ]

    @Test(arguments: swaps) func isAnEditOfTheManifestAlone(swap: Swap) async throws {
        try await Sandbox.with { box in
            let before = try await box.run("run", "--once")
            #expect(before.code == 0, "\(before.err)")
            if let data = swap.data { for symbol in data.symbols { try box.copyHistory(symbol, to: data.folder) } }
            try box.edit(swap.find, swap.replacement)
            let after = try await box.run("run", "--once")
            #expect(after.code == 0, "\(after.err)")
            let tables = [before.out, after.out].map { $0.split(separator: "\n").filter { $0.contains("2013-03-01") } }
            #expect((tables[0] != tables[1]) == swap.changesPredictions)
            try swap.check(box, after.out)
        }
    }

    /// What a sink has is known by its id: one that is named otherwise gets it again, and is told of.
    @Test(arguments: [
        ("  keep:", "  archive:", "sink/keep of pipeline/main"),
        ("  main:", "  daily_us:", "sink/keep of pipeline/main"),
    ])
    func aSinkThatIsNamedOtherwiseIsToldOf(find: String, replacement: String, former: String) async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  clients: { plugin: websocket }\n  keep:")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit(find, replacement)
            let diff = try await box.run("config", "diff")
            let line = "gets about 6540 rows of bars again, which \(former) put at the same place"
            #expect(diff.out.contains(line), "\(diff.out)\(diff.err)")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0 && run.err.contains(line), "\(run.err)")
            #expect(try await box.run("config", "diff").out.contains("again") == false)
        }
    }

    /// Without a gateway nobody listens: what a client could be sent is the news of a later run.
    @Test func whatReachesClientsOnlyIsNotGivenThePastWhereNoneCanBe() async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  clients: { plugin: websocket }\n  keep:")
            #expect(try await box.run("run", "--once", "--json").code == 0)
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await child.waits(for: "Serving on")
            let sinks = try service.json("/api/v2/system/metrics")["pipelines"].items[0]["sinks"].items
            #expect(sinks.first { $0["sink"].text == "clients" }?["offered"].number == 0, "\(sinks)")
            #expect(try await service.stop() == 0)
        }
    }

    @Test(.enabled(if: Files.exists(Program.aShares), "../shared/data is not here"))
    func dataFolderMayHoldAShares() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            for code in ["600519.SH", "000001.SZ"] {
                try box.copy("\(Program.aShares)/\(code).csv", to: "data/\(code).csv")
            }
            try box.edit("us: [AAPL, IBM]", "us: [600519, 000001.SZ]")
            try box.edit(
                "path: data }", "path: data, volume_unit: lots, amount_unit: 1000, columns: { symbol: ts_code } }")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out.contains("600519.SH"))
            #expect(run.out.contains("000001.SZ"))
            let bars = try Tables.records(box).number("SELECT count(*) FROM bars WHERE instrument LIKE '%.S_'")
            #expect(bars > 4_000)
        }
    }
}
