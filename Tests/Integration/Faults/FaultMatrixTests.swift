import FoundationEssentials
import Glibc
import Testing

/// Every way in which a plugin can break, in one host: it lives, what is healthy goes on, what can recover does.
@Suite(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin")) struct FaultMatrixTests {
    @Test func everyFaultStaysWhereItIs() async throws {
        try await Sandbox.with(Self.manifest) { box in
            for pushes in [true, false] {
                let folder = "source/\(pushes ? "push" : "pull")"
                try box.writePlugin(folder, FaultyProvider.source(pushes: pushes))
                let installed = try await box.run("plugins", "install", folder, "--yes")
                #expect(installed.code == 0, "\(installed.err)")
            }
            let child = try box.start(["run", "--listen", "127.0.0.1:0"])
            let service = Service(child: child, port: try await child.port())
            let first = try await eventually("the healthy pipeline runs", or: { child.trace }) {
                let count = try Counters(service).accepted("healthy")
                return count > 0 ? count : nil
            }
            var open = FaultMatrix.cells
            try await eventually(
                "every cell ends as it should", within: .seconds(120), or: { Self.rest(open, service) }
            ) {
                let counters = try Counters(service)
                open.removeAll { counters.fault(of: $0) == nil }
                return open.isEmpty ? true : nil
            }
            let last = try Counters(service).accepted("healthy")
            #expect(last > first, "the healthy pipeline stood still")
            #expect(try await service.stop() == 0, "\(child.trace)")
            try Self.checkWhatWasSaid(child.err)
            Self.checkRows(box.text("out/bars.csv"))
        }
    }

    /// The documentation shows the matrix as it is.
    @Test func theDocumentedTableIsTheMatrix() {
        let text = Files.text("\(Program.repository)/docs/operations.md")
        #expect(text.contains(FaultMatrix.table), "put this into docs/operations.md:\n\(FaultMatrix.table)")
    }

    private static func rest(_ open: [FaultCell], _ service: Service) -> String {
        guard let counters = try? Counters(service) else { return "\nthe host does not answer\(service.child.trace)" }
        return open.map { "\n\($0.id): \(counters.fault(of: $0) ?? "")" }.joined() + service.child.trace
    }

    private static func checkWhatWasSaid(_ log: String) throws {
        let lines = log.split(separator: "\n")
        for cell in FaultMatrix.cells {
            let isSaid = lines.contains { $0.contains("\(cell.kind)/\(cell.id)") && $0.contains(cell.says) }
            #expect(isSaid, "\(cell.id): nobody was told '\(cell.says)'")
        }
    }

    /// Every row of a cell reached the sink exactly once.
    private static func checkRows(_ file: String) {
        var times: [Substring: [Substring]] = [:]
        for line in file.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            times[fields[fields.count - 3], default: []].append(fields[0])
        }
        for cell in FaultMatrix.cells {
            let own = times[cell.id[...]] ?? []
            #expect(own.count == cell.rows && Set(own).count == own.count, "\(cell.id): \(own.count) rows in the file")
        }
    }

    private static var manifest: String {
        var (providers, routes, pipelines) = ("", "", "")
        for cell in FaultMatrix.cells {
            let plugin = cell.call == "fetch" ? "faulty_pull" : "faulty_push"
            let silence = ["pause", "hang"].contains(cell.fault) && cell.call == "stream" ? ", silence: 1s" : ""
            providers +=
                "  \(cell.id): { plugin: \(plugin), call: \(cell.call), fault: \(cell.fault), when: \(cell.when), "
                + "on_failure: \(cell.policy) }\n"
            routes += "  \(cell.id): { from: [\(cell.id)], poll: 1s\(silence) }\n"
            pipelines += "  \(cell.id): { instruments: [one], route: \(cell.id), indicators: [], models: [] }\n"
        }
        return """
            version: 1
            host: { listen: "127.0.0.1:0", state: var, stop_timeout: 60s }
            instruments: { one: [IBM], healthy: [AAPL] }
            providers:
              history: { plugin: local_history, path: data, pace: 50ms }
            \(providers)
            routes:
              healthy: { from: [history] }
            \(routes)
            sinks:
              files: { plugin: csv, path: out }
            pipelines:
              healthy: { instruments: [healthy], route: healthy, indicators: [], models: [] }
            \(pipelines)
            """
    }
}

/// What a host says of its pipelines and instances at one time.
private struct Counters {
    private var pipelines: [String: JSON] = [:]
    private var instances: [String: (state: String, message: String)] = [:]

    init(_ service: Service) throws {
        for item in try service.json("/api/v2/system/metrics")["pipelines"].items {
            pipelines[item["pipeline"].text ?? ""] = item
        }
        // A host whose parts do not work says so with another status, and answers.
        let health = try HTTP.get("/api/v2/system/health", port: service.port)
        for item in try JSON(parsing: health.text)["instances"].items {
            let name = "\(item["kind"].text ?? "")/\(item["id"].text ?? "")"
            instances[name] = (item["state"].text ?? "", item["message"].text ?? "")
        }
    }

    func accepted(_ pipeline: String) -> Int { Int(pipelines[pipeline]?["accepted"].number ?? 0) }

    /// What is not yet as the cell says; `nil` where all is.
    func fault(of cell: FaultCell) -> String? {
        let own = instances["\(cell.kind)/\(cell.id)"] ?? ("", "")
        let state = cell.ends == .recovers ? "ok" : cell.ends.rawValue
        guard own.state == state else { return "it is '\(own.state)' (\(own.message)); wanted \(state)" }
        guard cell.ends == .recovers || own.message.contains(cell.says) else { return "it says '\(own.message)'" }
        let pipeline = pipelines[cell.id] ?? .null
        let (accepted, received) = (pipeline["accepted"].number ?? 0, pipeline["received"].number ?? 0)
        guard accepted == Double(cell.rows), received == accepted else {
            return "\(received) rows received, \(accepted) accepted; wanted \(cell.rows)"
        }
        return nil
    }
}
