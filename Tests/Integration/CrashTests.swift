import Glibc
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
                try await eventually("bars reach the sink", or: { child.trace }) {
                    Self.lineCount(box) > round * 600 ? true : nil
                }
                child.signal(SIGKILL)
                #expect(try await child.exitCode() == -SIGKILL)
            }
            try box.edit("pace: 3ms", "pace: full")
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            #expect(try Self.contents(box) == whole)
            try Self.expectLinesAreWhole(box)
        }
    }

    /// Lines may come twice, but none is missing and none is torn.
    private static func expectLinesAreWhole(_ box: Sandbox) throws {
        let bars = try JSON.lines(box.text("var/lines/bars.ndjson"))
        let keys = Set(bars.map { "\($0["instrument"].text ?? "") \($0["time"].text ?? "")" })
        #expect(keys.count == 6_540)
    }

    private static func lineCount(_ box: Sandbox) -> Int {
        Files.bytes(box.path("var/lines/bars.ndjson")).count { $0 == 0x0A }
    }

    /// Everything the sink holds but the numbers of deliveries, which a cut run changes.
    private static func contents(_ box: Sandbox) throws -> [String] {
        let records = Tables.records(box)
        return try records.lines("bars") + records.lines("features") + records.lines("predictions")
    }
}
