import HostCore

/// A host as it is at one moment: what the numbers of metrics are read from.
struct MetricSource {
    let view: HostView
    /// Nanoseconds since the Unix epoch, UTC.
    let now: Int64
    let flows: [FlowSnapshot]
    let instances: [InstanceStatus]
    let providers: [(id: String, standing: ProviderGate.Report)]
    let freshness: [Freshness]
    let server: ServerCounters?
    let process: ProcessFigures?
    let figures: HostFigures?

    init(_ view: HostView, server: ServerCounters?, process: ProcessFigures?, figures: HostFigures?, now: Int64) {
        self.view = view
        self.now = now
        flows = view.counters()
        instances = view.board.all
        providers = view.providers()
        freshness = view.freshness()
        self.server = server
        self.process = process
        self.figures = figures
    }
}
