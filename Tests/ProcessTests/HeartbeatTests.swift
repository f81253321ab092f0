import HostProcess
import PluginKit
import Synchronization
import Testing

/// A process nobody asks anything is still watched.
@Suite(.enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin")) struct HeartbeatTests {
    private static let sink = PluginDescriptor(
        kind: .sink, name: "beat", summary: "Waits.", schema: ConfigurationSchema([]), accepts: [.bars])

    private func started(_ fixture: ProcessFixture, _ body: String) async throws -> any Sink {
        var plugin = fixture.plugin(try fixture.script("greet()\n" + body))
        plugin.deadlines.heartbeat = .milliseconds(20)
        plugin.deadlines.call = .milliseconds(300)
        guard case .sink(let make) = plugin.type(Self.sink).maker else { throw PluginError(.unsupported, "no sink.") }
        let sink = try make(Configuration(instance: "sink/beat", values: [:]), fixture.context)
        try await sink.probe()
        return sink
    }

    @Test func aProcessThatHangsWhileNobodyAsksIsEnded() async throws {
        let fixture = try ProcessFixture()
        let sink = try await started(
            fixture,
            """
            kind = ""
            while kind != "probe":
                m = read()
                kind = m["type"]
                answer("result", m["id"])
            while True: signal.pause()
            """)
        let reason = await fixture.firstFault()
        #expect(reason.contains("'ping' was not answered in time"), "\(reason)")
        await sink.stop()
    }

    @Test func aProcessThatAnswersStaysAndIsAskedAgain() async throws {
        let fixture = try ProcessFixture()
        let sink = try await started(
            fixture,
            """
            pings, isProbed = 0, False
            while pings < 4:
                m = read()
                isProbed = isProbed or m["type"] == "probe"
                pings += isProbed and m["type"] == "ping"
                answer("result", m["id"])
            sys.exit(7)
            """)
        let reason = await fixture.firstFault()
        #expect(reason.contains("exited with status 7"), "\(reason)")
        await sink.stop()
    }
}

extension ProcessFixture {
    /// Waits until a process ended, and returns why.
    func firstFault() async -> String {
        while true {
            let reason = states.withLock { states in
                states.lazy.compactMap { if case .waiting(let reason, _) = $0 { reason } else { nil } }.first
            }
            if let reason { return reason }
            await Task.yield()
        }
    }
}
