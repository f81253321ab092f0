package import HostCore

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
    package var framesConflated = 0
    /// WebSocket connections since the start, and those that ended without the client's will, by reason.
    package var connections = 0
    package var connectionsDropped: [String: Int] = [:]
    /// Whether `/health` answers 200 now, and for how many seconds since the start it would not have.
    package var isAvailable = true
    package var unavailableSeconds = 0.0

    /// Creates counters.
    package init(
        requests: [Requests], spans: [String: Histogram] = [:], subscribers: [String: Int], framesDelivered: Int,
        framesDropped: Int
    ) {
        self.requests = requests
        self.spans = spans
        self.subscribers = subscribers
        self.framesDelivered = framesDelivered
        self.framesDropped = framesDropped
    }
}
