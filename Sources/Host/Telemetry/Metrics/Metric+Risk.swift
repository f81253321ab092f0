import HostCore

/// What watching risk counts.
extension Metric {
    static let risk: [Metric] = [
        figure("penstock_risk_alerts_open", .gauge, "Alerts of risk rules that are not resolved.") { $1.add($0.open) },
        figure(
            "penstock_risk_alerts_suppressed_total", .counter,
            "Alerts of risk rules that would have opened within the cooldown of one before."
        ) { $1.add($0.suppressed) },
        figure("penstock_risk_prices_total", .counter, "Prices of instruments that are held.") { $1.add($0.prices) },
        figure(
            "penstock_risk_prices_replaced_total", .counter,
            "Prices that a newer one replaced before they were looked at."
        ) { $1.add($0.replaced) },
        figure(
            "penstock_risk_changes_waiting", .gauge, "Changes of alerts that a sink was not told of yet.", [.sink]
        ) { $1.add($0.waiting) },
    ]

    private static func figure(
        _ name: String, _ kind: Kind, _ help: String, _ labels: [Label] = [],
        _ body: @escaping @Sendable (HostFigures.Risk, inout MetricSamples) -> Void
    ) -> Metric {
        Metric(name, kind, help, .risk, labels) { source, samples in
            if let risk = source.figures?.risk { body(risk, &samples) }
        }
    }
}
