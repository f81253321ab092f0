package import HostCore

/// The host's metrics in Prometheus' text format 0.0.4: what `/metrics` answers.
///
/// Labels come from the manifest and from closed sets of reasons, never from a request.
package enum PrometheusText {
    /// Returns the metrics of a host as UTF-8.
    ///
    /// - Parameters:
    ///   - view: the host.
    ///   - server: counters of its server; `nil` where none runs.
    ///   - process: figures of the process; `nil` where the system does not tell.
    ///   - now: nanoseconds since the Unix epoch, UTC.
    package static func render(
        _ view: HostView, server: ServerCounters?, process: ProcessFigures? = .current(), now: Int64
    ) -> [UInt8] {
        var text = PrometheusWriter()
        text.host(view, now: now)
        text.flow(view.counters())
        text.instances(view.board.all)
        text.models(view.models.all)
        text.plugins(view.pluginMetrics)
        if let server { text.server(server) }
        if let process { text.process(process) }
        return text.bytes
    }
}

/// What the host's server counts; the composition root copies it from the gateway and its WebSocket hub.
package struct ServerCounters: Sendable {
    /// Requests of one route and status.
    package struct Requests: Sendable {
        /// The route as the router writes it.
        package let route: String
        /// The HTTP status.
        package let status: Int
        /// How many.
        package let count: Int

        /// Creates a count.
        package init(route: String, status: Int, count: Int) {
            self.route = route
            self.status = status
            self.count = count
        }
    }

    /// Requests by route and status.
    package var requests: [Requests]
    /// Clients of each WebSocket channel.
    package var subscribers: [String: Int]
    /// Frames that reached a client's socket.
    package var framesDelivered: Int
    /// Frames lost because a client did not keep up.
    package var framesDropped: Int

    /// Creates counters.
    package init(requests: [Requests], subscribers: [String: Int], framesDelivered: Int, framesDropped: Int) {
        self.requests = requests
        self.subscribers = subscribers
        self.framesDelivered = framesDelivered
        self.framesDropped = framesDropped
    }
}
