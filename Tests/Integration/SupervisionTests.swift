import Glibc
import Testing

/// What the host tells the service manager that started it, over a real socket.
@Suite struct SupervisionTests {
    @Test(arguments: [false, true]) func tellsWhenItServesReloadsLivesAndStops(isAbstract: Bool) async throws {
        try await Sandbox.with { box in
            let socket = try NotifySocket(isAbstract ? "@\(box.folder)" : box.path("notify"))
            let child = try box.start(
                ["run"], ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "800000"])
            let first = try await eventually("it tells something", or: { child.trace }) { socket.next(within: 0) }
            #expect(first.first == "READY=1", "\(first)")
            #expect(first.last?.hasPrefix("STATUS=") == true, "\(first)")
            let service = Service(child: child, port: try await child.port())
            #expect(try service.json("/health")["status"].text != nil)
            let status = try await socket.waits(for: "STATUS=0 of 1 pipelines run.", of: child)
            #expect(status.contains("WATCHDOG=1"), "its data has ended, and it lives: \(status)")
            for _ in 0..<3 { _ = try await socket.waits(for: "WATCHDOG=1", of: child) }

            child.signal(SIGHUP)
            let reloading = try await socket.waits(for: "RELOADING=1", of: child)
            let time = try #require(reloading.last?.split(separator: "=").last.flatMap { Int($0) })
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            #expect(reloading.last?.hasPrefix("MONOTONIC_USEC=") == true)
            #expect((now.tv_sec * 1_000_000 - 60_000_000...now.tv_sec * 1_000_000 + 1_000_000).contains(time))
            _ = try await socket.waits(for: "READY=1", of: child)
            child.signal(SIGTERM)
            _ = try await socket.waits(for: "STOPPING=1", of: child)
            #expect(try await child.exitCode() == 0)
        }
    }

    /// An indicator that never returns: the rest of the host goes on and answers, and yet it is not alive.
    @Test func saysNothingWhileAPipelineIsStuck() async throws {
        try await Sandbox.with { box in
            try box.edit("path: data }", "path: data, batch: 12 }")
            try box.edit("rsi14: {", "stuck: { plugin: faulty, call: update, fault: block, when: always }\n  rsi14: {")
            try box.edit("models: all", "models: []")
            let socket = try NotifySocket(box.path("notify"))
            let child = try box.start(
                [], ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "800000"],
                program: "\(Program.folder)/faulty-host")
            _ = try await socket.waits(for: "READY=1", of: child)
            _ = try await socket.waits(for: "STATUS=Stuck, takes no data: main", of: child)
            let service = Service(child: child, port: try await child.port())
            #expect(try service.json("/health/live")["status"].text != nil)
            let later = socket.next(within: 2_000)
            #expect(later == nil, "\(later ?? [])")
        }
    }

    /// The watchdog of another process is not this one's; a socket that is not there costs a warning.
    @Test func aWatchdogOfAnotherProcessIsNotFed() async throws {
        try await Sandbox.with { box in
            let socket = try NotifySocket(box.path("notify"))
            let other = try box.start(
                ["run"], ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"])
            _ = try await socket.waits(for: "READY=1", of: other)
            other.signal(SIGTERM)
            var told: [String] = []
            try await eventually("it stops", or: { other.trace }) {
                while let lines = socket.next(within: 0) { told += lines }
                return told.contains("STOPPING=1") ? true : nil
            }
            #expect(!told.contains("WATCHDOG=1"), "\(told)")
            #expect(try await other.exitCode() == 0)

            let alone = try box.start(["run"], ["NOTIFY_SOCKET": box.path("nowhere")])
            try await alone.waits(for: "Serving on")
            try await eventually("it warns", or: { alone.trace }) {
                alone.err.contains("service manager: '\(box.path("nowhere"))'") ? true : nil
            }
            alone.signal(SIGTERM)
            #expect(try await alone.exitCode() == 0)
        }
    }
}
