package import AccessScopes
import Glibc
import HTTPTypes
package import HostCore
package import HostSecurity
package import HostWebSocket
import Hummingbird
import HummingbirdCore
import JSONWriting
package import Logging
import NIOCore
import PluginKit
import ServiceLifecycle
package import TradingCalendars

/// The host's door: REST and WebSocket on one port, with TLS where it is beyond loopback, and on a socket of the state folder.
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
        /// What a caller must be allowed.
        package let scope: Scope
        /// Makes a JSON body out of the query string.
        package let answer: @Sendable (_ query: String) async throws -> [UInt8]

        /// Creates a route.
        package init(
            _ method: String, _ path: String, scope: Scope, answer: @escaping @Sendable (String) async throws -> [UInt8]
        ) {
            self.method = method
            self.path = path
            self.scope = scope
            self.answer = answer
        }
    }

    /// How many requests each route answered.
    package let requests: RequestCounters
    /// Called once with the address, as `127.0.0.1:8080`, when connections are accepted.
    package var onListening: @Sendable (_ address: String) async -> Void = { _ in }
    /// Reads and replaces the manifest; `nil` where the host's cannot be replaced.
    package var control: ConfigurationControl?
    /// Reads and changes what was refused; `nil` where that is not kept.
    package var quarantine: QuarantineControl?
    /// Looks at what is stored; `nil` where nothing is.
    package var data: DataControl?
    /// Reads and changes versions of models; `nil` where none are kept.
    package var versions: VersionControl?
    /// Computes the paper accounts of strategies; `nil` where there are none.
    package var strategies: StrategyControl?
    /// Watches risk; `nil` where nobody does.
    package var risk: RiskControl?
    /// Computes indicators on request; `nil` where nothing does.
    package var indicators: IndicatorControl?
    /// The trading calendars; `nil` where none are known.
    package var calendars: CalendarBook?
    /// Who may in; `nil` where there are no identities.
    package var access: AccessControl?
    /// Writes a line to the log of changes.
    package typealias Audit = @Sendable (AuditEntry.Actor, AuditEntry.Event) async -> Void
    /// Writes the log of changes; `nil` where there is none.
    package var audit: Audit?
    /// Writes a line of something that was only read; `nil` where that is not logged.
    package var auditOfData: Audit?
    /// Reads the log of changes; `nil` where there is none.
    package var auditControl: AuditControl?
    /// The folder of the dashboard's files; `nil` where it has none to serve.
    package var dashboard: String?
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
    /// Throws `.configuration` for an address beyond loopback without TLS or identities, and `.environment` where the address cannot be had.
    package func run() async throws {
        try configuration.check(hasIdentities: access?.isRequired ?? false)
        let gate = gate
        let sessions = SessionAnswers(gate: gate, isSecure: configuration.secure != nil)
        let answers = GatewayAnswers(
            view: view, hub: hub, requests: requests, control: control, quarantine: quarantine, data: data,
            indicators: indicators, calendars: calendars, versions: versions, strategies: strategies, risk: risk,
            dashboard: dashboard, sessions: sessions, audit: auditControl, metrics: metrics)
        let responder = router(answers, gate).buildResponder()
        let (addresses, bound) = AsyncStream.makeStream(of: String.self)
        let port = Application(
            responder: responder,
            server: server(answers.quotes, configuration.limits, gate, secure: configuration.secure) {
                configuration.allows(authority: $0)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.limits.accepted)),
            onServerRunning: { channel in
                bound.yield(Self.address(of: channel, configuration))
                bound.finish()
            }, logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await port.run() } catch let error as IOError { throw BindFault.error(error, configuration) }
            }
            group.addTask {
                for await address in addresses { try await serveLocally(address, responder, answers.quotes, gate) }
            }
            // The first fault ends the other.
            group.addTask { await LiveStatus(view: view, hub: hub).run() }
            for try await _ in group {}
        }
    }

    /// Serves the same routes on the socket, a door that a crowd at the port cannot close, and says that both are open.
    private func serveLocally(
        _ address: String, _ responder: RouterResponder<GatewayContext>, _ quotes: QuoteAnswers, _ gate: AccessGate
    ) async throws {
        guard let path = configuration.socketPath else { return await onListening(address) }
        let limits = ConnectionLimits.local
        let local = Application(
            responder: responder, server: server(quotes, limits, gate, secure: nil, allowsHost: nil),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.accepted)),
            onServerRunning: { _ in
                chmod(path, 0o600)
                await onListening(address)
            }, logger: quietLogger)
        do { try await local.run() } catch let error as IOError { throw BindFault.error(error, socket: path) }
    }

    /// The one place where requests are let in, over the scopes of all routes there are.
    private var gate: AccessGate {
        let reads = ["GET", "HEAD"]
        let channels = hub.channels.flatMap { channel in
            [channel, EventStreams.path(channel)].map { ($0, reads, RouteNeed(scope: LiveChannels.scope(of: channel))) }
        }
        let routes =
            Endpoint.all.map { ($0.path, $0.methods, RouteNeed(scope: $0.scope, action: $0.action)) } + channels
            + addedRoutes.map { ($0.path, [$0.method], RouteNeed(scope: $0.scope)) }
        return AccessGate(
            scopes: ScopeTable(routes), access: access, proof: Proof(token: configuration.token),
            limits: RequestLimits(configuration.rates), peerNames: configuration.peerNames)
    }

    private func router(_ answers: GatewayAnswers, _ gate: AccessGate) -> Router<GatewayContext> {
        let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        let streams = EventStreams(
            hub: hub, instruments: view.instruments, most: configuration.limits.webSockets / 2, gate: gate)
        let table = RouteTable(
            Endpoint.all.map { ($0.path, $0.methods) }
                + (hub.channels + streams.paths).map { ($0, ["GET", "HEAD"]) }
                + addedRoutes.map { ($0.path, [$0.method]) })
        if let policy = configuration.transportSecurity { router.add(middleware: TransportSecurity(policy: policy)) }
        if let audit {
            router.add(middleware: AuditMiddleware(write: audit, writeRead: auditOfData, table: gate.scopes))
        }
        router.add(middleware: FaultMiddleware(table: table, counters: requests, logger: logger))
        router.add(middleware: AccessMiddleware(gate: gate))
        for endpoint in Endpoint.all { endpoint.add(to: router, answers) }
        for route in addedRoutes {
            router.on(RouterPath(route.path), method: HTTPRequest.Method(route.method) ?? .get) { request, context in
                try context.check(route.scope, request)
                return Reply(contentType: Reply.json, try await route.answer(request.uri.query ?? ""))
            }
        }
        router.addWebSocketRefusals(for: hub)
        streams.add(to: router)
        return router
    }

    private func server(
        _ quotes: QuoteAnswers, _ limits: ConnectionLimits, _ gate: AccessGate,
        secure: GatewayConfiguration.Secure?, allowsHost: (@Sendable (String) -> Bool)?
    ) -> HTTPServerBuilder {
        let hot = HotRoutes(
            answer: { [requests] target in
                guard let answer = quotes.hotAnswer(target) else { return nil }
                requests.countHot()
                return answer
            },
            fields: configuration.transportSecurity.map { [.strictTransportSecurity: $0] } ?? [:],
            admission: { [isLogged = auditOfData != nil] in
                // What is logged goes by the ordinary route.
                isLogged
                    ? nil : gate.admitAtOnce(AccessRequest($0, path: Endpoint.quotes.path), Endpoint.quotes.scope)
            },
            date: DateField())
        var sockets = WebSocketConfiguration()
        sockets.maxConnections = limits.webSockets
        sockets.maxOpen = limits.open
        sockets.times = configuration.times
        sockets.allowsHost = allowsHost
        sockets.secure = secure
        sockets.authorize = { [auditOfData] request, channel in
            guard gate.isRequired || auditOfData != nil else { return nil }
            // Refused ones go through the ordinary routes, which say why.
            return {
                let (asked, peer) = (AccessRequest(request), Peer(channel))
                guard let admission = try? await gate.admit(asked, from: peer) else { return false }
                if let scope = admission.scope, scope.isOfData {
                    await auditOfData?(.of(admission.identity, from: peer.address), .read(scope, request.path))
                }
                return true
            }
        }
        sockets.mayStay = { gate.mayStay(AccessRequest($0), LiveChannels.scope(of: $0.path)) }
        sockets.http.additionalChannelHandlers = { [HotRouteHandler(routes: hot)] }
        return .http1WebSocketUpgrade(hub: hub, configuration: sockets, admit: Self.refusal(view.instruments))
    }

    private static func refusal(_ instruments: InstrumentTable) -> WebSocketUpgradeChannel.Admit {
        { request in
            do throws(GatewayError) {
                _ = try LiveChannels.choice(request.query, instruments)
                return nil
            } catch {
                return UpgradeRefusal(status: error.status, code: error.code.name, message: error.message)
            }
        }
    }

    /// The server below announces itself at `info`, and at `error` that a stop cut it short; the host says both in its own
    /// words, and faults that matter are thrown.
    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .critical
        return quiet
    }

    private static func address(of channel: any Channel, _ configuration: GatewayConfiguration) -> String {
        GatewayConfiguration.text(
            configuration.host == "localhost" ? "localhost" : channel.localAddress?.ipAddress ?? configuration.host,
            channel.localAddress?.port ?? configuration.port)
    }
}
