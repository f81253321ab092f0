import Glibc
import Testing

/// A model in Python that learns while it serves: host and plugin are killed anywhere, and it learns each label once.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct LearnerCrashTests {
    private static let manifest = """
        version: 1
        instruments: { us: [AAPL, IBM] }
        providers:
          history: { plugin: local_history, path: data, batch: 7 }
        routes: { daily: { from: [history] } }
        indicators:
          ret5: { plugin: rate_of_change, period: 5 }
          rsi14: { plugin: rsi, period: 14 }
        models:
          online: { plugin: drifting_line, target: { return: 5 bars }, features: [ret5, rsi14], drift: 0.001 }
        sinks:
          lines: { plugin: ndjson, path: var/lines, records: [predictions] }
          keep: { plugin: sqlite, path: var/records.db, records: [predictions, outcomes] }
        pipelines: { main: { instruments: all, route: daily } }

        """

    /// Kills the plugin's process once a file has more lines than some.
    private static let strike = """
        import os, signal, sys, time
        folder, path, lines = sys.argv[1], sys.argv[2], int(sys.argv[3])
        def count():
            try: return open(path, "rb").read().count(b"\\n")
            except OSError: return 0
        while count() <= lines: time.sleep(0.01)
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = open(f"/proc/{number}/cmdline", "rb").read().split(b"\\0")
                if b"model.py" in words and os.readlink(f"/proc/{number}/cwd").startswith(folder):
                    os.kill(int(number), signal.SIGKILL)
                    sys.exit(0)
            except OSError: pass
        sys.exit(1)
        """

    @Test func killedRunsLearnEachLabelOnce() async throws {
        try await Sandbox.with(Self.manifest) { box in
            let example = "\(Program.repository)/examples/python-online-model"
            let installed = try await box.run("plugins", "install", example, "--yes")
            #expect(installed.code == 0, "\(installed.err)")
            func contents() throws -> [String] {
                try ["predictions", "outcomes"].flatMap { try Tables.records(box).lines($0) }
                    + Tables.state(box).texts(Tables.learned)
            }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let whole = try contents()
            #expect(try Tables.records(box).count("predictions") > 5_000)
            for path in ["var/penstock.db", "var/lines", "var/records.db"] { try box.remove(path) }
            let predictions = "var/lines/predictions.ndjson"
            for rows in [10, 1_200, 3_000] {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: predictions, has: rows)
            }
            let last = try box.start(["run", "--once"])
            let strike = try box.start(
                ["-c", Self.strike, box.path("plugins"), box.path(predictions), "4000"], program: "/usr/bin/python3")
            #expect(try await last.exitCode() == 0, "\(last.err)")
            #expect(try await strike.exitCode() == 0, "the plugin's process was not found\(strike.trace)")
            let found = try contents()
            let (lost, added) = (Set(whole).subtracting(found), Set(found).subtracting(whole))
            let isSame = found == whole
            #expect(isSame, "lost \(lost.count): \(lost.min() ?? ""), added \(added.count): \(added.min() ?? "")")
        }
    }
}
