import HTTPTypes
import HostCore
import PluginKit

/// The state of the whole host, out of the states of its instances.
enum HostHealth: String {
    /// An instance is not ready yet.
    case starting
    /// All works.
    case ok
    /// Something does not work; data still flows.
    case degraded
    /// No provider works: nothing can come in.
    case failed
    /// The host stops.
    case draining

    /// Judges the instances; switched-off and ended ones do not count.
    init(_ statuses: [InstanceStatus]) {
        let states = statuses.map(\.state)
        let providers = statuses.filter { $0.kind == .provider && $0.state != .disabled }
        if !providers.isEmpty, providers.allSatisfy({ $0.state == .failed }) {
            self = .failed
        } else if states.contains(.draining) {
            self = .draining
        } else if states.contains(.starting) {
            self = .starting
        } else {
            self = states.contains(.failed) || states.contains(.degraded) ? .degraded : .ok
        }
    }

    /// The HTTP status a load balancer or a supervisor looks at.
    var httpStatus: HTTPResponse.Status {
        switch self {
        case .starting, .ok, .degraded: .ok
        case .failed, .draining: .serviceUnavailable
        }
    }
}
