import Testing

/// What a user can do with rows that were refused, beside a host that runs and on a state folder at rest.
@Suite struct QuarantineTests {
    /// One bar at a hundred times its prices, one row that cannot be read, one that no bar can be.
    private static func damage(_ box: Sandbox) throws {
        try Damage.line(100, "2000-07-20,11200.0,11781.0,11175.0,11725.0,23048400.0,86.261961506823")(box)
        try Damage.line(200, "2000-12-08,abc,1,2,3,4,5")(box)
        try Damage.line(300, "2001-05-04,100,90,110,100,4,5")(box)
    }

    @Test func rowsAreFoundReleasedAndDeletedWhereNoHostRuns() async throws {
        try await Sandbox.with { box in
            try Self.damage(box)
            #expect(try await box.run("run", "--once").code == 0)
            let all = try JSON(parsing: try await box.run("quarantine", "--json").out)
            #expect(all["total"].count == 3)
            let jump = try await Self.row(box, "--reason", "price_jump", "--route", "daily", "--instrument", "IBM")
            #expect(jump["time"].text == "2000-07-20T20:00:00Z" && jump["source"].text == "history")
            #expect(jump["message"].text?.contains("11725.0 after ") == true, "the numbers behind it: \(jump)")
            let nowhere = try await box.run("quarantine", "list", "--route", "weekly")
            #expect(nowhere.code == 2 && nowhere.err.contains("their routes: daily"), "\(nowhere)")

            let ids = all["rows"].items.compactMap { $0["id"].count.map(String.init) }
            let released = try await box.run("quarantine", "release", ids[0], ids[1], ids[2], "99999")
            #expect(released.code == 1 && released.out == "1 row released.\n", "\(released)")
            #expect(released.err.contains("IBM.csv:200, unreadable_number) was not read as a bar"), "\(released.err)")
            #expect(released.err.contains("high_below_low) cannot be true: high 90.0 is below low 110.0"))
            #expect(released.err.contains("there is no row 99999"))
            let state = Tables.state(box)
            #expect(try state.number("SELECT version FROM bars WHERE close = 11725") == 2)
            #expect(try state.number("SELECT known_at = stored_at FROM bars WHERE close = 11725") == 1)
            #expect(try Tables.records(box).number("SELECT count(*) FROM bars WHERE close = 11725") == 0)

            for _ in 0..<2 {
                #expect(try await box.run("run", "--once").code == 0)
                let flags = try Tables.records(box).texts("SELECT flags FROM bars WHERE close = 11725")
                #expect(flags.count == 1 && flags[0].contains("revised"), "the next start gives it to the sinks, once")
            }
            #expect(try JSON(parsing: try await box.run("quarantine", "--json").out)["total"].count == 2)
            let shown = try await box.run("quarantine", "show", jump["id"].count.map(String.init) ?? "")
            #expect(shown.code == 0 && shown.out.contains("\nreleased    20"), "\(shown)")

            let deleted = try await box.run("quarantine", "delete", "--instrument", "IBM.US")
            #expect(deleted.code == 0 && deleted.out == "2 rows deleted.\n", "\(deleted)")
            #expect(try await box.run("quarantine").out == "Nothing that was refused matches.\n")
            #expect(try await box.run("quarantine", "delete").code == 2, "nothing is named")
        }
    }

    @Test func aHostThatRunsReleasesAtOnce() async throws {
        try await Sandbox.with { box in
            try Self.damage(box)
            // A pipeline whose data has ended takes nothing any more; the next start would deliver it.
            try box.edit("path: data }", "path: data, follow: true }")
            let service = try await box.service()
            let jump = try await Self.row(box, "--reason", "price_jump", "--from", "2000-07-20", "--to", "2000-07-20")
            let id = jump["id"].count.map(String.init) ?? ""
            #expect(try await box.run("quarantine", "release", id).code == 0)
            try await eventually("the sink has the released bar") {
                try Tables.records(box).texts("SELECT flags FROM bars WHERE close = 11725").contains {
                    $0.contains("revised")
                } ? true : nil
            }
            #expect(try await box.run("quarantine", "delete", id).code == 0)
            #expect(try await box.run("quarantine", "show", id).code == 1)
            #expect(
                try HTTP.get("/api/v2/quarantine", port: service.port).status == 401, "rows are for who has the token")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func nothingIsThereBeforeAHostRan() async throws {
        try await Sandbox.with { box in
            let list = try await box.run("quarantine")
            #expect(list.code == 3 && list.err.contains("no host ran here yet"), "\(list)")
        }
    }

    /// The only row that a filter finds; a host that runs may still be keeping it.
    private static func row(_ box: Sandbox, _ filter: String...) async throws -> JSON {
        try await eventually("one row is kept: \(filter)", within: .seconds(120)) {
            let child = try box.start(["quarantine", "list", "--json"] + filter)
            let code = try await child.exitCode()
            let rows = try JSON(parsing: child.out)["rows"].items
            #expect(code == 0, "\(child.out) \(child.err)")
            return rows.count == 1 ? rows[0] : nil
        }
    }
}
