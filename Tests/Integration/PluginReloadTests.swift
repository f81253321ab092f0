import Glibc
import Testing

/// Plugins that are upgraded, broken or killed while the host runs.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct PluginReloadTests {
    private static let file = "plugins/indicator-python_average/indicator.py"

    /// The small manifest with a Python indicator, installed, at a pace that leaves time for reloads.
    private func running(_ body: (Sandbox, Service) async throws -> Void) async throws {
        try await Sandbox.with { box in
            let source = "\(Program.repository)/examples/python-indicator"
            #expect(try await box.run("plugins", "install", source, "--yes").code == 0)
            try box.edit("path: data }", "path: data, pace: 3ms, batch: 64 }")
            try box.edit("  atr14", "  average: { plugin: python_average, period: 10 }\n  atr14")
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("data flows", or: { child.trace }) {
                try service.pipeline()["accepted"].number ?? 0 > 200 ? () : nil
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
                try service.pipeline()["accepted"].number ?? 0 > before + 200 ? () : nil
            }
            #expect(try service.status("indicator", "average").state == "ok")
            #expect(try await service.stop() == 0)
        }
    }
}
