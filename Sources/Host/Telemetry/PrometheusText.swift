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
    ///   - figures: what the host keeps; `nil` where nobody tells.
    ///   - now: nanoseconds since the Unix epoch, UTC.
    package static func render(
        _ view: HostView, server: ServerCounters?, process: ProcessFigures? = .current(),
        figures: HostFigures? = nil, now: Int64
    ) -> [UInt8] {
        var text = PrometheusWriter()
        text.host(view, now: now)
        if let figures { text.figures(figures) }
        text.flow(view.counters())
        text.instances(view.board)
        text.providers(view.providers())
        text.models(view.models.all)
        text.plugins(view.pluginMetrics)
        if let server { text.server(server) }
        if let process { text.process(process) }
        return text.bytes
    }
}

/// What the host keeps on disk, and how its last reload went.
package struct HostFigures: Sendable {
    /// How a reload ended.
    package struct Reload: Sendable {
        /// Whether it took effect.
        package let isGood: Bool
        /// When it ended, nanoseconds since the Unix epoch, UTC.
        package let time: Int64

        /// Creates a result.
        package init(isGood: Bool, time: Int64) {
            self.isGood = isGood
            self.time = time
        }
    }

    /// Size of the state database with its log.
    package let stateBytes: Int
    /// Rows removed because they are no longer kept, by kind.
    package let removed: [String: Int]
    /// The last reload; `nil` before the first.
    package let reload: Reload?

    /// Creates figures.
    package init(stateBytes: Int, removed: [String: Int] = [:], reload: Reload?) {
        self.removed = removed
        self.stateBytes = stateBytes
        self.reload = reload
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
    /// How long each route took.
    package var spans: [String: Histogram]
    /// Clients of each WebSocket channel.
    package var subscribers: [String: Int]
    /// Frames that reached a client's socket.
    package var framesDelivered: Int
    /// Frames lost because a client did not keep up.
    package var framesDropped: Int
    /// Frames that gave way to a newer one of the same subject, for clients that asked for that.
    package var framesConflated: Int

    /// Creates counters.
    package init(
        requests: [Requests], spans: [String: Histogram] = [:], subscribers: [String: Int], framesDelivered: Int,
        framesDropped: Int, framesConflated: Int = 0
    ) {
        self.requests = requests
        self.spans = spans
        self.subscribers = subscribers
        self.framesDelivered = framesDelivered
        self.framesDropped = framesDropped
        self.framesConflated = framesConflated
    }
}
