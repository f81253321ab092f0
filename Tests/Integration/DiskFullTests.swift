import Testing

/// A disk that is full: the service stays, says so, and goes on when there is space.
@Suite(.enabled(if: TinyDisk.isPossible, "this user may not mount a small disk"))
struct DiskFullTests {
    @Test(arguments: ["sink", "state"]) func serviceRecoversAndLosesNothing(what: String) async throws {
        try await Sandbox.with { box in
            let disk = try TinyDisk(at: box.path("disk"))
            try Self.move(what, in: box)
            try disk.fill(leaving: 800_000)
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            try await eventually("the host is degraded", or: { child.trace }) {
                try service.json("/health")["status"].text == "degraded" ? true : nil
            }
            let (kind, id) = what == "sink" ? ("sink", "keep") : ("store", "main")
            #expect(try service.status(kind, id).message.contains("the disk is full"))
            #expect(child.err.contains("cannot grow: the disk is full"), "\(child.err)")
            try disk.free()
            try await child.waits(for: "\(kind)/\(id): works again")
            try await child.waits(for: "Serving on")
            #expect(try service.json("/health")["status"].text == "ok")
            #expect(try await service.stop() == 0)
            try Self.expectEverything(what, in: box)
        }
    }

    @Test(arguments: [("sink", "were not delivered; the next run delivers them."), ("state", "bars were not stored")])
    func runOnceEndsWithAFaultAndTheNextRunMakesUpForIt(what: String, message: String) async throws {
        try await Sandbox.with { box in
            let disk = try TinyDisk(at: box.path("disk"))
            try Self.move(what, in: box)
            try disk.fill(leaving: 800_000)
            let run = try await box.run("run", "--once")
            #expect(run.code == 1, "\(run.err)")
            #expect(run.err.contains("the disk is full"))
            #expect(run.err.contains(message), "\(run.err)")
            try disk.free()
            #expect(try await box.run("run", "--once").code == 0)
            try Self.expectEverything(what, in: box)
        }
    }

    /// Three files of a sink on a full disk take turns in failing.
    @Test func eachMessageIsToldOnceUntilTheSinkWorksAgain() async throws {
        try await Sandbox.with { box in
            let disk = try TinyDisk(at: box.path("disk"))
            try box.edit("sinks:\n", "sinks:\n  lines: { plugin: ndjson, path: disk/lines }\n")
            try disk.fill(leaving: 800_000)
            let run = try await box.run("run", "--once")
            #expect(run.code == 1, "\(run.err)")
            let told = run.err.split(separator: "\n").filter {
                $0.contains("cannot be written: No space left on device")
            }
            let recoveries = run.out.split(separator: "\n").count { $0 == "sink/lines: works again" }
            #expect(!told.isEmpty)
            #expect(told.count <= Set(told).count * (recoveries + 1), "\(run.err)")
        }
    }

    /// Puts the sink's file or the state on the small disk.
    private static func move(_ what: String, in box: Sandbox) throws {
        if what == "sink" {
            try box.edit("path: var/records.db", "path: disk/records.db")
        } else {
            try box.edit("state: var", "state: disk/var")
        }
    }

    private static func expectEverything(_ what: String, in box: Sandbox) throws {
        let records = Tables(path: box.path(what == "sink" ? "disk/records.db" : "var/records.db"))
        #expect(try records.count("bars") == 6_540)
        #expect(try records.count("features") == 6_540)
        #expect(try records.count("predictions") == 5_428)
        let state = Tables(path: box.path(what == "sink" ? "var/penstock.db" : "disk/var/penstock.db"))
        #expect(try state.count("bars") == 6_540)
        #expect(try state.count("artifacts") == 1)
    }
}
