import HostCore

/// Whether the host serves what it is there for: each pipeline has served its first value, or has ended.
struct Readiness {
    /// What is waited for, one sentence a pipeline; empty once all serve.
    let waiting: [String]

    /// Looks at a host.
    init(_ view: HostView) {
        let pipelines = view.board.all.filter { $0.kind == .pipeline }
        guard !pipelines.isEmpty else {
            waiting = view.latest.instruments.isEmpty ? ["host: no pipeline runs yet."] : []
            return
        }
        let accepted = Dictionary(
            view.counters().map { ($0.pipeline, $0.accepted) }, uniquingKeysWith: { first, _ in first })
        waiting = pipelines.compactMap { pipeline in
            switch pipeline.state {
            case .stopped, .failed, .disabled: nil
            case .starting: "\(pipeline.name): it is starting. \(pipeline.message)".trimmed
            case .ok, .degraded, .draining:
                accepted[pipeline.id, default: 0] > 0
                    ? nil : "\(pipeline.name): no bar has come yet. \(pipeline.message)".trimmed
            }
        }
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
