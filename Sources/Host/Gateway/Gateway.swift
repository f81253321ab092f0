import HTTPTypes
package import HostCore
package import HostWebSocket
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import PluginKit
import ServiceLifecycle

/// The host's door: REST and WebSocket on one port, loopback only.
///
/// ```swift
/// let hub = LiveChannels.makeHub(view)
/// let gateway = Gateway(view: view, hub: hub, configuration: try GatewayConfiguration(listen: "127.0.0.1:0")) { metrics() }
/// gateway.onListening { address in print("http://\(address)") }
/// ```
/// A graceful stop ends idle connections, lets requests in progress finish and closes WebSockets with 1001.
package struct Gateway: Service {
    /// A route of the caller's own, as the benchmark server needs.
    package struct Route: Sendable {
        /// The method, as `POST`.
        package let method: String
        /// The path, as `/publish`.
        package let path: String
        /// Makes a JSON body out of the query string.
        package let answer: @Sendable (_ query: String) async throws -> [UInt8]

        /// Creates a route.
        package init(_ method: String, _ path: String, answer: @escaping @Sendable (String) async throws -> [UInt8]) {
            self.method = method
            self.path = path
            self.answer = answer
        }
    }

    /// How many requests each route answered.
    package let requests: RequestCounters
    /// Called once with the address, as `127.0.0.1:8080`, when connections are accepted.
    package var onListening: @Sendable (_ address: String) async -> Void = { _ in }
    /// Reads and replaces the manifest; `nil` where the host's cannot be replaced.
    package var control: ConfigurationControl?
    /// Routes besides the gateway's own.
    package var addedRoutes: [Route] = []

    private let view: HostView
    private let hub: ChannelHub
    private let configuration: GatewayConfiguration
    private let metrics: @Sendable () -> [UInt8]
    private let logger: Logger

    /// Creates a gateway over a host.
    ///
    /// - Parameters:
    ///   - view: what it shows.
    ///   - hub: its WebSocket channels.
    ///   - configuration: where it listens.
    ///   - requests: where it counts requests; the metrics read it.
    ///   - logger: where faults are reported.
    ///   - metrics: makes the body of `/metrics`, in Prometheus' text format.
    package init(
        view: HostView, hub: ChannelHub, configuration: GatewayConfiguration,
        requests: RequestCounters = RequestCounters(), logger: Logger = Logger(label: "gateway"),
        metrics: @escaping @Sendable () -> [UInt8]
    ) {
        self.view = view
        self.hub = hub
        self.configuration = configuration
        self.requests = requests
        self.logger = logger
        self.metrics = metrics
    }

    /// Serves until cancelled or gracefully stopped.
    ///
    /// Throws `.configuration` for an address beyond loopback and `.environment` where the address cannot be had.
    package func run() async throws {
        try configuration.check()
        let quotes = QuoteAnswers(view)
        let application = Application(
            router: router(quotes), server: server(quotes), configuration: applicationConfiguration,
            onServerRunning: { channel in await onListening(Self.address(of: channel, configuration)) },
            logger: quietLogger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw BindFault.error(error, configuration)
        }
    }

    private func router(_ quotes: QuoteAnswers) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        let routes = GatewayRoutes(
            view: view, hub: hub, requests: requests, quotes: quotes, control: control, metrics: metrics)
        router.add(middleware: FaultMiddleware(table: routes.table(adding: addedRoutes), counters: requests))
        routes.add(to: router)
        for route in addedRoutes {
            router.on(RouterPath(route.path), method: HTTPRequest.Method(route.method) ?? .get) { request, _ in
                Reply(contentType: Reply.json, try await route.answer(request.uri.query ?? ""))
            }
        }
        router.addWebSocketRefusals(for: hub)
        return router
    }

    private func server(_ quotes: QuoteAnswers) -> HTTPServerBuilder {
        let hot = HotRoutes(
            answer: { [requests] target in
                guard let answer = quotes.hotAnswer(target) else { return nil }
                requests.countHot()
                return answer
            }, date: DateField(), idleTimeout: TimeAmount(configuration.idleTimeout))
        var sockets = WebSocketConfiguration()
        sockets.maxConnections = configuration.maxWebSockets
        sockets.http.additionalChannelHandlers = { [HotRouteHandler(routes: hot)] }
        return .http1WebSocketUpgrade(hub: hub, configuration: sockets)
    }

    private var applicationConfiguration: ApplicationConfiguration {
        ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
            availableConnectionsDelegate: MaximumAvailableConnections(configuration.maxConnections))
    }

    /// The server below announces itself at `info`; the host does that with the address in its own words.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        return quiet
    }

    private static func address(of channel: any Channel, _ configuration: GatewayConfiguration) -> String {
        GatewayConfiguration.text(
            configuration.host == "localhost" ? "localhost" : channel.localAddress?.ipAddress ?? configuration.host,
            channel.localAddress?.port ?? configuration.port)
    }
}
