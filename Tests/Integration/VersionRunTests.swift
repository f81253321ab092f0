import Glibc
import Testing

/// Versions of a model as a user has them: listed, promoted, taken back, whatever happens on the way.
@Suite struct VersionRunTests {
    /// Two versions: the second was fitted with another option and serves.
    private static func twice(_ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("plugin: ridge,", "plugin: ridge, l2: 500,")
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try stages(box) == "1 candidate, 2 champion")
            try await body(box)
        }
    }

    private static func stages(_ box: Sandbox) throws -> String {
        try Tables.state(box).texts("SELECT number || ' ' || stage FROM versions ORDER BY number").joined(
            separator: ", ")
    }

    private static func promote(
        _ box: Sandbox, _ number: Int, _ more: String...
    ) async throws -> (code: Int32, err: String) {
        let child = try box.start(["models", "promote", "next_day", "\(number)", "--reason", "test"] + more)
        return (try await child.exitCode(), child.err)
    }

    @Test func aUserWhoSaysNothingIsServedByTheLastFit() async throws {
        try await Self.twice { box in
            let list = try await box.run("models", "list")
            #expect(
                list.code == 0 && list.out.contains("next_day  main            2  champion"), "\(list.out)\(list.err)")
            let all = try await box.run("models", "list", "--all", "--json")
            let versions = try JSON(parsing: all.out)["versions"].items
            #expect(versions.map { $0["version"].number } == [2, 1])
            #expect(versions.map { $0["parent"].number } == [1, nil])
            // What it was fitted on before serves again without a fit.
            try box.edit("plugin: ridge, l2: 500,", "plugin: ridge,")
            let back = try await box.run("run", "--once")
            #expect(back.out.contains("stored artifact"), "\(back.out)")
            #expect(try Self.stages(box) == "1 champion, 2 candidate")
            let show = try await box.run("models", "show", "next_day")
            #expect(show.out.ranges(of: "nothing asks for a promotion").count == 3, "\(show.out)")
            let card = try await box.run("models", "show", "next_day", "2", "--json")
            #expect(try JSON(parsing: card.out)["metrics"]["mean_absolute_error"].number ?? 0 > 0)
            let text = try await box.run("models", "show", "next_day", "2").out
            #expect(text.hasPrefix("model/next_day: return over 1 bar\n"), "\(text)")
            for part in ["Out of sample", "rank IC", "Tests", "AAPL", "Leakage gate", "model/ridge"] {
                #expect(text.contains(part), "\(part) is not in \(text)")
            }
        }
    }

    @Test func whatAPersonReadsOpensOffline() async throws {
        try await Self.twice { box in
            let card = try await box.run("models", "show", "next_day", "2", "--html", "card.html")
            #expect(card.code == 0, "\(card.err)")
            let page = box.text("card.html")
            for part in ["squared error", "IC", "intervals of 90 %", "naive", "Leakage gate", "<polyline", "AAPL"] {
                #expect(page.contains(part), "\(part) is not in the page")
            }
            for part in ["http:", "https:", "<script", "src=", "url("] { #expect(!page.contains(part), "\(part)") }
            #expect(page.utf8.count < 60_000, "\(page.utf8.count) bytes")
            let course = try JSON(parsing: try await box.run("models", "show", "next_day", "2", "--json").out)
            let (stretches, metrics) = (course["course"].items, course["metrics"])
            #expect(stretches.compactMap { $0["rows"].number }.reduce(0, +) == metrics["rows"].number)
            #expect(stretches.count > 20 && stretches.allSatisfy { ($0["naive"].number ?? 0) > 0 })
            let drift = try await box.run("models", "drift", "next_day")
            #expect(drift.code == 1 && drift.err.contains("no host runs"), "\(drift.err)")
            let service = try await box.service()
            let live = try await box.run("models", "drift", "next_day", "--html", "drift.html")
            #expect(live.code == 0 && box.text("drift.html").contains("model/next_day: drift"), "\(live.err)")
            #expect(!box.text("drift.html").contains("<script") && !box.text("drift.html").contains("http"))
            #expect(try service.json("/api/v2/ai/models/next_day/drift")["needed"].count == 250)
            #expect(try await service.stop() == 0)
        }
    }

    @Test(
        .enabled(if: access("/usr/bin/gnuplot", X_OK) == 0, "gnuplot is not in /usr/bin; apt-get install gnuplot-nox"))
    func versionsAreDrawnTogether() async throws {
        try await Self.twice { box in
            let plot = try await box.run("models", "plot", "next_day", "1", "2", "-o", "both.svg")
            #expect(plot.code == 0, "\(plot.err)")
            let text = box.text("both.svg")
            #expect(text.contains("<svg") && text.contains("IC, version 1") && text.contains("IC, version 2"))
            let other = try await box.run("models", "plot", "next_day", "-o", "both.gif")
            #expect(other.code == 3 && other.err.contains("allowed .svg and .png"), "\(other.err)")
        }
    }

    @Test func aHandReachesTheRunningHostAndStays() async throws {
        try await Self.twice { box in
            let service = try await box.service()
            let path = "/api/v2/ai/models/next_day/status"
            #expect(try service.json(path)["version"].number == 2)
            let run = try await box.run("models", "rollback", "next_day", "--reason", "it was better")
            #expect(
                run.code == 0 && run.out == "model/next_day: version 1 in pipeline/main is champion.\n", "\(run.err)")
            #expect(try service.json(path)["version"].number == 1)
            #expect(try service.json(path)["card"]["configuration_digest"].text != nil)
            let shadow = try await Self.promote(box, 2, "--as", "shadow")
            #expect(shadow.code == 0, "\(shadow.err)")
            let history = try service.json("/api/v2/ai/models/next_day/history?versions=1")["history"].items
            #expect(history.first?["to"].text == "shadow" && history.first?["reason"].text == "test")
            #expect(history.contains { $0["to"].text == "champion" && $0["reason"].text == "rollback: it was better" })
            #expect(history.first?["by"].text?.isEmpty == false && history.first?["by"].text != "host")
            // Who was told of another champion than serves is refused.
            let order = "/api/v2/ai/models/next_day/versions/2/promote?reason=late&champion="
            let proof = "Authorization: Bearer \(box.text("var/control/token"))\r\n"
            let late = try HTTP.put(order + "2", "", port: service.port, fields: proof, method: "POST")
            #expect(late.status == 409 && late.text.contains("now version 1 serves"), "\(late.text)")
            let unproven = try HTTP.put(order + "1", "", port: service.port, method: "POST")
            #expect(unproven.status == 401, "\(unproven.text)")
            #expect(try await service.stop() == 0)
            let again = try await box.run("run", "--once")
            #expect(again.code == 0 && again.out.contains("stored artifact"), "\(again.err)")
            #expect(try Self.stages(box) == "1 champion, 2 shadow")
            // A later fit is a candidate from now on.
            try box.edit("l2: 500", "l2: 7")
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try Self.stages(box) == "1 champion, 2 shadow, 3 candidate")
        }
    }

    @Test func ofTwoPromotionsAtOnceTheSecondIsToldWhatServesNow() async throws {
        try await Self.twice { box in
            try box.edit("l2: 500", "l2: 7")
            #expect(try await box.run("run", "--once").code == 0)
            let service = try await box.service()
            let proof = "Authorization: Bearer \(box.text("var/control/token"))\r\n"
            let port = service.port
            // Both were decided when version 3 served.
            let replies = try await withThrowingTaskGroup(of: HTTP.Reply.self) { group in
                for number in [1, 2] {
                    group.addTask {
                        try HTTP.put(
                            "/api/v2/ai/models/next_day/versions/\(number)/promote?reason=race&champion=3", "",
                            port: port,
                            fields: proof, method: "POST")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.map(\.status).sorted() == [200, 409], "\(replies.map(\.text))")
            let refused = replies.first { $0.status == 409 }?.text ?? ""
            #expect(refused.contains("was chosen when version 3 did, and now version"), "\(refused)")
            let serving = try Tables.state(box).texts("SELECT number FROM versions WHERE stage = 'champion'")
            #expect(serving == ["1"] || serving == ["2"])
            let status = try service.json("/api/v2/ai/models/next_day/status")["version"].count
            #expect(status.map { ["\($0)"] } == serving)
            #expect(try await service.stop() == 0)
        }
    }

    @Test(arguments: [
        ("UPDATE versions SET verdict = 'fail' WHERE number = 1", "failed the leakage gate"),
        ("UPDATE artifact_parts SET bytes = zeroblob(length(bytes)) WHERE artifact = 1", "is damaged"),
        ("UPDATE versions SET stage = 'retired' WHERE number = 1", "is retired, which is for good"),
        ("DELETE FROM artifact_parts WHERE artifact = 1", "is damaged"),
    ]) func whatMustNotServeIsRefusedAndTheChampionGoesOn(_ change: String, _ words: String) async throws {
        try await Self.twice { box in
            try Tables.state(box).execute(change)
            let rest = try await Self.promote(box, 1)
            #expect(rest.code != 0 && rest.err.contains(words), "\(rest.err)")
            let back = try await box.run("models", "rollback", "next_day", "--to", "1", "--reason", "x")
            #expect(back.code != 0 && back.err.contains(words), "\(back.err)")
            let service = try await box.service()
            let live = try await Self.promote(box, 1)
            #expect(live.code != 0 && live.err.contains(words), "\(live.err)")
            #expect(try service.json("/api/v2/ai/models/next_day/status")["version"].number == 2)
            #expect(try service.json("/health")["status"].text == "ok")
            #expect(try await service.stop() == 0)
            #expect(try Tables.state(box).texts("SELECT number FROM versions WHERE stage = 'champion'") == ["2"])
        }
    }

    @Test func whatWasFittedOnOtherFeaturesIsRefused() async throws {
        try await Self.twice { box in
            try box.edit("features: [rsi14, atr14]", "features: [rsi14]")
            let service = try await box.service()
            #expect(try Self.stages(box) == "1 candidate, 2 candidate, 3 champion")
            let live = try await Self.promote(box, 1)
            #expect(live.code != 0 && live.err.contains("was fitted with atr14"), "\(live.err)")
            #expect(try await service.stop() == 0)
            let rest = try await Self.promote(box, 1)
            #expect(rest.code != 0 && rest.err.contains("was fitted with atr14"), "\(rest.err)")
            #expect(try Self.stages(box) == "1 candidate, 2 candidate, 3 champion")
        }
    }

    @Test(arguments: [
        (["promote", "next_day", "9", "--reason", "x"], "has no version 9; allowed 1...2"),
        (["promote", "nxt", "1", "--reason", "x"], "there is no version of model 'nxt'"),
        (["promote", "next_day", "1", "--reason", " "], "'--reason' is empty"),
        (["promote", "next_day", "1"], "--reason"),
        (["promote", "next_day", "2", "--reason", "x"], "is champion already"),
        (["retire", "next_day", "2", "--reason", "x"], "would leave the model without predictions"),
        (
            ["rollback", "next_day", "--to", "7", "--reason", "x"],
            "version 7 of model/next_day in pipeline/main never served"
        ),
        (
            ["show", "next_day", "--pipeline", "other"],
            "pipeline 'other' has no version of model/next_day. Known: main."
        ),
    ]) func whatCannotBeDoneIsSaid(_ words: [String], _ message: String) async throws {
        try await Self.twice { box in
            let child = try box.start(["models"] + words)
            #expect(try await child.exitCode() != 0)
            #expect(child.err.contains(message), "\(child.err)")
            #expect(try Self.stages(box) == "1 candidate, 2 champion")
        }
    }

    /// Wherever a promotion is killed, the state is the one before or the one after, and the history ends in it.
    @Test func aKilledPromotionIsWholeOrNotThere() async throws {
        try await Self.twice { box in
            for round in 0..<12 {
                let number = 1 + round % 2
                let script = """
                    "$0" models promote next_day \(number) --reason kill & sleep 0.\(round * 4 < 10 ? "0\(round * 4)" : "\(round * 4)"); kill -KILL $!; wait
                    """
                try await box.start(["-c", script, Program.path], program: "/bin/sh").exitCode()
                let state = Tables.state(box)
                let champions = try state.texts("SELECT number FROM versions WHERE stage = 'champion'")
                #expect(champions.count == 1)
                #expect(
                    try state.texts(
                        "SELECT number FROM stage_changes WHERE stage = 'champion' ORDER BY id DESC LIMIT 1")
                        == champions)
                #expect(try state.number("SELECT count(*) FROM versions") == 2)
            }
            #expect(try await box.run("run", "--once").code == 0)
        }
    }

    @Test(.enabled(if: TinyDisk.isPossible, "this user may not mount a small disk"))
    func aFullDiskLeavesTheChampion() async throws {
        try await Sandbox.with { box in
            let disk = try TinyDisk(at: box.path("disk"))
            try box.edit("state: var", "state: disk/var")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("plugin: ridge,", "plugin: ridge, l2: 500,")
            #expect(try await box.run("run", "--once").code == 0)
            try disk.fill(leaving: 0)
            let full = try await Self.promote(box, 1)
            #expect(full.code != 0 && full.err.contains("disk"), "\(full.err)")
            try disk.free()
            let state = Tables(path: box.path("disk/var/penstock.db"))
            #expect(try state.texts("SELECT number FROM versions WHERE stage = 'champion'") == ["2"])
            #expect(try await Self.promote(box, 1).code == 0)
            #expect(try state.texts("SELECT number FROM versions WHERE stage = 'champion'") == ["1"])
        }
    }
}
