import Glibc
import TestSupport
import Testing

/// Who may change a running host, and what it leaves behind for whom.
@Suite struct ControlTests {
    @Test func aChangeNeedsTheTokenWhicheverDoorItComesThrough() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let path = "/api/v2/config"
            for fields in [
                "", "Authorization: Bearer \r\n", "Authorization: Bearer 0123\r\n", "Authorization: Basic eDp5\r\n",
            ] {
                let refused = try HTTP.put(path, "version: 1", port: service.port, fields: fields)
                #expect(refused.status == 401, "\(fields): \(refused.text)")
                #expect(refused.head.lowercased().contains("www-authenticate: bearer"))
                #expect(try JSON(parsing: refused.text)["error"]["code"].text == "proof_required")
            }
            #expect(try HTTP.get("/api/v2/config/plan", port: service.port).status == 401)
            let token = box.text("var/control/token")
            #expect(token.utf8.count == 64)
            try box.edit("period: 14 }\n  atr14", "period: 7 }\n  atr14")
            let diff = try await box.run("config", "diff")
            #expect(diff.code == 0 && diff.out.contains("indicator/rsi14: changed"), "\(diff)")
            // Without the port the command line finds its way: it speaks through the socket.
            try box.edit("127.0.0.1:", "127.0.0.9:", in: "var/host.json")
            let reload = try await box.run("reload")
            #expect(reload.code == 0, "\(reload)")
            try box.write("no token", to: "var/control/token")
            let unproven = try await box.run("reload")
            #expect(unproven.code == 1 && unproven.err.contains("is not the token of this host"), "\(unproven)")
            #expect(try await service.stop() == 0)
            #expect(!Files.exists(box.path("var/control/token")) && !Files.exists(box.path("var/control/socket")))
        }
    }

    @Test func nobodyElseMayReadWhatCanHoldASecret() async throws {
        try await Sandbox.with { box in
            chmod(box.path("plugins.yaml"), 0o600)
            try box.makeFolder("var")
            try box.write("an older copy", to: "var/last-good.yaml")
            chmod(box.path("var/last-good.yaml"), 0o644)
            let service = try await box.service()
            #expect(Self.rights(box.path("var/last-good.yaml")) == 0o600)
            #expect(Self.rights(box.path("var/control")) == 0o700)
            #expect(Self.rights(box.path("var/control/socket")) == 0o600)
            #expect(Self.rights(box.path("var/control/token")) == 0o600)
            let switched = try await box.run("plugins", "disable", "sink/keep")
            #expect(switched.code == 0, "\(switched)")
            #expect(Self.rights(box.path("plugins.yaml")) == 0o600)
            #expect(try await service.stop() == 0)
        }
    }

    @Test func whatRanOnceIsWhatADiffComparesWith() async throws {
        try await Sandbox.with { box in
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("period: 14 }\n  atr14", "period: 7 }\n  atr14")
            let diff = try await box.run("config", "diff")
            #expect(diff.code == 0 && diff.out.contains("indicator/rsi14: changed"), "\(diff)")
        }
    }

    @Test func tooFewDescriptorsRefuseTheStartWithTheRemedy() async throws {
        try await Sandbox.with { box in
            let run = try await box.runOther(
                "/bin/sh", "-c", "ulimit -n 96; exec '\(Program.path)' run --listen 127.0.0.1:0")
            #expect(run.code == 3, "\(run)")
            #expect(run.err.contains("96 files may be open at once (ulimit -n); allowed "), "\(run.err)")
        }
    }

    @Test func aRunWithoutAServerIsRefusedTooWhereFilesAreTooFew() async throws {
        try await Sandbox.with { box in
            let run = try await box.runOther("/bin/sh", "-c", "ulimit -n 16; exec '\(Program.path)' run --once")
            #expect(run.code == 3, "\(run)")
            #expect(run.err.contains("16 files may be open at once (ulimit -n); allowed 64 or more."), "\(run.err)")
        }
    }

    @Test func anIdleCrowdBeyondTheDescriptorsDoesNotEndTheHost() async throws {
        try await Sandbox.with { box in
            // What other tests have open at the moment is none of the host's files.
            let closing = "for fd in /proc/self/fd/*; do fd=${fd##*/}; [ $fd -le 2 ] || eval \"exec $fd>&-\"; done"
            let arguments = ["-c", "\(closing); ulimit -n 256; exec '\(Program.path)' run --listen 127.0.0.1:0"]
            let child = try box.start(arguments, program: "/bin/bash")
            let port = try await child.port()
            try await child.waits(for: "Serving on")
            let crowd = (0..<500).compactMap { _ in HTTP.connection(port: port) }
            defer { for socket in crowd { close(socket) } }
            #expect(crowd.count == 500)
            for path in ["/health", "/health/ready", "/api/v2/stocks/quotes?symbols=AAPL"] {
                #expect(try HTTP.get(path, port: port).status == 200)
            }
            #expect(try await Service(child: child, port: port).stop() == 0)
        }
    }

    private static func rights(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
