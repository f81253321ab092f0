import CivilTime
import HostCore
import HostGateway
import HostStorage
import HostTelemetry
import HostWebSocket
import PluginKit

/// The body of `/metrics`, from the host's parts.
enum Metrics {
    static func text(
        view: HostView, hub: ChannelHub, requests: RequestCounters, health: HealthClock, figures: HostFigures
    ) -> [UInt8] {
        let rows = requests.snapshot.map {
            ServerCounters.Requests(route: $0.route, status: $0.status, count: $0.count)
        }
        let subscribers = hub.channels.map { ($0, hub.subscriberCount($0)) }
        var server = ServerCounters(
            requests: rows, spans: requests.spans,
            subscribers: Dictionary(subscribers, uniquingKeysWith: { first, _ in first }),
            framesDelivered: hub.deliveredTotal, framesDropped: hub.droppedTotal)
        server.framesConflated = hub.conflatedTotal
        (server.connections, server.connectionsDropped) = (hub.connectionsTotal, hub.connectionsDropped)
        (server.isAvailable, server.unavailableSeconds) = (health.isAvailable, health.unavailableSeconds)
        return PrometheusText.render(view, server: server, figures: figures, now: WallClock.now())
    }
}

extension HostFigures {
    /// Asks what keeps the state.
    init(
        _ database: StateDatabase, _ retention: Retention, _ reload: Reload?, _ risk: Risk?, _ spans: [String: Int]?
    ) {
        self.init(
            stateBytes: database.size, removed: retention.removed.byKind, reload: reload, risk: risk, spans: spans)
    }
}
