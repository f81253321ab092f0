/// What an operator is told of: a rule over the metrics, with what to do.
///
/// `deploy/prometheus/alerts.yaml` and its tests are written from the list. Expressions name metrics of `Metric.all`,
/// series that a `ServiceLevel` records, and `up`.
package struct Alert: Sendable {
    /// Who is told.
    package enum Severity: String, Sendable {
        /// Somebody, now.
        case page
        /// Somebody, on the next working day.
        case ticket
    }

    /// Series under which it fires, in the notation of `promtool test rules`.
    package struct Example: Sendable {
        /// Each series with its values.
        package let series: [(name: String, values: String)]
        /// Span between two values.
        package let interval: String
        /// When it fires.
        package let time: String

        init(_ series: [(name: String, values: String)], every interval: String = "1m", at time: String = "40m") {
            (self.series, self.interval, self.time) = (series, interval, time)
        }
    }

    /// Its name.
    package let name: String
    /// Who is told.
    package let severity: Severity
    /// PromQL; it fires for each series it gives.
    package let expression: String
    /// How long it must hold first, as Prometheus writes spans.
    package let lasting: String
    /// One sentence of facts; `$labels` and `$value` may stand in it.
    package let summary: String
    /// What to do.
    package let remedy: String
    /// When it fires.
    package let example: Example

    init(
        _ name: String, _ severity: Severity, _ expression: String, for lasting: String = "0s", _ summary: String,
        _ remedy: String, on example: Example
    ) {
        self.name = name
        self.severity = severity
        self.expression = expression
        self.lasting = lasting
        self.summary = summary
        self.remedy = remedy
        self.example = example
    }

    /// Whether it reads a metric, itself or through what a service level records.
    package func reads(_ metric: Metric) -> Bool {
        let names = Set(expression.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }.map(String.init))
        let suffixes = metric.kind == .histogram ? ["_bucket", "_count", "_sum"] : [""]
        if suffixes.contains(where: { names.contains(metric.name + $0) }) { return true }
        return names.contains { $0.hasPrefix(ServiceLevel.errors) }
            && ServiceLevel.all.contains { [$0.bad.metric, $0.all.metric].contains(metric.name) }
    }
}
