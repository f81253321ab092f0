import Glibc
import Testing

/// Models that are fitted again while their pipeline runs: by the manifest, by a hand, and what ends that on the way.
@Suite struct RetrainRunTests {
    private static let rows = 2_600

    /// A host that follows its files, cut off after the first rows; gives what follows them.
    private static func following(
        _ more: String, after rows: Int = rows, _ body: (Sandbox, [String: [Substring]]) async throws -> Void
    ) async throws {
        try await Sandbox.with { box in
            var rest: [String: [Substring]] = [:]
            for symbol in SmallManifest.symbols {
                let lines = box.text("data/\(symbol).csv").split(separator: "\n")
                try box.write(lines.prefix(rows).joined(separator: "\n") + "\n", to: "data/\(symbol).csv")
                rest[symbol] = Array(lines.dropFirst(rows))
            }
            try box.edit("path: data }", "path: data, follow: true }")
            try box.edit("features: [rsi14, atr14] }", "features: [rsi14, atr14], \(more) }")
            try await body(box, rest)
        }
    }

    private static func append(_ rest: [String: [Substring]], _ range: Range<Int>, _ box: Sandbox) throws {
        for (symbol, lines) in rest {
            let more = lines[range].joined(separator: "\n") + "\n"
            try box.write(box.text("data/\(symbol).csv") + more, to: "data/\(symbol).csv")
        }
    }

    private static func stages(_ box: Sandbox) throws -> [String] {
        try Tables.state(box).texts("SELECT number || ' ' || stage FROM versions ORDER BY number")
    }

    private static func card(_ box: Sandbox, _ number: Int) async throws -> JSON {
        try JSON(parsing: try await box.run("models", "show", "next_day", "\(number)", "--json").out)
    }

    @Test func whatItsManifestAsksForIsFittedBesideTheStream() async throws {
        try await Self.following("retrain: { every: 20 bars, window: 3y }") { box, rest in
            let service = try await box.service()
            #expect(try Self.stages(box) == ["1 champion"])
            let first = try await Self.card(box, 1)
            let learned: Double = first["rows"].number ?? 0
            #expect(learned > 400 && learned < 1_600, "\(learned) rows in 3 years")
            try Self.append(rest, 0..<19, box)
            try await eventually("19 bars are predicted", or: { service.child.trace }) {
                let seen = try Tables.records(box).number(
                    "SELECT count(DISTINCT time) FROM predictions WHERE time IN (SELECT DISTINCT time FROM bars ORDER BY time DESC LIMIT 19)"
                )
                let bars = try Tables.records(box).number("SELECT count(DISTINCT time) FROM bars")
                return seen == 19 && bars == Self.rows + 18 ? true : nil
            }
            #expect(try Self.stages(box) == ["1 champion"])
            try Self.append(rest, 19..<25, box)
            try await eventually("another version serves", or: { service.child.trace }) {
                try Self.stages(box) == ["1 candidate", "2 champion"] ? true : nil
            }
            // The store says it first, what predicts is exchanged after it.
            try await eventually("the other version predicts", or: { service.child.trace }) {
                try service.json("/api/v2/ai/models/next_day/status")["version"].count == 2 ? true : nil
            }
            let history = try service.json("/api/v2/ai/models/next_day/history")["history"].items
            let reasons = history.compactMap { $0["reason"].text }
            #expect(reasons.contains { $0.contains("20 bars since the last fit") }, "\(reasons)")
            let second = try await Self.card(box, 2)
            let before: Double = first["trained_through"].number ?? 0
            let after: Double = second["trained_through"].number ?? 0
            let bars: Double = second["bars"].number ?? 0
            #expect(after > before)
            #expect(bars > 0 && bars < 2_600)
            #expect(service.child.out.contains("version 2 was fitted in "), "\(service.child.out)")
            // Nothing was lost beside it, and what came after it is of the new version.
            try Self.append(rest, 25..<30, box)
            try await eventually("it predicts", or: { service.child.trace }) {
                let rows = try service.json("/api/v2/ai/predictions?model=next_day")["predictions"].items
                return rows.count == 2 && rows.allSatisfy { $0["version"].count == 2 } ? true : nil
            }
            #expect(try await service.stop() == 0)
            let records = Tables.records(box)
            #expect(try records.number("SELECT count(*) - count(DISTINCT time || instrument) FROM predictions") == 0)
            // A start fits nothing by itself: five bars are not twenty.
            let again = try await box.service()
            #expect(try again.json("/api/v2/ai/models/next_day/status")["version"].count == 2)
            #expect(try await again.stop() == 0)
            #expect(try Self.stages(box) == ["1 candidate", "2 champion"])
        }
    }

