import Testing

/// An end without warning: what comes after must leave neither a hole nor, where the sink can, a double.
@Suite struct CrashTests {
    @Test func killedRunsLoseAndDoubleNothing() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            let whole = try Self.contents(box)
            try box.remove("var")
            try box.edit("path: data }", "path: data, pace: 3ms, batch: 64 }")
            try box.edit("  keep:", "  lines: { plugin: ndjson, path: var/lines }\n  keep:")
            for round in 1...4 {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: "var/lines/bars.ndjson", has: round * 600)
            }
            try box.edit("pace: 3ms", "pace: full")
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            #expect(try Self.contents(box) == whole)
            try Self.expectLinesAreWhole(box)
        }
    }

    @Test func killedRunsGoOnWhereTheyStoodAndGiveTheSame() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            let whole = try Self.contents(box)
            try box.remove("var")
            try box.edit("path: data }", "path: data, pace: 5ms, batch: 64 }")
            try box.edit("  keep:", "  lines: { plugin: ndjson, path: var/lines }\n  keep:")
            for round in 1...2 {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: "var/lines/bars.ndjson", has: round * 500)
                let marks = try Tables.state(box).texts("SELECT position || ' ' || is_whole FROM positions")
                #expect(marks.count == 1 && marks[0].hasSuffix(" 0"))
            }
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            #expect(try Self.contents(box) == whole)
            try Self.expectLinesAreWhole(box)
            #expect(try Tables.state(box).number("SELECT is_whole FROM positions") == 1)
            // Nothing changed: nothing is read from the files, and everything is as it was.
            let again = try await box.run("run", "--once")
            #expect(again.code == 0, "\(again.err)")
            #expect(again.out.contains("stored artifact"), "\(again.out)")
            #expect(try Self.contents(box) == whole)
        }
    }

    /// Lines may come twice, but none is missing and none is torn.
    private static func expectLinesAreWhole(_ box: Sandbox) throws {
        let bars = try JSON.lines(box.text("var/lines/bars.ndjson"))
        let keys = Set(bars.map { "\($0["instrument"].text ?? "") \($0["time"].text ?? "")" })
        #expect(keys.count == 6_540)
    }

    /// Everything the sink holds but the numbers of deliveries, which a cut run changes.
    private static func contents(_ box: Sandbox) throws -> [String] {
        let records = Tables.records(box)
        return try records.lines("bars") + records.lines("features") + records.lines("predictions")
            + records.lines("outcomes")
    }
}
