import CivilTime
import HostCore
import HostGateway
import HostTelemetry
import HostWebSocket

/// The body of `/metrics`, from the host's parts.
enum Metrics {
    static func text(view: HostView, hub: ChannelHub, requests: RequestCounters, figures: HostFigures) -> [UInt8] {
        let rows = requests.snapshot.map {
            ServerCounters.Requests(route: $0.route, status: $0.status, count: $0.count)
        }
        let subscribers = hub.channels.map { ($0, hub.subscriberCount($0)) }
        let server = ServerCounters(
            requests: rows, spans: requests.spans,
            subscribers: Dictionary(subscribers, uniquingKeysWith: { first, _ in first }),
            framesDelivered: hub.deliveredTotal, framesDropped: hub.droppedTotal,
            framesConflated: hub.conflatedTotal)
        return PrometheusText.render(view, server: server, figures: figures, now: WallClock.now())
    }
}
