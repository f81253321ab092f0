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
        let source = MetricSource(view, server: server, process: process, figures: figures, now: now)
        var text = PrometheusWriter()
        for metric in Metric.read { text.write(metric) { metric.read(source, &$0) } }
        let omitted = text.omitted
        text.write(Metric.omitted) { $0.add(omitted) }
        return text.bytes
    }
}
