/// What the host promises over time, as a share that may be bad: its objective, and what counts.
///
/// ```
/// share = bad / all        budget = 1 - objective        burn rate = share / budget
/// ```
/// Prometheus records the share over each of `windows`; `penstock status --slo` takes it since the start of the host.
package struct ServiceLevel: Sendable {
    /// Series of a metric.
    package struct Selection: Sendable {
        /// What a label's value must be.
        package enum Condition: Sendable {
            /// It begins with this.
            case begins(String)
            /// It does not.
            case beginsNot(String)
        }

        /// The metric.
        package let metric: String
        /// What its labels must be.
        package let conditions: [(label: String, condition: Condition)]

        init(_ metric: String, _ conditions: [(label: String, condition: Condition)] = []) {
            (self.metric, self.conditions) = (metric, conditions)
        }

        /// The selector in PromQL.
        package var text: String {
            guard !conditions.isEmpty else { return metric }
            let words = conditions.map { label, condition in
                switch condition {
                case .begins(let text): "\(label)=~\"\(text).*\""
                case .beginsNot(let text): "\(label)!~\"\(text).*\""
                }
            }
            return "\(metric){\(words.joined(separator: ","))}"
        }

        /// Whether a series is one of them.
        package func takes(_ series: MetricText.Series) -> Bool {
            series.name == metric
                && conditions.allSatisfy { label, condition in
                    let value = series.labels[label] ?? ""
                    return switch condition {
                    case .begins(let text): value.hasPrefix(text)
                    case .beginsNot(let text): !value.hasPrefix(text)
                    }
                }
        }
    }

    /// How a share over a window is taken.
    package enum Form: Sendable {
        /// Of counters: by how much they grew.
        case growth
        /// The same, and the time in which the host did not answer is bad as well.
        case growthAndAnswers
        /// Of gauges: their mean.
        case mean
    }

    /// Its name: the label `slo`.
    package let name: String
    /// The share that is to be good.
    package let objective: Double
    /// One sentence.
    package let summary: String
    /// The labels it is kept apart by.
    package let by: [String]
    /// What is bad.
    package let bad: Selection
    /// Everything.
    package let all: Selection
    /// How it is taken.
    package let form: Form

    /// The share that may be bad.
    package var budget: Double { ((1 - objective) * 1e9).rounded() / 1e9 }
}

extension ServiceLevel {
    /// Every service level.
    package static let all = [
        ServiceLevel(
            name: "availability", objective: 0.999, summary: "Time in which `/health` answers 200.", by: [],
            bad: Selection("penstock_unavailable_seconds_total"), all: Selection("penstock_uptime_seconds"),
            form: .growthAndAnswers),
        ServiceLevel(
            name: "provider", objective: 0.995, summary: "Requests to each provider that it answers.", by: ["provider"],
            bad: Selection("penstock_provider_requests_total", [("outcome", .begins("failed"))]),
            all: Selection("penstock_provider_requests_total"), form: .growth),
        ServiceLevel(
            name: "api", objective: 0.999,
            summary: "Requests to the API, but for `/health`, that are answered without a 5xx.",
            by: [],
            bad: Selection(
                "penstock_http_requests_total", [("route", .beginsNot("/health")), ("status", .begins("5"))]),
            all: Selection("penstock_http_requests_total", [("route", .beginsNot("/health"))]), form: .growth),
        ServiceLevel(
            name: "websocket", objective: 0.99, summary: "WebSocket connections that one of both sides closes.", by: [],
            bad: Selection("penstock_websocket_connections_dropped_total"),
            all: Selection("penstock_websocket_connections_total"), form: .growth),
        ServiceLevel(
            name: "freshness", objective: 0.99,
            summary: "Instruments with an event within the silence that their route allows, by the venue's calendar.",
            by: ["pipeline"], bad: Selection("penstock_instruments_stale"),
            all: Selection("penstock_instruments_followed"), form: .mean),
    ]

    /// The windows over which shares are recorded, as Prometheus writes spans.
    package static let windows = ["5m", "30m", "1h", "6h", "3d"]

    /// What recorded shares begin with.
    package static let errors = "penstock:slo_errors:"

    /// The name of the series that has the share over a window.
    package static func series(_ window: String) -> String { "\(errors)ratio_\(window)" }

    /// The name of the series that has the budget.
    package static let budgets = "penstock:slo_budget:ratio"

    /// PromQL of the share over a window.
    package func share(over window: String) -> String {
        let by = (["job"] + by).joined(separator: ", ")
        func sum(_ selection: Selection) -> String {
            "sum by (\(by)) (\(form == .mean ? "avg_over_time" : "rate")(\(selection.text)[\(window)]))"
        }
        let share = "(\(sum(bad)) or 0 * \(sum(all))) / (\(sum(all)) > 0)"
        guard form == .growthAndAnswers else { return share }
        let answers = "avg by (job) (avg_over_time(up{job=\"penstock\"}[\(window)]))"
        return "(1 - \(answers) * (1 - \(share))) or (1 - \(answers))"
    }
}
