/// The manifest of cells of one kind: a pipeline for each, and one that is healthy.
struct FaultManifest {
    private var sections: [String: String] = [:]
    private var pipelines = ""

    init(_ cells: [FaultCell]) {
        for cell in cells { add(cell) }
    }

    private mutating func add(_ cell: FaultCell) {
        let id = cell.id
        let plugin =
            cell.kind != "provider" ? "faulty" : cell.call == "fetch" ? "faulty_pull" : "faulty_push"
        let more =
            cell.kind == "model"
            ? ", target: { return: 1 bar }, features: [plain], validation: { folds: 2, min_train: 20 }"
            : cell.kind == "sink" ? ", records: [bars]" : ""
        sections[cell.kind, default: ""] +=
            "  \(id): { plugin: \(plugin), call: \(cell.call), fault: \(cell.fault), when: \(cell.when), "
            + "on_failure: \(cell.policy)\(more) }\n"
        if cell.kind == "provider" {
            // Its bars are years old: where it is asked, that is not what is tried here.
            let isSilent = ["pause", "hang", "deaf"].contains(cell.fault) && ["stream", "fetch"].contains(cell.call)
            let silence = ", silence: \(isSilent ? "1s" : "1h")"
            sections["route", default: ""] += "  \(id): { from: [\(id)], poll: 1s\(silence) }\n"
        }
        let own = { (kind: String) in cell.kind == kind ? id : "" }
        pipelines +=
            "  \(id): { instruments: [one], route: \(cell.kind == "provider" ? id : "few"), "
            + "indicators: [\(cell.kind == "model" ? "plain" : own("indicator"))], models: [\(own("model"))], "
            + "sinks: [files\(cell.kind == "sink" ? ", \(id)" : "")] }\n"
    }

    private func section(_ kind: String) -> String { sections[kind] ?? "" }

    /// The whole file.
    var text: String {
        """
        version: 1
        host: { listen: "127.0.0.1:0", state: var, stop_timeout: 20s }
        instruments: { one: [IBM], healthy: [AAPL] }
        providers:
          history: { plugin: local_history, path: data, pace: 50ms }
          few: { plugin: local_history, path: few, batch: 12, follow: true }
        \(section("provider"))
        routes:
          healthy: { from: [history] }
          few: { from: [few] }
        \(section("route"))
        indicators:
          plain: { plugin: sma, period: 2 }
        \(section("indicator"))
        \(sections["model"].map { "models:\n\($0)" } ?? "")
        sinks:
          files: { plugin: csv, path: out, records: [bars] }
        \(section("sink"))
        pipelines:
          healthy: { instruments: [healthy], route: healthy, indicators: [], models: [], sinks: [files] }
        \(pipelines)
        """
    }
}
