import AccessScopes
import Glibc
import HostCore
import HostGateway
import HostSecurity
import HostTelemetry
import HostWebSocket
import Logging
import NIOCore
import PluginKit
import ServiceLifecycle
import UnixSignals

/// The product's gateway over 26 instruments with fixed numbers, to be measured beside `fastapi_app.py`.
///
/// `POST /publish?n=&rate=&pad=` sends stamped messages to `/ws/enhanced`, as the peer does; the product has no such
/// route. It serves until SIGTERM or SIGINT and prints its address as the first line.
enum BenchmarkServer {
    private static let channel = LiveChannels.market

    /// Serves on a port of loopback; 0 takes a free one. With a folder for keys, callers need the one that it prints.
    static func run(port: Int, connections: Int, keys: String?) async throws {
        var configuration = GatewayConfiguration()
        configuration.port = port
        configuration.limits = try ConnectionLimits.ofThisProcess(reserved: 64, most: connections)
        let free = TokenBucket.Rate(perSecond: 1e9, burst: 1e9)
        if keys != nil { configuration.rates = RequestLimits.Rates(read: free, change: free, login: free) }
        let view = makeView()
        let hub = ChannelHub(channels: [ChannelDefinition(path: channel)])
        let requests = RequestCounters()
        var gateway = Gateway(view: view, hub: hub, configuration: configuration, requests: requests) {
            PrometheusText.render(view, server: nil, now: 0)
        }
        if let keys { try demandKey(in: keys, of: &gateway) }
        let publisher = Publisher(hub: hub, channel: channel)
        gateway.addedRoutes = [Gateway.Route("POST", "/publish", scope: .open) { query in publisher.start(query) }]
        gateway.onListening = { address in
            print("listening on \(address)")
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: gateway), .init(service: publisher)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "benchmark")))
        try await group.run()
    }

    private static func demandKey(in folder: String, of gateway: inout Gateway) throws {
        let roles = RoleTable()
        let made = try KeyDesk(stateFolder: folder, roles: roles).create(name: "bench", role: "admin", lifetime: nil)
        gateway.access = AccessControl(stateFolder: folder, roles: roles, isDemanded: true)
        print("key \(made.text)")
    }

    private static func makeView() -> HostView {
        let table = InstrumentTable()
        let latest = LatestValues()
        for index in 0..<26 {
            let id = table.intern(Instrument(code: "\(600_000 + index)", venue: "SH"))
            for day in 0..<2 {
                let bar = Bar(
                    time: 1_732_280_000_000_000_000 + Int64(day) * 86_400_000_000_000, open: 10,
                    high: 11 + Double(index), low: 9.5, close: 10.23 + Double(index), volume: 123_456 + Double(index),
                    instrument: id)
                latest.update(bars: [bar], pipeline: "main", source: "akshare", timeframe: Timeframe(1, .day))
            }
        }
        return HostView(
            instruments: table, latest: latest, bars: NoBars(), board: InstanceBoard(now: { 0 }), models: ModelBoard(),
            plugins: [], counters: { [] }, version: "benchmark", startedAt: 0)
    }
}

private struct NoBars: EventStore {
    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }
    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] { [] }
}

/// Sends stamped messages at a rate.
private struct Publisher: Service {
    private struct Order: Sendable {
        var count = 100
        var rate = 100.0
        var padding = 150
    }

    private let hub: ChannelHub
    private let channel: String
    private let orders: AsyncStream<Order>
    private let orderInput: AsyncStream<Order>.Continuation

    init(hub: ChannelHub, channel: String) {
        self.hub = hub
        self.channel = channel
        (orders, orderInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(16))
    }

    /// Takes an order as a query, `n=100&rate=100&pad=150`.
    func start(_ query: String) -> [UInt8] {
        var order = Order()
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=")
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "n": order.count = Int(parts[1]) ?? order.count
            case "rate": order.rate = Double(parts[1]) ?? order.rate
            case "pad": order.padding = Int(parts[1]) ?? order.padding
            default: break
            }
        }
        orderInput.yield(order)
        return Array(#""started""#.utf8)
    }

    func run() async throws {
        for await order in orders.cancelOnGracefulShutdown() { try await publish(order) }
    }

    private func publish(_ order: Order) async throws {
        let padding = String(repeating: "x", count: order.padding)
        let clock = ContinuousClock()
        let start = clock.now
        for index in 0..<order.count {
            if order.rate > 0 {
                try await clock.sleep(until: start + .seconds(Double(index) / order.rate), tolerance: .zero)
            }
            let message = "{\"t\":\(Self.monotonicNanoseconds()),\"i\":\(index),\"p\":\"\(padding)\"}"
            hub.publish(channel, ByteBuffer(string: message))
        }
    }

    private static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
