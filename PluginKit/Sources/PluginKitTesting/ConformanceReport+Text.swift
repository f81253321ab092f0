import PluginKit

extension ConformanceReport {
    /// The report as one JSON object; keys are stable, numbers that are not finite are `null`.
    public var json: String {
        let shownChecks = checks.map { check in
            var pairs = [
                ("name", quoted(check.name)), ("area", quoted(check.area.rawValue)),
                ("outcome", quoted(check.outcome.word)), ("duration", quoted(check.duration.rawValue)),
            ]
            if let reason = check.outcome.reason { pairs.append(("reason", quoted(reason))) }
            return object(pairs)
        }
        let shownFindings = findings.map { object([("check", quoted($0.check)), ("message", quoted($0.message))]) }
        let shownFigures = figures.map {
            object([("name", quoted($0.name)), ("value", number($0.value)), ("unit", quoted($0.unit))])
        }
        return object([
            ("plugin", quoted(plugin)), ("version", quoted(version)), ("tier", quoted(tier.rawValue)),
            ("level", quoted(level.rawValue)), ("checks", array(shownChecks)), ("findings", array(shownFindings)),
            ("performance", array(shownFigures)),
        ])
    }

    /// The report as lines for people: one a check, findings below theirs, the level last.
    public var text: String {
        var lines = ["\(plugin) \(version) (\(tier.rawValue))"]
        for check in checks {
            let reason = check.outcome.reason.map { ": \($0)" } ?? ""
            lines.append("  \(padded(check.outcome.word, 15))\(padded(check.area.rawValue, 14))\(check.name)\(reason)")
            for finding in findings where finding.check == check.name { lines.append("      \(finding.message)") }
        }
        for figure in figures { lines.append("  \(padded(figure.name, 29))\(figure.value) \(figure.unit)") }
        return (lines + ["level: \(level.rawValue)"]).joined(separator: "\n")
    }

    private func object(_ pairs: [(String, String)]) -> String {
        "{\(pairs.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ","))}"
    }

    private func array(_ items: [String]) -> String { "[\(items.joined(separator: ","))]" }

    private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }

    private func quoted(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": shown += "\\\""
            case "\\": shown += "\\\\"
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown + "\""
    }
}
