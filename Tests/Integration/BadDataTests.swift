import Testing

/// Input that cannot be right: one clear message, a row in quarantine, numbers that add up, and the rest goes on.
@Suite struct BadDataTests {
    @Test(arguments: Damage.all) func isToldCountedAndKept(damage: Damage) async throws {
        try await Sandbox.with { box in
            try damage.apply(box)
            let service = try await box.service()
            let pipeline = try await eventually("the sinks have everything", or: { service.child.trace }) {
                let pipeline = try service.pipeline()
                return pipeline["sinks"].items.allSatisfy { $0["offered"] == $0["delivered"] } ? pipeline : nil
            }
            let received = try #require(pipeline["received"].count)
            #expect(received == (pipeline["accepted"].count ?? 0) + pipeline["rejected"].sum)
            for model in pipeline["models"].items {
                let made = (model["predicted"].count ?? 0) + model["not_predicted"].sum
                #expect(pipeline["accepted"].count == made)
            }
            for (reason, count) in damage.reasons {
                #expect(pipeline["rejected"][reason].count == count, "\(pipeline)")
            }
            #expect(pipeline["rejected"].keys == damage.reasons.keys.sorted())
            // An instrument that lost all its rows, or has none, is no small matter.
            let isLosing = !damage.hasBars || damage.reasons["no_file"] != nil
            #expect(try service.json("/health")["status"].text == (isLosing ? "degraded" : "ok"))
            #expect(try await service.stop() == 0)

            let warnings = service.child.err.split(separator: "\n")
            let told = warnings.filter { line in damage.message.allSatisfy { line.contains($0) } }
            #expect(told.count == 1, "\(service.child.err)")
            #expect(told.allSatisfy { $0.hasPrefix("warning: provider/history: ") })
            let kept = try Tables.state(box).texts("SELECT reason FROM quarantine")
            #expect(Set(kept) == Set(damage.reasons.keys))
            let bars = try Tables.records(box).number("SELECT count(*) FROM bars WHERE instrument = 'IBM.US'")
            #expect((bars > 0) == damage.hasBars)
            #expect(try Tables.records(box).number("SELECT count(*) FROM bars WHERE instrument = 'AAPL.US'") == 3_270)
        }
    }

    /// What was stored before the damage is still there after it.
    @Test func takesNothingFromWhatWasStored() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            let before = try Tables.state(box).count("bars")
            let records = try Tables.records(box).count("predictions")
            try Files.write([], to: box.path(Damage.file))
            let run = try await box.run("run", "--once")
            #expect(run.code == 1, "an instrument lost all its rows")
            #expect(run.err.contains("'IBM.csv' is empty"))
            #expect(try Tables.state(box).count("bars") == before)
            #expect(try Tables.records(box).count("predictions") == records)
        }
    }

    @Test func onceEndsWithAFaultWhereNoRowIsAnyGood() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, date_format: dd.MM.yyyy }")
            let run = try await box.run("run", "--once")
            #expect(run.code == 1, "\(run.err)")
            #expect(run.err.contains("pipeline/main: none of 6540 rows was accepted"), "\(run.err)")
        }
    }

    @Test func secondMessageOfAKindIsANumber() async throws {
        try await Sandbox.with { box in
            for number in [100, 200, 300] { try Damage.line(number, "2000-07-20,abc,1,2,3,4,5")(box) }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0)
            // The third is of the split in the raw prices.
            #expect(run.err.split(separator: "\n").count == 3, "\(run.err)")
            #expect(run.err.contains("pipeline/main: refused 3 of 6540 rows (unreadable_number 3)"))
            #expect(run.out.contains("6537 bars read, 3 rows refused"))
        }
    }

    /// Not one file can be read: the policy of the provider decides.
    @Test(arguments: [("error", Int32(1)), ("ignore", 0), ("retry", 1)])
    func noFileAtAllFollowsThePolicy(policy: String, code: Int32) async throws {
        try await Sandbox.with { box in
            for symbol in SmallManifest.symbols { try box.remove("data/\(symbol).csv") }
            try box.edit("path: data }", "path: data, on_failure: \(policy) }")
            let run = try await box.run("run", "--once")
            #expect(run.code == code, "\(run.err)")
            #expect(run.err.split(separator: "\n").count == 1, "\(run.err)")
            #expect(run.err.contains("provider/history: no file for 'AAPL.US' in 'data'"))
            #expect(run.out.contains("No instrument has a bar."))
        }
    }

    @Test(arguments: [("error", Int32(3)), ("ignore", 0)])
    func noFolderFollowsThePolicy(policy: String, code: Int32) async throws {
        try await Sandbox.with { box in
            try box.remove("data")
            try box.edit("path: data }", "path: data, on_failure: \(policy) }")
            let run = try await box.run("run", "--once")
            #expect(run.code == code, "\(run.err)")
            #expect(run.err.contains("provider/history: 'path' is 'data'"), "\(run.err)")
        }
    }
}
