import Testing

/// A start goes on from the state database, and notices where it must not.
@Suite struct RestartTests {
    /// Changes the last digit of the last volume; the file's length stays.
    private static func rewriteLastRow(_ box: Sandbox) throws {
        let name = try #require(Files.names(in: box.path("data")).first { $0.hasPrefix("IBM") })
        var bytes = Files.bytes(box.path("data/\(name)"))
        let place = try #require(bytes.lastIndex(of: UInt8(ascii: ","))) - 1
        bytes[place] = bytes[place] == UInt8(ascii: "9") ? UInt8(ascii: "8") : bytes[place] + 1
        try Files.write(bytes, to: box.path("data/\(name)"))
    }

    @Test func historyThatWasRewrittenIsNoticed() async throws {
        try await Sandbox.with { box in
            for _ in 0..<2 { #expect(try await box.run("run", "--once").code == 0) }
            #expect(try Tables.state(box).number("SELECT max(version) FROM bars") == 1)
            try Self.rewriteLastRow(box)
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(try Tables.state(box).number("SELECT count(*) FROM bars WHERE version = 2") == 1)
            #expect(try Tables.state(box).number("SELECT count(*) FROM bars WHERE known_at IS NOT NULL") == 1)
        }
    }

    @Test func theSameManifestByAnotherPathDeliversNothingAgain() async throws {
        let manifest = SmallManifest.text.replacing("sinks:\n", with: "sinks:\n  files: { plugin: csv, path: out }\n")
        try await Sandbox.with(manifest) { box in
            #expect(try await box.run("run", "--once").code == 0)
            let rows = box.text("out/bars.csv")
            let run = try await box.run("run", "--once", "--config", box.path("plugins.yaml"))
            #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
            #expect(box.text("out/bars.csv") == rows)
        }
    }

    /// The past is not for it, whether it comes at the first start or again; what is added to history later is.
    @Test func aSinkFromNowGetsOnlyWhatIsAddedLater() async throws {
        let sink = "  late: { plugin: csv, path: late, records: [bars], from: now }\n"
        try await Sandbox.with(SmallManifest.text.replacing("sinks:\n", with: "sinks:\n" + sink)) { box in
            for _ in 0..<2 { #expect(try await box.run("run", "--once").code == 0) }
            #expect(box.text("late/bars.csv").isEmpty)
            try box.write(box.text("data/AAPL.csv") + "2013-03-04,430,432,427,430,9999,56\n", to: "data/AAPL.csv")
            for _ in 0..<2 { #expect(try await box.run("run", "--once").code == 0) }
            let rows = box.text("late/bars.csv").split(separator: "\n").dropFirst()
            #expect(rows.count == 1 && rows.first?.hasPrefix("2013-03-04") == true, "\(rows)")
        }
    }

    /// What a sink gets from the store is what it would have got from the provider.
    @Test func aSinkThatIsAddedLaterGetsThePastFromTheStore() async throws {
        func lines(_ box: Sandbox, _ name: String) -> [String] {
            box.text("var/lines/\(name).ndjson").split(separator: "\n").map {
                String($0.replacing(/"sequence":[0-9]+,?/, with: ""))
            }.sorted()
        }
        try await Sandbox.with { box in
            let sink = "  lines: { plugin: ndjson, path: var/lines }\n  keep:"
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("  keep:", sink)
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out.contains("stored artifact"), "\(run.out)")
            let later = ["bars", "features", "predictions", "outcomes"].map { lines(box, $0) }
            try box.remove("var")
            #expect(try await box.run("run", "--once").code == 0)
            let atOnce = ["bars", "features", "predictions", "outcomes"].map { lines(box, $0) }
            #expect(later == atOnce)
            #expect(later[0].count == 6_540)
        }
    }
}
