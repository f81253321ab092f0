import ServiceLifecycle
import TestSupport
import Testing

@testable import HostWebSocket

/// Trap 5: a graceful stop says 1001 and ends, whatever the clients do.
@Suite(.timeLimit(.minutes(15)))
struct ShutdownTests {
    private let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")])

    @Test func gracefulStopClosesClientsWith1001() async throws {
        let hub = hub
        try await withServer(hub) { server in
            try await server.open { client in
                await awaitClients(1, of: hub)
                await server.services.triggerGracefulShutdown()
                try await client.expect(.close(1001))
                try await client.sendClose(1001)
                try await client.expectEnd()
            }
        }
        #expect(hub.connectionCount == 0)
    }

    @Test func gracefulStopDoesNotWaitForConnectionsWithoutRequest() async throws {
        try await withServer(hub) { server in
            try await server.connect { idle in
                try await server.connect { _ = try await $0.request("GET /health HTTP/1.1") }
                await server.services.triggerGracefulShutdown()
                try await idle.expectEnd()
            }
        }
    }

    @Test func gracefulStopEndsClientThatDoesNotAnswer() async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.closeTimeout = .milliseconds(1)
        let hub = hub
        let (stops, stopped) = AsyncStream.makeStream(of: Void.self)
        try await withServer(hub, configuration) { server in
            // This client keeps its side open until the server has gone.
            async let silent: Void = server.open { _ in
                await awaitClients(1, of: hub)
                await server.services.triggerGracefulShutdown()
                for await _ in stops {}
            }
            await awaitClients(1, of: hub)
            while hub.connectionCount > 0 { await Task.yield() }
            stopped.finish()
            try await silent
        }
    }

    @Test func cancelledServerEnds() async throws {
        let hub = hub
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await withServer(hub) { server in
                try await server.open { _ in throw Stop() }
            }
        }
    }
}
