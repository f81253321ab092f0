import Glibc
import Testing

/// Plugins that are upgraded, broken or killed while the host runs.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct PluginReloadTests {
    private static let file = "plugins/indicator-python_average/indicator.py"

    /// The small manifest with a Python indicator, installed, at a pace that leaves time for reloads.
    private func running(
        pace: String = "20ms", _ body: (Sandbox, Service) async throws -> Void
    ) async throws {
        try await Sandbox.with { box in
            let source = "\(Program.repository)/examples/python-indicator"
            #expect(try await box.run("plugins", "install", source, "--yes").code == 0)
            try box.edit("path: data }", "path: data, pace: \(pace), batch: 64 }")
            try box.edit("  atr14", "  average: { plugin: python_average, period: 10 }\n  atr14")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("data flows", or: { child.trace }) {
                try service.pipeline()["accepted"].number ?? 0 > 100 ? () : nil
            }
            try await body(box, service)
        }
    }

    @Test func anotherContentIsRefusedUntilItIsAcceptedAndThenSwapped() async throws {
        try await running { box, service in
            try box.write(box.text(Self.file) + "\n# another content\n", to: Self.file)
            let refused = try await box.run("reload")
            #expect(refused.code == 2 && refused.err.contains("its content changed"), "\(refused.err)")
            #expect(try await box.run("plugins", "lock").code == 0)
            let diff = try await box.run("config", "diff")
            #expect(diff.out.contains("plugin content"), "\(diff.out)\(diff.err)")
            let reload = try await box.run("reload", "--json")
            #expect(reload.code == 0, "\(reload.err)\(reload.out)")
            let parts = try JSON(parsing: reload.out)["parts"].items
            #expect(parts.map { $0["name"].text } == ["indicator/average", "pipeline/main"])
            #expect(parts.last?["action"].text == "swapped")
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aNewVersionThatCannotStartLeavesTheOldOneAtWork() async throws {
        try await running { box, service in
            try box.write("import sys\nsys.exit(9)\n", to: Self.file)
            #expect(try await box.run("plugins", "lock").code == 0)
            let refused = try await box.run("reload")
            #expect(refused.code == 2 && refused.err.contains("exited with status 9"), "\(refused.err)")
            let before = try service.pipeline()["accepted"].number ?? 0
            try await eventually("bars go on", or: { service.child.trace }) {
                try service.pipeline()["accepted"].number ?? 0 > before + 100 ? () : nil
            }
            #expect(try service.status("indicator", "average").state == "ok")
            #expect(try await service.stop() == 0)
        }
    }

    /// The plugin's process ends when a file of this name is in the instance's state folder.
    private func breakable(_ box: Sandbox) async throws {
        try box.edit("import math", "import math, os, sys", in: Self.file)
        let broken = #"os.path.exists(os.environ["HOME"] + "/NAME")"#
        try box.edit(
            "self.warm_up = self.period",
            "self.warm_up = self.period\n        if \(broken.replacing("NAME", with: "unfit")): os._exit(8)",
            in: Self.file)
        try box.edit(
            "out, refused = [], []",
            "out, refused = [], []\n        if \(broken.replacing("NAME", with: "broken")): os._exit(9)", in: Self.file)
        #expect(try await box.run("plugins", "lock").code == 0)
        #expect(try await box.run("reload").code == 0)
    }

    private static func trouble(_ service: Service) -> String {
        let status = try? service.status("indicator", "average")
        return "\(status?.state ?? "") \(status?.message ?? "")\n\(service.child.trace)"
    }

    @Test func aReloadBringsBackWhatIsInQuarantineThoughTheManifestIsTheSame() async throws {
        try await running(pace: "20ms") { box, service in
            try await breakable(box)
            try box.write("", to: "var/plugins/indicator-average/broken")
            try await eventually("it is in quarantine", or: { Self.trouble(service) }) {
                try service.status("indicator", "average").state == "failed" ? () : nil
            }
            let message = try service.status("indicator", "average").message
            #expect(message.contains("status 9") && message.contains("penstock reload"), "\(message)")
            try box.remove("var/plugins/indicator-average/broken")
            #expect(try await box.run("config", "diff").out.contains("indicator/average: renewed"))
            let reload = try await box.run("reload", "--json")
            #expect(reload.code == 0, "\(reload.err)\(reload.out)")
            #expect(try JSON(parsing: reload.out)["parts"].items.first?["action"].text == "renewed", "\(reload.out)")
            #expect(try service.status("indicator", "average").state == "ok")
            #expect(try await box.run("reload").out.contains("unchanged"))
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aFaultOfTheNewIsNotShownAsOneOfTheOld() async throws {
        try await running { box, service in
            try await breakable(box)
            try box.write("", to: "var/plugins/indicator-average/unfit")
            try box.edit("period: 10", "period: 11")
            let failed = try await box.run("reload")
            #expect(failed.code == 1 && (failed.out + failed.err).contains("status 8"), "\(failed.out)\(failed.err)")
            #expect(try service.status("indicator", "average").state == "ok")
            #expect(try await service.stop() == 0)
        }
    }

    /// What was started for a reload that fails is not left running.
    @Test func aNewSinkThatIsNotReadyIsEndedAgain() async throws {
        try await running { box, service in
            let code = """
                import os
                from penstock_plugin import PluginError, Sink, run

                class Absent(Sink):
                    descriptor = {"kind": "sink", "name": "absent", "version": "1.0.0", "summary": "Is never ready.",
                                  "options": [], "accepts": ["bars"]}

                    def probe(self):
                        with open(os.path.join(self.state_directory, "process"), "w") as file:
                            file.write(str(os.getpid()))
                        raise PluginError("environment", "the other side is not there")

                    def write(self, batch, frames):
                        pass

                run(Absent)

                """
            let manifest = """
                id: sink/absent
                version: 1.0.0
                summary: Is never ready.
                tier: process
                command: [python3, sink.py]
                accepts: [bars]

                """
            try box.writePlugin("source", (manifest, "sink.py", code))
            #expect(try await box.run("plugins", "install", "source", "--yes").code == 0)
            try box.edit("  keep: {", "  new: { plugin: absent }\n  keep: {")
            let failed = try await box.run("reload")
            #expect(failed.code == 1 && failed.err.contains("the other side is not there"), "\(failed.err)")
            let process = try #require(Int32(box.text("var/plugins/sink-new/process")))
            try await eventually("the process is gone", or: { service.child.trace }) {
                kill(process, 0) == 0 ? nil : ()
            }
            #expect(try await service.stop() == 0)
        }
    }
}
