import HostTelemetry
import TestSupport
import Testing

/// The metrics keep Prometheus' conventions, and `docs/metrics.md` says what they are.
struct MetricTableTests {
    private static let path = "docs/metrics.md"

    @Test func tablesAreCurrent() throws {
        var text = try Repository.text(Self.path)
        for (name, table) in [("metrics", Self.metrics), ("levels", Self.levels), ("alerts", Self.alerts)] {
            text = try GeneratedFile.replacing(name, with: table, in: text, of: Self.path)
        }
        try GeneratedFile.expect(Self.path, is: text)
    }

    @Test(arguments: Metric.all) func aNameSaysKindAndUnit(metric: Metric) {
        let isPlain = metric.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }
        #expect(isPlain, "\(metric.name)")
        #expect((metric.kind == .counter) == metric.name.hasSuffix("_total"), "\(metric.name)")
        #expect(metric.kind != .histogram || metric.unit == .seconds, "\(metric.name)")
        #expect(metric.help.hasSuffix("."), "\(metric.name)")
        let reserved: Set = ["job", "instance", "le", "quantile"]
        #expect(reserved.isDisjoint(with: metric.labels.map(\.name)), "\(metric.name)")
        #expect(Set(metric.labels.map(\.name)).count == metric.labels.count, "\(metric.name)")
        #expect(Metric.all.count { $0.name == metric.name } == 1, "\(metric.name)")
    }

    @Test func whatServiceLevelsCountIsThere() {
        let names = Set(Metric.all.map(\.name))
        for level in ServiceLevel.all {
            for selection in [level.bad, level.all] {
                #expect(names.contains(selection.metric), "\(level.name): \(selection.metric)")
                let labels = Metric.all.first { $0.name == selection.metric }?.labels.map(\.name) ?? []
                let asked = Set(selection.conditions.map(\.label) + level.by)
                #expect(asked.isSubset(of: labels), "\(level.name): \(selection.metric)")
            }
        }
    }

    private static var metrics: String {
        Metric.Group.allCases.map { group in
            let rows = Metric.all.filter { $0.group == group }.map(row)
            return "### \(group.rawValue)\n\n| Metric | Kind | Labels | What | Alerts |\n|---|---|---|---|---|\n"
                + rows.joined() + "\n"
        }.joined() + "### Labels\n\n| Label | Values |\n|---|---|\n" + labels
            + "\nA metric has at most \(Metric.usualMost) series; `\(Metric.all.last?.name ?? "")` says how many were left out.\n"
    }

    private static func row(_ metric: Metric) -> String {
        let labels = metric.labels.map { "`\($0.name)`" }.joined(separator: ", ")
        let alerts = Alert.all.filter { $0.reads(metric) }.map(\.name).joined(separator: ", ")
        return "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels) | \(metric.help) | \(alerts) |\n"
    }

    private static var labels: String {
        var seen: [Metric.Label] = []
        for label in Metric.all.flatMap(\.labels) where !seen.contains(label) { seen.append(label) }
        return seen.sorted { ($0.name, $0.values) < ($1.name, $1.values) }
            .map { "| `\($0.name)` | \($0.values) |\n" }.joined()
    }

    private static var levels: String {
        let rows = ServiceLevel.all.map { level in
            "| `\(level.name)` | \(percent(level.objective)) | \(level.summary) | `\(level.bad.text)` of `\(level.all.text)` |\n"
        }
        return "| Level | Objective | Good is | Bad of all |\n|---|---|---|---|\n" + rows.joined()
    }

    private static func percent(_ share: Double) -> String { "\((share * 1e6).rounded() / 1e4) %" }

    private static var alerts: String {
        let rows = Alert.all.map { alert in
            "| \(alert.name) | \(alert.severity.rawValue) | \(alert.lasting) | \(plain(alert.summary)) \(alert.remedy) |\n"
        }
        return "| Alert | Who | After | What, and what to do |\n|---|---|---|---|\n" + rows.joined()
    }

    /// A summary without the marks of its template.
    private static func plain(_ summary: String) -> String {
        var text = ""
        var rest = summary[...]
        while let open = rest.firstRange(of: "{{ "), let close = rest.firstRange(of: " }}") {
            text += rest[..<open.lowerBound]
            let words = rest[open.upperBound..<close.lowerBound]
            if words.hasPrefix("$labels.") { text += "*\(words.dropFirst("$labels.".count))*" }
            if words.hasPrefix("$value") { text += "*so many*" }
            rest = rest[close.upperBound...]
        }
        return text + rest
    }
}
