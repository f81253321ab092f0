import HostCore
import PluginKit

extension RiskReport.AlertRow {
    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> RiskReport.AlertRow? { RiskReport.decoded(json) }
}

extension RiskReport.Reading {
    /// A number of the rule in words.
    fileprivate func amount(_ number: Double, _ currency: String) -> String {
        RiskText.amount(number, RiskUnit(rawValue: unit) ?? .number, currency)
    }
}

extension RiskReport.Exposure {
    /// The report in lines.
    package var text: String {
        func money(_ number: Double?) -> String { number.map { RiskText.amount($0, .currency, currency) } ?? "-" }
        func part(_ number: Double?) -> String { number.map { RiskText.amount($0, .fraction, currency) } ?? "-" }
        let lines = [
            ("positions", "\(positions), \(unpriced) without a price"), ("gross", money(gross)), ("net", money(net)),
            ("equity", money(equity)), ("daily loss", money(dailyLoss)), ("drawdown", part(drawdown)),
            ("VaR 99 %", "\(money(valueAtRisk)) by history, \(money(weightedValueAtRisk)) by EWMA"),
            ("ES 99 %", "\(money(expectedShortfall)) by history, \(money(weightedShortfall)) by EWMA"),
            ("history", "\(window) bars, \(covered) of \(positions) positions"),
            ("limits", "version \(limitsVersion), \(open) alerts not resolved"),
        ].map { name, value in name + String(repeating: " ", count: 12 - name.count) + value + "\n" }
        let table = TextTable(
            header: ["RULE", "SUBJECT", "VALUE", "LIMIT", ""],
            rows: readings.map {
                [
                    $0.rule, PluginError.shown($0.subject), $0.amount($0.value, currency),
                    $0.amount($0.limit, currency),
                    $0.broken ? "broken" : "",
                ]
            }, isRight: [false, false, true, true])
        return lines.joined() + (readings.isEmpty ? "" : "\n" + table.text)
    }
}

extension RiskReport.Alerts {
    /// The report in lines.
    package var text: String {
        let head =
            alerts.isEmpty
            ? "No alerts.\n"
            : TextTable(
                header: ["ID", "STATE", "SEVERITY", "RULE", "SINCE (UTC)", "MESSAGE"],
                rows: alerts.map { alert in
                    [
                        "\(alert.id)", alert.drill ? "drill" : alert.state, alert.severity, alert.rule, alert.openedAt,
                        PluginError.shown(alert.message, limit: 400),
                    ]
                }, isRight: [true]
            ).text
        let told = sinks.map { sink in
            let fault = sink.fault.map { ": \(PluginError.shown($0, limit: 400))" } ?? ""
            return
                "sink/\(sink.sink): told through change \(sink.told), \(sink.waiting) wait, \(sink.dropped) refused\(fault)\n"
        }
        return head + told.joined()
    }
}

extension RiskReport.Check {
    /// The report in lines.
    package var text: String {
        guard !allowed else { return "Allowed at \(price): no limit would be broken.\n" }
        return "Not allowed at \(price):\n"
            + breaches.map { breach in
                "  \(breach.rule) \(PluginError.shown(breach.subject)): \(breach.value), limit \(breach.limit)\n"
            }.joined()
    }
}
