import Glibc
import Testing

/// What goes wrong in the first hour: it is told, and nothing wrong is computed in silence.
@Suite struct NewcomerFaultTests {
    private static let hasPython = access("/usr/bin/python3", X_OK) == 0
    private static let lots = "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,换手率\n2013-03-01,600036,1,1.5,2,0.5,100,15000,1\n"

    @Test func initReadsWhatIsThereAndNamesWhatOnePresetCannotRead() async throws {
        try await Sandbox.empty { box in
            try box.copyHistory("AAPL")
            #expect(try await box.run("init", "--data", "data").code == 0)
            #expect(box.text("plugins.yaml").contains("    adjust: ratio\n"), "\(box.text("plugins.yaml"))")
            let run = try await box.run("run", "--once", "--strict")
            #expect(run.code == 0, "\(run.err)")
            try box.write(Self.lots, to: "data/600036.csv")
            try box.copyHistory("IBM")
            let mixed = try await box.run("init", "--data", "data", "--config", "two.yaml")
            #expect(mixed.code == 0, "\(mixed)")
            #expect(
                mixed.err.contains("1 file is left out: 600036.csv (calls for preset akshare, the others"), "\(mixed)")
            #expect(box.text("two.yaml").contains("main: [\"AAPL.US\", \"IBM.US\"]"), "\(box.text("two.yaml"))")
            #expect(try await box.run("run", "--once", "--strict", "--config", "two.yaml").code == 0)
            let one = try await box.run("init", "--data", "data", "--config", "one.yaml", "--instruments", "600036.SH")
            #expect(one.code == 0 && box.text("one.yaml").contains("preset: akshare"), "\(one)")
            try box.write("code,date,open,high,low,close,volume\n1,2013-03-01,1,2,0.5,1.5,9\n", to: "all.csv")
            let zeros = try await box.run("init", "--data", "all.csv", "--config", "zeros.yaml")
            #expect(zeros.code == 3 && zeros.err.contains("has 1: codes that lost their leading zeros"), "\(zeros)")
        }
    }

    @Test func aFileIsComputedByTheNamesOfItsColumns() async throws {
        try await Sandbox.empty { box in
            try box.write("date,open,close,high,low,volume\n2013-03-01,1,1.5,2,0.5,100\n", to: "A.csv")
            let table = try await box.run("indicators", "compute", "c = close * 1", "v = volume * 1", "--file", "A.csv")
            #expect(table.code == 0 && table.out.hasSuffix(",1.5,100.0\n"), "\(table)")
            try box.write("date,open,high,low,volume\n2013-03-01,1,2,0.5,100\n", to: "B.csv")
            let refused = try await box.run("indicators", "compute", "rsi", "--file", "B.csv")
            #expect(refused.code == 2 && refused.err.contains("has no column for 'close'"), "\(refused)")
        }
    }

    @Test func splitsInRawPricesAreAWarningAndAdjustingThemWithoutFactorsIsTold() async throws {
        try await Sandbox.with { box in
            let run = try await box.run("run", "--once", "--strict")
            #expect(run.code == 1, "\(run.err)")
            let told = run.err.split(separator: "\n").filter { $0.contains(": a split.") && $0.hasPrefix("warning: ") }
            #expect(told.count == 1 && told[0].contains("2000-06-21: AAPL.US: the price went from"), "\(run.err)")
            #expect(told[0].contains("adjust: ratio"), "\(run.err)")
            let export = try await box.run(
                "data", "export", "AAPL.US", "IBM.US", "--adjust", "qfq", "--from", "2013-02-28")
            #expect(export.code == 0, "\(export.err)")
            #expect(export.err.contains("AAPL.US: no factor of it is stored"), "\(export.err)")
            #expect(export.err.contains("1 split stands in them: 2000-06-21"), "\(export.err)")
            let lines = export.out.split(separator: "\n")
            #expect(lines.count == 5 && lines[0].hasSuffix(",version,amount,flags,instrument"), "\(export.out)")
            #expect(lines[1].hasSuffix(",history,1,,,AAPL.US") && lines[4].hasSuffix(",IBM.US"), "\(export.out)")
            #expect(try await box.run("data", "export", "AAPL.US").err.isEmpty)
        }
    }

    @Test func aModelMoreMakesNoLastingWarning() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, adjust: ratio }")
            try box.edit("sinks:\n", "sinks:\n  live: { plugin: websocket, queue: { full: drop_oldest } }\n")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit(
                "sinks:\n",
                "  other: { plugin: ridge, target: { return: 5 bars }, features: [rsi14, atr14] }\nsinks:\n")
            #expect(try await box.run("run", "--once").code == 0)
            let again = try await box.run("run", "--once", "--strict")
            #expect(again.code == 0 && !again.err.contains("alerts"), "\(again.err)")
        }
    }

    @Test func importFindsThePreset() async throws {
        try await Sandbox.with { box in
            try box.write(Self.lots, to: "600036.SH.csv")
            let imported = try await box.run("data", "import", "600036.SH.csv")
            #expect(imported.code == 0 && imported.err.contains("preset: akshare"), "\(imported)")
            let export = try await box.run("data", "export", "600036.SH")
            #expect(export.out.contains(",1.5,10000.0,import,1,15000.0,,600036.SH\n"), "\(export.out)")
        }
    }

    @Test func allBadDataIsAFaultEveryTime() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, date_format: dd.MM.yyyy }")
            for _ in 0..<2 {
                let run = try await box.run("run", "--once")
                #expect(run.code == 1, "\(run.err)")
                #expect(run.err.contains("pipeline/main: none of 6540 rows was accepted"), "\(run.err)")
            }
        }
    }

    @Test func whatAModelNeedsIsNotSwitchedOff() async throws {
        try await Sandbox.with { box in
            let before = box.text("plugins.yaml")
            let refused = try await box.run("plugins", "disable", "rsi14")
            #expect(refused.code == 2 && refused.err.contains("indicator/rsi14 is needed"), "\(refused)")
            #expect(box.text("plugins.yaml") == before)
        }
    }

    @Test func aFileThatIsThereNowIsReadByAReload() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, adjust: ratio }")
            try box.remove("data/IBM.csv")
            let service = try await box.service()
            try await eventually("the host misses IBM") {
                try service.json("/health")["status"].text == "degraded" ? () : nil
            }
            try box.copyHistory("IBM")
            try await eventually("a reload begins the pipeline again, once it has ended") {
                try await box.run("reload", "--json").out.contains(#""outcome":"applied""#) ? () : nil
            }
            try await eventually("IBM is served") {
                let quotes = try HTTP.get("/api/v2/stocks/quotes?symbols=IBM", port: service.port)
                return quotes.text.contains(#""count":1,"#) ? () : nil
            }
            #expect(try await service.stop() == 0)
        }
    }

    @Test(.enabled(if: hasPython, "python3 is not in /usr/bin"))
    func anIndicatorWithoutAnyValueFailsTheRun() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, adjust: ratio }")
            let source = "\(Program.repository)/examples/python-indicator"
            try box.copy(source, to: "source")
            try box.edit(
                "for row, close in", "raise KeyError('column')\n        for row, close in", in: "source/indicator.py")
            for symbol in SmallManifest.symbols {
                let rows = box.text("data/\(symbol).csv").split(separator: "\n").prefix(601)
                try box.write(rows.joined(separator: "\n") + "\n", to: "data/\(symbol).csv")
            }
            #expect(try await box.run("plugins", "install", "source", "--yes").code == 0)
            try box.edit("indicators:\n", "indicators:\n  mine: { plugin: python_average }\n")
            let run = try await box.run("run", "--once")
            #expect(run.code == 1, "\(run.err)")
            #expect(run.err.contains("calls of it gave no value, for 1200 bars."), "\(run.err)")
            #expect(run.err.contains("KeyError: 'column'"), "\(run.err)")
            try box.remove("var")
            try box.edit("plugin: python_average }", "plugin: python_average, on_failure: ignore }")
            #expect(try await box.run("run", "--once").code == 0)
        }
    }

    @Test(.enabled(if: hasPython, "python3 is not in /usr/bin"))
    func indicatorsOfTheManifestAreComputedOnRequest() async throws {
        try await Sandbox.with { box in
            let example = "\(Program.repository)/examples/python-indicator"
            #expect(try await box.run("plugins", "install", example, "--yes").code == 0)
            try box.edit("indicators:\n", "indicators:\n  mine: { plugin: python_average, period: 5 }\n")
            let service = try await box.service()
            let path = "/api/v2/stocks/IBM/indicators?limit=2&names="
            let table = try await eventually("the bars are stored") {
                let reply = try HTTP.get(path + "mine,python_average,rsi14,rsi", port: service.port)
                return reply.status == 200 ? try JSON(parsing: reply.text) : nil
            }
            let values = table["rows"].items.last?["values"].items.compactMap(\.number) ?? []
            #expect(values.count == 4 && values[0] == values[1] && values[2] == values[3], "\(table)")
            #expect(try HTTP.get(path + "nothing", port: service.port).status == 400)
            #expect(try await service.stop() == 0)
        }
    }

    @Test(.enabled(if: hasPython, "python3 is not in /usr/bin"))
    func theExampleOfAnIndicatorKeepsItsContract() async throws {
        try await Sandbox.empty { box in
            try box.copy("\(Program.repository)/examples/python-indicator", to: "example")
            let test = try await box.run("plugins", "test", "example")
            #expect(test.code == 0, "\(test.out)\(test.err)")
        }
    }
}
