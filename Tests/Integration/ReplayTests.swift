import Testing

/// The past again, beside what `penstock run` keeps.
@Suite struct ReplayTests {
    @Test func givesTheDaysAskedForAndLeavesTheLiveStateAlone() async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  files: { plugin: csv, path: var/csv }\n  keep:")
            #expect(try await box.run("run", "--once").code == 0)
            let live = Self.live(box)
            let replay = try await box.run("replay", "--from", "2012-05-01", "--to", "2012-05-31")
            #expect(replay.code == 0, "\(replay.err)")
            #expect(replay.out.contains("model/next_day: stored artifact loaded"))
            #expect(Self.live(box) == live)

            let lines = box.text("var/replay/1/var/csv/bars.csv").split(separator: "\n").dropFirst()
            #expect(lines.count == 44)
            #expect(lines.allSatisfy { $0.hasPrefix("2012-05-") })
            let replayed = Tables(path: box.path("var/replay/1/var/records.db"))
            // Warmed up before the first day: the same features and predictions as in the run over everything.
            for table in ["features", "predictions"] {
                let own = Set(try replayed.lines(table))
                #expect(own.count == 44)
                #expect(own.isSubset(of: Set(try Tables.records(box).lines(table))))
            }
        }
    }

    @Test func saysThatNothingLiesInASpan() async throws {
        try await Sandbox.with { box in
            let replay = try await box.run("replay", "--from", "2099-01-01")
            #expect(replay.code == 0)
            #expect(replay.err.contains("pipeline/main: no bar lies between '--from' and '--to'"), "\(replay.err)")
        }
    }

    @Test(arguments: [
        (["--from", "2012-13-01"], "'2012-13-01' is no day"), (["--to", "yesterday"], "'yesterday' is no day"),
        (["--from", "2012-06-01", "--to", "2012-05-01"], "after '--to' 2012-05-01"),
    ])
    func refusesDaysThatMakeNoSpan(arguments: [String], message: String) async throws {
        try await Sandbox.with { box in
            let child = try box.start(["replay"] + arguments)
            #expect(try await child.exitCode() == 2)
            #expect(child.err.contains(message), "\(child.err)")
            #expect(!Files.exists(box.path("var")))
        }
    }

    /// Everything of the live state but the lock, which names the process that held it last.
    private static func live(_ box: Sandbox) -> [String: [UInt8]] {
        Files.tree(box.path("var")).filter { !$0.key.hasPrefix("replay/") && $0.key != "lock" }
    }
}
