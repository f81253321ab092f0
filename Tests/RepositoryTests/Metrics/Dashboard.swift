import FoundationEssentials
import HostTelemetry

/// A Grafana dashboard as its file has it; written from the tables of metrics, service levels and alerts.
struct Dashboard: Encodable {
    struct Source: Encodable {
        let type = "prometheus"
        let uid = "${datasource}"
    }

    struct Place: Encodable {
        let h: Int
        let w: Int
        let x: Int
        let y: Int
    }

    struct Query: Encodable {
        let datasource = Source()
        let expr: String
        let legendFormat: String
        let refId: String
    }

    struct Fields: Encodable {
        struct Defaults: Encodable {
            let unit: String
        }
        let defaults: Defaults
        let overrides: [String] = []
    }

    struct Panel: Encodable {
        let id: Int
        let type: String
        let title: String
        var description: String?
        let gridPos: Place
        var datasource: Source?
        var fieldConfig: Fields?
        var targets: [Query]?
        var collapsed: Bool?
    }

    struct Variable: Encodable {
        let name: String
        let type: String
        let query: String
        var datasource: Source?
        var includeAll: Bool?
        var multi: Bool?
        var refresh: Int?
    }

    struct Variables: Encodable {
        let list = [
            Variable(name: "datasource", type: "datasource", query: "prometheus"),
            Variable(
                name: "instance", type: "query", query: "label_values(penstock_build_info, instance)",
                datasource: Source(),
                includeAll: true, multi: true, refresh: 2),
        ]
    }

    struct Span: Encodable {
        let from = "now-1h"
        let to = "now"
    }

    let uid: String
    let title: String
    let tags = ["penstock"]
    let schemaVersion = 38
    let editable = true
    let refresh = "10s"
    let timezone = "utc"
    let time = Span()
    let templating = Variables()
    private(set) var panels: [Panel] = []

    init(uid: String, title: String) { (self.uid, self.title) = (uid, title) }

    /// The file's text.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// Begins a row with a heading.
    mutating func row(_ title: String) {
        panels.append(
            Panel(
                id: panels.count + 1, type: "row", title: title, gridPos: Place(h: 1, w: 24, x: 0, y: bottom),
                collapsed: false))
        column = 0
    }

    /// Adds a panel of lines, two beside each other.
    mutating func lines(_ title: String, _ description: String, unit: String, _ queries: [(String, legend: String)]) {
        let y = column == 0 ? bottom : panels.last?.gridPos.y ?? 0
        panels.append(
            Panel(
                id: panels.count + 1, type: "timeseries", title: title, description: description,
                gridPos: Place(h: 8, w: 12, x: 12 * column, y: y), datasource: Source(),
                fieldConfig: Fields(defaults: .init(unit: unit)),
                targets: queries.enumerated().map { number, query in
                    Query(
                        expr: query.0, legendFormat: query.legend,
                        refId: String(Character(UnicodeScalar(UInt8(65 + number)))))
                }))
        column = 1 - column
    }

    private var column = 0
    private var bottom: Int { panels.map { $0.gridPos.y + $0.gridPos.h }.max() ?? 0 }

    private enum CodingKeys: CodingKey {
        case uid, title, tags, schemaVersion, editable, refresh, timezone, time, templating, panels
    }
}

extension Dashboard {
    static let folder = "deploy/grafana"

    /// Every dashboard by the name of its file.
    static var all: [(file: String, Dashboard)] { [("overview.json", overview), ("metrics.json", metrics)] }

    /// What an operator looks at first.
    private static var overview: Dashboard {
        var board = Dashboard(uid: "penstock-overview", title: "Penstock: overview")
        board.row("Service levels")
        board.lines(
            "Alerts that fire", "By name and who is told.", unit: "short",
            [
                (
                    #"sum by (alertname, severity) (ALERTS{alertstate="firing"}) or vector(0)"#,
                    "{{alertname}} {{severity}}"
                )
            ])
        for level in ServiceLevel.all {
            let legend = (["slo"] + level.by).map { "{{\($0)}}" }.joined(separator: " ")
            board.lines(
                "Burn rate: \(level.name)", "\(level.summary) 1 uses up the budget exactly.", unit: "short",
                ["5m", "1h", "6h"].map { window in
                    (
                        "\(ServiceLevel.series(window)){slo=\"\(level.name)\"} / on (slo) group_left () \(ServiceLevel.budgets)",
                        "\(legend) \(window)"
                    )
                })
        }
        board.row("How long it takes")
        for metric in Metric.all where metric.kind == .histogram {
            let legend = metric.labels.map { "{{\($0.name)}}" }.joined(separator: " ")
            board.lines(
                title(metric), metric.help, unit: "s",
                [50, 99].map { ("\(RuleFile.series(metric, $0)){\(instance)}", "\(legend) p\($0)") })
        }
        let shown = [
            "penstock_bars_received_total", "penstock_bars_rejected_total", "penstock_last_event_timestamp_seconds",
            "penstock_instruments_stale", "penstock_ingest_waiting", "penstock_sink_waiting",
            "penstock_sink_dropped_total",
            "penstock_predictions_total", "penstock_provider_requests_left", "penstock_instance_state",
        ]
        board.row("Data, queues, budgets")
        for metric in Metric.all where shown.contains(metric.name) { board.add(metric) }
        return board
    }

    /// Every metric, a panel each.
    private static var metrics: Dashboard {
        var board = Dashboard(uid: "penstock-metrics", title: "Penstock: every metric")
        for group in Metric.Group.allCases {
            board.row(group.rawValue)
            for metric in Metric.all where metric.group == group { board.add(metric) }
        }
        return board
    }

    private static let instance = #"instance=~"$instance""#

    private mutating func add(_ metric: Metric) {
        let names = metric.labels.map(\.name)
        let legend = names.isEmpty ? "{{instance}}" : names.map { "{{\($0)}}" }.joined(separator: " ")
        func rate(_ suffix: String, _ by: [String]) -> String {
            "sum by (\((["instance"] + by).joined(separator: ", "))) "
                + "(rate(\(metric.name)\(suffix){\(Self.instance)}[$__rate_interval]))"
        }
        let queries: [(String, legend: String)] =
            switch metric.kind {
            case .counter: [(rate("", names), legend)]
            case .gauge where metric.unit == .timestamp: [("time() - \(metric.name){\(Self.instance)}", legend)]
            case .gauge: [("\(metric.name){\(Self.instance)}", legend)]
            case .histogram:
                [0.5, 0.99].map { ("histogram_quantile(\($0), \(rate("_bucket", names + ["le"])))", "\(legend) \($0)") }
            }
        lines(Self.title(metric), metric.help, unit: Self.unit(metric), queries)
    }

    private static func title(_ metric: Metric) -> String {
        let words = metric.name.replacing("penstock_", with: "").replacing("_total", with: "").replacing("_", with: " ")
        return switch (metric.kind, metric.unit) {
        case (.counter, .seconds): "\(words) per second"
        case (.counter, _): "\(words) per second"
        case (_, .timestamp): "\(words.replacing(" timestamp seconds", with: "")): age"
        default: words
        }
    }

    private static func unit(_ metric: Metric) -> String {
        switch metric.unit {
        case .timestamp, .seconds: metric.kind == .counter ? "percentunit" : "s"
        case .bytes: "bytes"
        case .ratio: "percentunit"
        case .none: metric.kind == .counter ? "cps" : "short"
        }
    }
}
