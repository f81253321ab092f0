import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport

@testable import HostWebSocket

/// A real server on a free loopback port, with `GET /health` beside the channels of its hub.
struct TestServer: Sendable {
    let port: Int
    let services: ServiceGroup

    /// Connects a client and closes it after `body`.
    func connect<Value: Sendable>(
        receiveBuffer: Int? = nil, _ body: @Sendable (inout TestClient) async throws -> Value
    ) async throws -> Value {
        try await TestClient.run(port: port, receiveBuffer: receiveBuffer, body)
    }

    /// Connects a client, upgrades it and closes it after `body`.
    func open<Value: Sendable>(
        _ path: String = "/ws/test", headers: [String] = [],
        _ body: @Sendable (inout TestClient) async throws -> Value
    ) async throws -> Value {
        try await connect { client in
            let answer = try await client.upgrade(path, headers: headers)
            guard answer.status == 101 else {
                throw TestClient.Failure(what: "the upgrade was answered with \(answer)")
            }
            return try await body(&client)
        }
    }
}

/// Runs a server with the hub's channels, hands it to `body` and stops it gracefully.
func withServer(
    _ hub: ChannelHub, _ configuration: WebSocketConfiguration = .withoutPings,
    admit: WebSocketUpgradeChannel.Admit? = nil, _ body: @Sendable (TestServer) async throws -> Void
) async throws {
    let router = Router()
    router.get("/health") { _, _ in "ok" }
    router.addWebSocketRefusals(for: hub)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let (ports, running) = AsyncStream.makeStream(of: Int.self)
    let app = Application(
        router: router,
        server: .http1WebSocketUpgrade(hub: hub, configuration: configuration, admit: admit),
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { running.yield($0.localAddress?.port ?? 0) }, logger: logger)
    let services = ServiceGroup(services: [app], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        if let port = await iterator.next() { try await body(TestServer(port: port, services: services)) }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}

/// Returns when all work given to the event loops before has run.
func settleLoops() async throws {
    for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
        try await loop.submit {}.get()
        try await loop.submit {}.get()
    }
}

/// Returns when the hub has at least this many clients; a client reads 101 a moment before it is one.
func awaitClients(_ count: Int, of hub: ChannelHub) async {
    while hub.connectionCount < count { await Task.yield() }
}

extension WebSocketConfiguration {
    /// The defaults, with pings so rare that none comes in between on a slow machine.
    static var withoutPings: WebSocketConfiguration {
        var configuration = WebSocketConfiguration()
        configuration.pingInterval = .seconds(3600)
        return configuration
    }
}
