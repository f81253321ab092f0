import Glibc
import Testing

/// Files that are taken into the store without a run.
@Suite struct DataImportTests {
    @Test func whatIsImportedIsWhatARunStores() async throws {
        try await Sandbox.with { box in
            let imported = try await box.run("data", "import", "data/AAPL.csv", "data/IBM.csv", "--json")
            #expect(imported.code == 0, "\(imported.err)")
            let reports = try JSON(parsing: imported.out).items
            #expect(reports.map { $0["accepted"].number } == [3_270, 3_270] && reports[0]["refused"] == .object([:]))
            #expect(reports[0]["pipeline"] == .string("main") && reports[0]["instruments"].number == 1)
            let export = try await box.run("data", "export", "AAPL.US").out
            #expect(try await box.run("data", "import", "data").out.contains("6540 rows of 2 instruments"))
            #expect(try await box.run("data", "export", "AAPL.US").out == export)
            // The magic of both ends; the rest is no text.
            let table = try await box.run("data", "export", "AAPL.US", "-o", "parquet").out
            #expect(table.hasPrefix("PAR1") && table.hasSuffix("PAR1"))
            let stats = try JSON(parsing: try await box.run("data", "--json").out)["series"].items
            #expect(
                stats.map { $0["events"].number } == [3_270, 3_270] && stats.map { $0["revisions"].number } == [0, 0])

            // A run over the same files finds all of it.
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try await box.run("data", "export", "AAPL.US").out == export)
            let service = try await box.service()
            let refused = try await box.run("data", "import", "data/IBM.csv")
            #expect(refused.code == 3 && refused.err.contains("data import: "), "\(refused)")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func killedImportsLoseAndDoubleNothing() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("data", "import", "data").code == 0)
            let whole = try await Self.contents(box)
            try box.remove("var")
            try box.edit("path: data }", "path: data, pace: 3ms, batch: 64 }")
            for round in 1...3 {
                let child = try box.start(["data", "import", "data", "--like", "history"])
                try await eventually("bars are stored", or: { child.trace }) {
                    let count = try? Tables.state(box).number("SELECT count(*) FROM bars")
                    return (count ?? 0) > round * 400 ? true : nil
                }
                child.signal(SIGKILL)
                #expect(try await child.exitCode() == -SIGKILL)
            }
            #expect(try await box.run("data", "import", "data").code == 0)
            #expect(try await Self.contents(box) == whole)
            #expect(try await box.run("data", "verify").code == 0)
        }
    }

    @Test func packedFilesOfOthersAreReadAndBadRowsRestInQuarantine() async throws {
        try await Sandbox.with { box in
            let text = """
                Date,Open,High,Low,Close,Adj Close,Volume
                2024-01-02,10,12,9,11,11,100
                2024-01-03,10,8,9,11,11,100
                2024-01-04,10,12,9,11,11,100

                """
            try box.write(text, to: "export.csv")
            #expect(try await box.runOther("/bin/gzip", "export.csv").code == 0)
            for _ in 1...2 {
                let imported = try await box.run(
                    "data", "import", "export.csv.gz", "--preset", "yahoo", "--instrument", "MSFT.US")
                #expect(imported.code == 0, "\(imported.err)")
                #expect(
                    imported.out.contains("2 are stored in pipeline main; refused: 1 high_below_low."),
                    "\(imported.out)")
            }
            let kept = try JSON(parsing: try await box.run("quarantine", "list", "--json").out)
            #expect(kept["rows"].items.count == 1 || kept.items.count == 1, "\(kept)")
            #expect(try await box.run("data", "export", "MSFT.US").out.split(separator: "\n").count == 3)
        }
    }

    @Test(arguments: [
        (["data", "import", "none.csv"], "none.csv"),
        (["data", "import", "data", "--pipeline", "x"], "no pipeline 'x'"),
        (["data", "import", "data", "--preset", "x"], "allowed akshare"),
        (["data", "import", "data", "--like", "x"], "a provider of local_history: history"),
        (["data", "import", "data", "--kind", "x"], "allowed bar"),
        (["data", "import", "data", "--timeframe", "x"], "allowed a count"),
    ])
    func whatCannotBeImportedIsSaid(arguments: [String], words: String) async throws {
        try await Sandbox.with { box in
            let child = try box.start(arguments)
            #expect(try await child.exitCode() != 0)
            #expect(child.err.contains(words), "\(child.err)")
        }
    }

    private static func contents(_ box: Sandbox) async throws -> [String] {
        var contents: [String] = []
        for name in ["AAPL.US", "IBM.US"] { contents.append(try await box.run("data", "export", name).out) }
        return contents
    }
}
