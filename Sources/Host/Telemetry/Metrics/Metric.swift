/// One metric of the host: all that is said of it, and where its numbers come from.
///
/// From this one list come the answer of `/metrics`, `docs/metrics.md`, and the panels of `deploy/grafana`; the rules of
/// `deploy/prometheus` name its metrics and no others. A metric of a new number is declared in one place:
///
/// ```swift
/// .flow("penstock_bars_received_total", .counter, "Rows the provider gave, readable or not.") { Double($0.received) }
/// ```
package struct Metric: Sendable {
    /// What kind of number it is.
    package enum Kind: String, Sendable {
        /// Only grows, until the process ends.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts in buckets.
        case histogram
    }

    /// What a number of it counts, by Prometheus' conventions: the end of its name.
    package enum Unit: String, Sendable {
        /// An instant, seconds since the Unix epoch.
        case timestamp = "timestamp_seconds"
        /// A span.
        case seconds
        /// A size.
        case bytes
        /// A share, 0 to 1.
        case ratio
        /// Rows, requests, ones; the name says which.
        case none = ""
    }

    /// What it is about: a chapter of the document, a row of the dashboard.
    package enum Group: String, Sendable, CaseIterable {
        case host = "Host"
        case pipelines = "Pipelines"
        case inputs = "Inputs beside the driving one"
        case models = "Models"
        case sinks = "Sinks"
        case risk = "Risk"
        case calls = "Stages and calls of plugins"
        case providers = "Providers"
        case plugins = "Plugins"
        case server = "API and live channels"
        case process = "Process"
    }

    /// One dimension of it, with a bound of its values.
    package struct Label: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// Where its values come from, and how many there are at most.
        package let values: String
    }

    /// The most series of one metric, where it says no other number: more are left out and counted.
    package static let usualMost = 2_000

    /// Its name: `snake_case`, the unit at the end, `_total` after it where it only grows.
    package let name: String
    /// What kind of number it is.
    package let kind: Kind
    /// One sentence.
    package let help: String
    /// What it is about.
    package let group: Group
    /// Its dimensions, in the order their values are written.
    package let labels: [Label]
    /// The most series of it that are written; those of a histogram count once.
    package let most: Int
    let read: @Sendable (MetricSource, inout MetricSamples) -> Void

    /// Declares a metric.
    init(
        _ name: String, _ kind: Kind, _ help: String, _ group: Group, _ labels: [Label] = [], most: Int = usualMost,
        read: @escaping @Sendable (MetricSource, inout MetricSamples) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.group = group
        self.labels = labels
        self.most = most
        self.read = read
    }

    /// What a number of it counts.
    package var unit: Unit {
        let stem = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
        return [Unit.timestamp, .seconds, .bytes, .ratio].first { stem.hasSuffix("_\($0.rawValue)") } ?? .none
    }
}

extension Metric.Label {
    static let pipeline = Self(name: "pipeline", values: "pipelines of the manifest")
    static let instrument = Self(name: "instrument", values: "instruments of the pipeline, the first 2,000 of the host")
    static let input = Self(name: "input", values: "inputs of the pipeline beside the driving one")
    static let model = Self(name: "model", values: "models of the pipeline")
    static let sink = Self(name: "sink", values: "sinks of the pipeline")
    static let provider = Self(name: "provider", values: "providers of the manifest")
    static let reason = Self(name: "reason", values: "reasons, of which 64 are told apart; the others are `other`")
    static let treatment = Self(name: "treatment", values: "`left`, `filled`")
    static let rule = Self(name: "rule", values: "rules of `risk`, and of the host, at most 65")
    static let found = Self(name: "figure", values: "names of what the fit of a model found, at most 256")
    static let flag = Self(name: "flag", values: "flags of predictions, at most 65")
    static let kind = Self(
        name: "kind", values: "kinds of instances; of calls `stage`, `provider`, `model`, `sink`, `flush`")
    static let id = Self(name: "id", values: "ids of the manifest; of stages `quality`, `features` ...")
    static let outcome = Self(name: "outcome", values: "`answered`, `failed`")
    static let fate = Self(name: "outcome", values: "`exported`, `refused`, `failed`, `queue_full`")
    static let state = Self(name: "state", values: "the state it is in, one of seven")
    static let version = Self(name: "version", values: "the host's version")
    static let what = Self(name: "kind", values: "kinds of rows that are kept")
    static let plugin = Self(name: "plugin", values: "instances that report numbers, as `kind/id`")
    static let figure = Self(name: "name", values: "names that a plugin gives, 32 of each instance")
    static let route = Self(name: "route", values: "routes of the API, and `unknown`")
    static let status = Self(name: "status", values: "HTTP status codes of answers")
    static let channel = Self(name: "channel", values: "live channels")
    static let cause = Self(
        name: "reason", values: "`broken`: it ended without a Close; `unresponsive`: no ping was answered")
    static let metric = Self(name: "metric", values: "names of metrics")
}
