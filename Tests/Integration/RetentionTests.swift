import Glibc
import Testing

/// What the state database keeps no longer is removed by a host that runs, and said.
@Suite struct RetentionTests {
    @Test func whatIsRemovedIsToldAndLogged() async throws {
        try await Sandbox.with { box in
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let sql = "SELECT count(*) FROM predictions WHERE known_at IS NOT NULL"
            let known = try Tables.state(box).number(sql)
            #expect(known > 1_000)
            let waiting = try Tables.state(box).count("predictions") - known
            try box.edit("state: var }", "state: var, retain: { predictions: 1h } }")
            let host = try box.start(["run"])
            try await host.waits(for: "retention: removed \(known) predictions, which 'host.retain' keeps no longer.")
            host.signal(SIGTERM)
            #expect(try await host.exitCode() == 0)
            #expect(try Tables.state(box).number(sql) == 0)
            #expect(try Tables.state(box).count("predictions") == waiting)
            let log = try await box.run("audit", "show", "--action", "retention.remove")
            #expect(log.out.contains("\(known) predictions") && log.out.contains("host"), "\(log.out)")
        }
    }
}
