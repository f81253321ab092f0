import Testing

/// `penstock calendar`.
@Suite struct CalendarTests {
    @Test func printsTheSessionsOfAVenue() async throws {
        try await Sandbox.empty { box in
            let answer = try await box.run("calendar", "US", "--from", "2026-11-26", "--to", "2026-11-30")
            #expect(answer.code == 0)
            let table = """
                XNYS, America/New_York; known 1990-01-01 to 2027-12-31

                DAY             STATUS     OPEN (UTC)  CLOSE (UTC)  BREAK (UTC)
                2026-11-26 Thu  closed
                2026-11-27 Fri  half day   14:30       18:00
                2026-11-28 Sat  closed
                2026-11-29 Sun  closed
                2026-11-30 Mon  trading    14:30       21:00

                """
            #expect(answer.out == table)
        }
    }

    @Test func saysWhatIsNotKnown() async throws {
        try await Sandbox.empty { box in
            let answer = try await box.run("calendar", "XSHG", "--from", "2026-12-31", "--to", "2027-01-01", "--json")
            let days = try JSON(parsing: answer.out)["days"].items
            #expect(days.map { $0["status"] } == [.string("trading"), .string("not_known")])
            #expect(days.first?["break_end"] == .string("2026-12-31T05:00:00Z"))
        }
    }

    @Test(arguments: [
        (["calendar", "FX"], "no calendar 'FX'. Known: 24/7, XSHG"),
        (["calendar", "US", "--from", "2026-02-30"], "'2026-02-30' is no day for '--from'"),
        (["calendar", "US", "--from", "2026-02-02", "--to", "2026-02-01"], "'--from' is 2026-02-02, after '--to'"),
    ]) func whatCannotBeMeantIsExitCodeTwo(arguments: [String], message: String) async throws {
        try await Sandbox.empty { box in
            let child = try box.start(arguments)
            #expect(try await child.exitCode() == 2)
            #expect(child.err.contains(message), "\(child.err)")
        }
    }
}