    /// The autumn of 2008: three quiet months call for nothing, the crash for one fit.
    @Test func aBreakInTheMarketCallsForAFit() async throws {
        try await Self.following("retrain: { every: drift, window: 3y }", after: 2_096) { box, rest in
            try box.edit("atr14: { plugin: atr,", "atr14: { plugin: natr,")
            let service = try await box.service()
            func stored() throws -> Int { try Tables.records(box).number("SELECT count(DISTINCT time) FROM bars") }
            try Self.append(rest, 0..<60, box)
            try await eventually("the summer is stored", or: { service.child.trace }) {
                try stored() == 2_096 + 59 ? true : nil
            }
            #expect(try Self.stages(box) == ["1 champion"])
            try Self.append(rest, 60..<110, box)
            try await eventually("another version serves", or: { service.child.trace }) {
                try Self.stages(box).contains("2 champion") ? true : nil
            }
            let history = try service.json("/api/v2/ai/models/next_day/history")["history"].items
            let reasons = history.compactMap { $0["reason"].text }
            #expect(reasons.contains { $0.contains("drifted") }, "\(reasons)")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func wherePipelinesHaveEndedAnOrderSaysWhatToDo() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            try await eventually("the pipeline has ended", or: { service.child.trace }) {
                let fit = try await box.run("models", "fit", "next_day", "--reason", "new costs")
                let isTold = fit.err.contains("models: pipeline/main has played all that its source has")
                return fit.code == 1 && isTold && fit.err.contains("Stop the host and fit here") ? true : nil
            }
            #expect(try await service.stop() == 0)
            let here = try await box.run("models", "fit", "next_day", "--reason", "new costs")
            #expect(here.code == 0, "\(here.err)")
        }
    }

    @Test func withARuleItShadowsAndTheChampionGoesOn() async throws {
        try await Self.following(
            "retrain: { every: 5 bars }, promotion: { min_samples: 200, leakage: reported }"
        ) { box, rest in
            let service = try await box.service()
            try Self.append(rest, 0..<10, box)
            try await eventually("the new fit shadows", or: { service.child.trace }) {
                try Self.stages(box) == ["1 champion", "2 shadow"] ? true : nil
            }
            #expect(try service.json("/api/v2/ai/models/next_day/status")["version"].count == 1)
            #expect(try await service.stop() == 0)
        }
    }

    @Test func whereLabelsOfAnInstrumentNeverComeTheOthersGoOn() async throws {
        try await Self.following("retrain: { every: 5 bars }, promotion: { min_samples: 20 }") { box, rest in
            let service = try await box.service()
            // One of the two has no bar any more.
            let living = rest.filter { $0.key == "AAPL" }
            try Self.append(living, 0..<7, box)
            try await eventually("a version is fitted on what there is", or: { service.child.trace }) {
                try Self.stages(box).count == 2 ? true : nil
            }
            try Self.append(living, 7..<9, box)
            try await eventually("what lives is predicted", or: { service.child.trace }) {
                let rows = try service.json("/api/v2/ai/predictions?model=next_day")["predictions"].items
                let last = rows.first { $0["instrument"].text?.hasPrefix("AAPL") == true }
                let open = try Tables.state(box).number("SELECT count(*) FROM predictions WHERE actual IS NULL")
                return last?["version"].count == 1 && open > 0 ? true : nil
            }
            #expect(try service.json("/health")["status"].text == "ok")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aHandHasItFittedInTheHostThatRuns() async throws {
        try await Self.following("seed: 3") { box, rest in
            let service = try await box.service()
            let same = try await box.run("models", "fit", "next_day")
            #expect(
                same.code == 0 && same.out.contains("a fit gives version 1, which is champion"),
                "\(same.out)\(same.err)")
            try Self.append(rest, 0..<3, box)
            try await eventually("they are stored", or: { service.child.trace }) {
                try Tables.state(box).number("SELECT count(DISTINCT event_time) FROM bars") == Self.rows + 2
                    ? true : nil
            }
            let child = try box.start(["models", "fit", "next_day", "--reason", "three more days", "--json"])
            #expect(try await child.exitCode() == 0, "\(child.err)")
            let report = try JSON(parsing: child.out)
            #expect(report["state"].text == "done" && report["version"].count == 2, "\(child.out)")
            #expect(report["stage"].text == "champion" && report["reason"].text == "three more days")
            let version = try service.json("/api/v2/ai/versions?model=next_day")["versions"][0]
            #expect(version["made_by"].text?.isEmpty == false && version["made_by"].text != "host")
            #expect(try service.json("/api/v2/ai/models/next_day/status")["version"].count == 2)
            let check = try await box.run("models", "check")
            #expect(check.out.contains("next_day"), "\(check.out)\(check.err)")
            for (words, message) in [
                (["fit", "nobody"], "no running pipeline has model 'nobody'"),
                (["search", "next_day"], "has no 'search' in the manifest"),
                (["fit", "next_day", "--pipeline", "other"], "no running pipeline 'other' has model 'next_day'"),
            ] {
                let refused = try box.start(["models"] + words)
                #expect(try await refused.exitCode() == 1)
                #expect(refused.err.contains(message), "\(refused.err)")
            }
            #expect(
                try HTTP.put("/api/v2/ai/models/next_day/fit?reason=x", "", port: service.port, method: "POST").status
                    == 401)
            #expect(try await service.stop() == 0)
            let audit = try await box.run("audit", "show")
            #expect(audit.out.contains("version.fit"), "\(audit.out)\(audit.err)")
        }
    }

    @Test func aFitThatIsKilledLeavesNothingHalfAndASearchGoesOn() async throws {
        try await Self.following(
            "search: { trials: 300, over: { l2: { from: 0.01, to: 100000, scale: log } }, metric: ic }"
        ) { box, rest in
            // What serves was fitted without the long search.
            let search = "search: { trials: 300, over: { l2: { from: 0.01, to: 100000, scale: log } }, metric: ic }"
            try box.edit(search, "promotion: { min_samples: 200 }")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit(
                "promotion: { min_samples: 200 }",
                "promotion: { min_samples: 200 }, retrain: { every: 3 bars }, \(search)")
            func trials() -> Int { (try? Tables.state(box).number("SELECT count(*) FROM trials")) ?? 0 }
            var stored = 0
            for round in 0..<3 {
                let service = try await box.service()
                // The manifest is another one than that of any version: a fit is due at once.
                try await eventually("more trials are stored", or: { service.child.trace }) {
                    trials() >= stored + 5 ? true : nil
                }
                #expect(try service.json("/api/v2/ai/models/next_day/status")["version"].count == 1)
                service.child.signal(SIGKILL)
                _ = try await service.child.exitCode()
                let state = Tables.state(box)
                #expect(trials() > stored, "round \(round)")
                stored = trials()
                #expect(try state.texts("SELECT stage FROM versions") == ["champion"])
                #expect(try state.number("SELECT count(*) FROM artifacts") == 1)
                #expect(try state.texts("PRAGMA integrity_check") == ["ok"])
            }
            _ = rest
        }
    }
}
