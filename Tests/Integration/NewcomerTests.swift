import Testing

/// What a newcomer sees: the shipped manifest on the shipped data, twice.
@Suite struct NewcomerTests {
    @Test(.enabled(if: Program.hasXGBoost, "libxgboost is not installed here"))
    func shippedManifestPrintsItsTable() async throws {
        try await Sandbox.shipped { box in
            let run = try await box.run("run", "--once")
            #expect(run.code == 0)
            #expect(run.err.isEmpty, "\(run.err)")
            let lines = run.out.split(separator: "\n")
            let header = try #require(lines.firstIndex { $0.hasPrefix("INSTRUMENT") }, "\(run.out)")
            for column in ["LAST EVENT", "CLOSE", "PREDICTION", "R2 (naive)", "IC (naive)", "DIRECTION (naive)"] {
                #expect(lines[header].contains(column))
            }
            let rows = lines[(header + 1)...].prefix { !$0.hasPrefix(" ") }
            #expect(rows.count == 15)
            for row in rows {
                #expect(row.contains("2013-03-01 21:00:00"))
                #expect(!row.contains(" - "), "a cell without a value: \(row)")
            }
            for model in ["next_day", "next_day_linear", "volatility_week"] {
                #expect(run.out.contains("model/\(model): fitted in"))
            }
        }
    }

    @Test func secondRunRepeatsNothing() async throws {
        try await Sandbox.shipped { box in
            for sink in ["files", "lines"] {
                let enabled = try await box.run("plugins", "enable", sink)
                #expect(enabled.code == 0)
            }
            let first = try await box.run("run", "--once")
            #expect(first.code == 0)
            let files = [box.path("var/csv"), box.path("var/ndjson")].map(Files.tree)
            let counts = try Self.counts(box)
            #expect(files.allSatisfy { $0.count >= 3 })
            #expect(counts["bars"] == 12_154)

            let second = try await box.run("run", "--once")
            #expect(second.code == 0)
            #expect(!second.out.contains("fitt"), "\(second.out)")
            #expect(second.out.contains("model/next_day_linear: stored artifact loaded"))
            #expect([box.path("var/csv"), box.path("var/ndjson")].map(Files.tree) == files)
            #expect(try Self.counts(box) == counts)
            #expect(Self.table(second.out) == Self.table(first.out))
        }
    }

    @Test func everyLineOfTheJSONReportParses() async throws {
        try await Sandbox.shipped { box in
            let run = try await box.run("run", "--once", "--json")
            let events = try JSON.lines(run.out)
            #expect(events.first?["event"].text == "loading")
            let last = try #require(events.last)
            #expect(last["event"].text == "caught_up")
            #expect(last["results"].items.count == 15)
            let linear = last["results"].items.filter { $0["model"].text == "next_day_linear" }
            #expect(linear.allSatisfy { $0["time"].text == "2013-03-01T21:00:00Z" && $0["price"].number != nil })
            #expect(linear.allSatisfy { $0["value"].number != nil && $0["metrics"]["naive_r2"].number != nil })
        }
    }

    /// The numbers of the card can be had again from what the sink received, by other code than the host's.
    @Test(arguments: [("next_day_linear", 1), ("volatility_week", 5)])
    func deliveredPredictionsReproduceTheCard(model: String, bars: Int) async throws {
        try await Sandbox.shipped { box in
            #expect(try await box.run("run", "--once").code == 0)
            let card = try JSON(
                parsing: try Tables.state(box).texts(
                    "SELECT CAST(card AS TEXT) FROM artifacts WHERE model = '\(model)'")[0])
            let judged = try Hindsight(Tables.records(box), model: model, bars: bars)
            #expect(judged.rows == card["metrics"]["rows"].count)
            let r2 = try #require(card["metrics"]["r2"].number)
            #expect(abs(judged.r2 - r2) < 1e-9)
            let ic = try #require(card["metrics"]["ic"].number)
            #expect(abs(judged.correlation - ic) < 1e-9)
        }
    }

    private static func counts(_ box: Sandbox) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for table in ["bars", "features", "predictions"] { counts[table] = try Tables.records(box).count(table) }
        return counts
    }

    /// The lines of the table, without how the models came to serve.
    private static func table(_ out: String) -> [Substring] {
        out.split(separator: "\n").filter { $0.contains("2013-03-01") || $0.hasPrefix("INSTRUMENT") }
    }
}
