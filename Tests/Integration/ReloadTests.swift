import Glibc
import Testing

/// A running host goes over to another manifest, or stays untouched.
@Suite struct ReloadTests {
    private func part(_ report: JSON, _ name: String) -> JSON {
        report["parts"].items.first { $0["name"].text == name } ?? .null
    }

    @Test func aChangedIndicatorIsAppliedAndServed() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let before = try service.json("/api/v2/ai/predictions?symbols=IBM&model=next_day")["predictions"][0][
                "value"]
            try box.edit("rsi14: { plugin: rsi, period: 14 }", "rsi14: { plugin: rsi, period: 5 }")
            let diff = try await box.run("config", "diff")
            #expect(diff.out.contains("indicator/rsi14: changed\n    period: 14 -> 5\n"), "\(diff.out)")
            let reload = try await box.run("reload", "--json")
            #expect(reload.code == 0, "\(reload.err)")
            let report = try JSON(parsing: reload.out)
            #expect(report["outcome"].text == "applied" && report["revision"].number == 2)
            #expect(part(report, "indicator/rsi14")["action"].text == "changed")
            try await eventually("the new prediction is served") {
                let now = try service.json("/api/v2/ai/predictions?symbols=IBM&model=next_day")["predictions"][0][
                    "value"]
                return now != before && now != .null ? () : nil
            }
            #expect(try await box.run("reload", "--json").out.contains(#""outcome":"unchanged""#))
            #expect(try await box.run("config", "diff").out.contains("Nothing differs"))
            #expect(try await service.stop() == 0)
        }
    }

    @Test func faultsLeaveTheOldManifestRunning() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            try box.edit("period: 14 }\n  atr14", "period: 0 }\n  atr14")
            let refused = try await box.run("reload")
            #expect(refused.code == 2)
            #expect(refused.err.contains("plugins.yaml:10:33: error: indicator/rsi14: 'period' is 0"), "\(refused.err)")
            try box.edit("period: 0", "period: 14")
            try box.edit("path: var/records.db", "path: /dev/null/records.db")
            let failed = try await box.run("reload")
            #expect(failed.code == 1)
            #expect(failed.err.contains("sink/keep: ") && failed.err.contains("untouched"), "\(failed.err)")
            #expect(try service.status("sink", "keep").state == "ok")
            #expect(try service.json("/api/v2/config")["revision"].number == 1)
            // What ran last starts again whatever the file says.
            #expect(try await service.stop() == 0)
            #expect(try await box.run("run", "--once").code == 3)
            let resumed = try await box.run("run", "--once", "--resume")
            #expect(resumed.code == 0, "\(resumed.err)")
            try box.write("pipelines: [", to: "var/last-good.yaml")
            let broken = try await box.run("run", "--once", "--resume")
            #expect(broken.code == 2 && broken.err.contains("var/last-good.yaml:1:"), "\(broken.err)")
            #expect(broken.err.contains("last-good.yaml: 1 fault"), "\(broken.err)")
        }
    }

    @Test func switchesActOnTheRunningHost() async throws {
        try await Sandbox.with { box in
            try box.edit("  keep: {", "  files: { plugin: csv, enabled: false, path: csv }\n  keep: {")
            let service = try await box.service()
            #expect(try service.status("sink", "files").state == "disabled")
            let on = try await box.run("plugins", "enable", "files")
            #expect(on.code == 0 && on.out.contains("revision 2"), "\(on.out)\(on.err)")
            #expect(try service.status("sink", "files").state == "ok")
            try await eventually("the new sink is given everything") {
                box.text("csv/bars.csv").split(separator: "\n").count == 6_541 ? () : nil
            }
            let off = try await box.run("plugins", "disable", "files")
            #expect(off.code == 0, "\(off.err)")
            #expect(try service.status("sink", "files").state == "disabled")
            #expect(try await service.stop() == 0)
            #expect(try Tables.records(box).count("bars") == 6_540)
            let later = try await box.run("plugins", "enable", "files")
            #expect(later.out.contains("It takes effect at the next start."))
        }
    }

    @Test func aSignalAndTheWatchReloadToo() async throws {
        try await Sandbox.with { box in
            let service = try await box.service("--watch")
            try box.edit("period: 14 }\n  atr14", "period: 5 }\n  atr14")
            try await service.child.waits(for: "reload: applied, revision 2")
            service.child.signal(SIGHUP)
            try await service.child.waits(for: "reload: unchanged, revision 2")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aManifestSentOverHTTPTakesTheFilesPlace() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let path = "/api/v2/config"
            let text = box.text("plugins.yaml").replacing("period: 14 }\n  atr14", with: "period: 7 }\n  atr14")
            let proof = "Authorization: Bearer \(box.text("var/control/token"))\r\n"
            let origin = "\(proof)Origin: http://evil.example\r\n"
            #expect(try HTTP.put(path, text, port: service.port, fields: origin).status == 403)
            #expect(try HTTP.put(path, text, port: service.port, host: "evil.example", fields: proof).status == 403)
            let broken = try HTTP.put(path, "version: 1\nnonsense: [", port: service.port, fields: proof)
            #expect(broken.status == 422)
            let fault = try JSON(parsing: broken.text)["faults"][0]
            #expect(fault["line"].number == 2 && fault["severity"].text == "error", "\(broken.text)")
            #expect(fault["message"].text?.contains("\n") == false && fault["excerpt_column"].number != nil)
            #expect(try service.json(path)["revision"].number == 1)
            let reply = try HTTP.put(path, text, port: service.port, fields: proof)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(try service.json(path)["revision"].number == 2)
            #expect(box.text("plugins.yaml") == text)
            #expect(try await service.stop() == 0)
        }
    }

    /// Data flows for more than a minute; sinks and models are changed meanwhile, then the host is stopped and started again.
    @Test func rowsAreDeliveredOnceWhileSinksAndModelsAreSwapped() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, pace: 25ms, batch: 64 }")
            try box.edit("  keep: {", "  files: { plugin: csv, path: csv0, records: [bars] }\n  keep: {")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            for round in 1...4 {
                try await eventually("data flows", or: { child.trace }) {
                    try service.pipeline()["accepted"].number ?? 0 > Double(round) * 100 ? () : nil
                }
                try box.edit("path: csv\(round - 1)", "path: csv\(round)")
                try box.edit("target: { return: \(round) bar }", "target: { return: \(round + 1) bar }")
                let reload = try await box.run("reload", "--json")
                #expect(reload.code == 0, "\(reload.err)\(reload.out)")
                #expect(part(try JSON(parsing: reload.out), "pipeline/main")["action"].text == "swapped")
            }
            // A sink that holds nothing when the host starts is given everything.
            try await eventually("the last sink has rows", or: { child.trace }) {
                box.text("csv4/bars.csv").split(separator: "\n").count > 2 ? () : nil
            }
            #expect(try await service.stop() == 0)
            let bars = Self.bars(box)
            #expect(bars.count > 400 && Set(bars).count == bars.count)
            // The other sink was there all the time, and holds a row once however often it is written.
            #expect(try Tables.records(box).count("bars") == bars.count)

            let next = try box.start(["run", "--listen", "127.0.0.1:0"])
            let again = Service(child: next, port: try await next.port())
            try await eventually("the restart is beyond the end of the first run", or: { next.trace }) {
                Self.bars(box).count > bars.count + 100 ? () : nil
            }
            #expect(try await again.stop() == 0)
            let all = Self.bars(box)
            #expect(Set(all).count == all.count)
            #expect(try Tables.records(box).count("bars") == all.count)
        }
    }

    /// Instrument and event time of each row of every file the sink wrote, whatever it was called.
    private static func bars(_ box: Sandbox) -> [String] {
        (0...4).flatMap { round -> [String] in
            let lines = box.text("csv\(round)/bars.csv").split(separator: "\n").map { $0.split(separator: ",") }
            guard let header = lines.first, let instrument = header.firstIndex(of: "instrument"),
                let time = header.firstIndex(of: "time")
            else { return [] }
            return lines.dropFirst().filter { $0.count > max(instrument, time) }.map { "\($0[instrument]) \($0[time])" }
        }
    }

    @Test func reloadWithoutAHostSaysSo() async throws {
        try await Sandbox.with { box in
            let reload = try await box.run("reload")
            #expect(reload.code == 3)
            #expect(reload.err.contains("no host runs on"))
            #expect(try await box.run("config", "diff").code == 3)
        }
    }
}
