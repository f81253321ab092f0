package import HostCore
import Synchronization

/// How many requests each route answered, by status, and how long each route took.
package final class RequestCounters: Sendable {
    /// One count.
    package struct Row: Sendable, Hashable {
        /// The route as the router writes it (`/api/v2/stocks/{symbol}/historical`); `unknown` for paths without one.
        package let route: String
        /// The HTTP status.
        package let status: Int
        /// How many.
        package var count: Int
    }

    private struct Key: Hashable {
        let route: String
        let status: Int
    }

    private struct State {
        var counts: [Key: Int] = [:]
        var spans: [String: Histogram] = [:]
    }

    private let state = Mutex(State())
    private let hot = Atomic<Int>(0)
    private let hotRoute: String

    /// Creates counters at zero; `hotRoute` is the route that `countHot` counts for.
    package init(hotRoute: String = Endpoint.quotes.path) { self.hotRoute = hotRoute }

    /// Counts one request that was answered after a while.
    func count(route: String, status: Int, span: Duration) {
        state.withLock { state in
            state.counts[Key(route: route, status: status), default: 0] += 1
            state.spans[route, default: Histogram()].record(span)
        }
    }

    /// How long each route took to its answer; without what was answered out of memory.
    package var spans: [String: Histogram] { state.withLock { $0.spans } }

    /// Counts one request that was answered out of memory with 200.
    func countHot() { hot.wrappingAdd(1, ordering: .relaxed) }

    /// The counts now, by route and status.
    package var snapshot: [Row] {
        var all = state.withLock { $0.counts }
        let answered = hot.load(ordering: .relaxed)
        if answered > 0 { all[Key(route: hotRoute, status: 200), default: 0] += answered }
        return all.map { Row(route: $0.key.route, status: $0.key.status, count: $0.value) }
            .sorted { ($0.route, $0.status) < ($1.route, $1.status) }
    }
}
