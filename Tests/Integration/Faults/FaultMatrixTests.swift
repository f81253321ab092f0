import FoundationEssentials
import Glibc
import Testing

/// Every way in which a plugin can break, in one host a kind: it lives, what is healthy goes on, what can recover does.
@Suite(.serialized, .enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
struct FaultMatrixTests {
    @Test(arguments: ["provider", "sink", "indicator", "model"])
    func everyFaultOfAProcessStaysWhereItIs(kind: String) async throws {
        try await hold(FaultMatrix.cells(of: "process").filter { $0.kind == kind }) { box in
            try await Self.install(kind, box)
            return try box.start(["run", "--listen", "127.0.0.1:0"])
        }
    }

    /// Plugins that share the host's memory: what they throw, answer or do not answer costs nothing else.
    @Test(arguments: ["static", "dynamic"]) func everyFaultOfASwiftPluginStaysWhereItIs(tier: String) async throws {
        try await hold(FaultMatrix.cells(of: tier)) { box in
            if tier == "static" { return try box.start([], program: "\(Program.folder)/faulty-host") }
            try await FaultyLibrary.install(box)
            return try box.start(["run", "--listen", "127.0.0.1:0"])
        }
    }

    private func hold(_ cells: [FaultCell], _ start: (Sandbox) async throws -> Child) async throws {
        try await Sandbox.with(FaultManifest(cells).text) { box in
            try Self.writeHistory(box)
            let child = try await start(box)
            let service = Service(child: child, port: try await child.port())
            let first = try await eventually("the healthy pipeline runs", or: { child.trace }) {
                let count = try Counters(service).accepted("healthy")
                return count > 0 ? count : nil
            }
            var open = cells
            try await eventually(
                "every cell ends as it should", or: { Self.rest(open, service) }
            ) {
                let counters = try Counters(service)
                open.removeAll { counters.fault(of: $0) == nil }
                return open.isEmpty ? true : nil
            }
            let last = try Counters(service).accepted("healthy")
            #expect(last > first, "the healthy pipeline stood still")
            #expect(try await service.stop() == 0, "\(child.trace)")
            // Plugins that do not end cut the stop short; the web server has nothing to say of that.
            #expect(!child.err.contains("Server shutdown error") && !child.err.contains("child channel"))
            Self.checkWhatWasSaid(of: cells, child.err)
            Self.checkRows(of: cells, box)
        }
    }

    /// The documentation shows the matrix as it is.
    @Test func theDocumentedTableIsTheMatrix() {
        let text = Files.text("\(Program.repository)/docs/operations.md")
        #expect(text.contains(FaultMatrix.table), "put this into docs/operations.md:\n\(FaultMatrix.table)")
    }

    private static func writeHistory(_ box: Sandbox) throws {
        let history = Files.text("\(Program.repository)/data/history/IBM.csv").split(separator: "\n")
        try box.makeFolder("few")
        try box.write(history.prefix(FaultMatrix.rows + 1).joined(separator: "\n") + "\n", to: "few/IBM.csv")
    }

    private static func install(_ kind: String, _ box: Sandbox) async throws {
        let sources =
            kind == "provider"
            ? [true, false].map { FaultyProvider.source(pushes: $0) } : [FaultyPlugin.source(kind)]
        for (number, source) in sources.enumerated() {
            try box.writePlugin("source/\(number)", source)
            let installed = try await box.run("plugins", "install", "source/\(number)", "--yes")
            #expect(installed.code == 0, "\(installed.err)")
        }
    }

    private static func rest(_ open: [FaultCell], _ service: Service) -> String {
        guard let counters = try? Counters(service) else { return "\nthe host does not answer\(service.child.trace)" }
        return open.map { "\n\($0.id): \(counters.fault(of: $0) ?? "")" }.joined() + service.child.trace
    }

    private static func checkWhatWasSaid(of cells: [FaultCell], _ log: String) {
        let lines = log.split(separator: "\n")
        for cell in cells where !cell.says.isEmpty {
            let isSaid = lines.contains { $0.contains("\(cell.kind)/\(cell.id)") && $0.contains(cell.says) }
            #expect(isSaid, "\(cell.id): nobody was told '\(cell.says)'")
        }
    }

    /// Every row reached the sink that works exactly once; and the one that broke, where it recovered.
    private static func checkRows(of cells: [FaultCell], _ box: Sandbox) {
        var times: [Substring: [Substring]] = [:]
        for line in box.text("out/bars.csv").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            times[fields[fields.count - 3], default: []].append(fields[0])
        }
        for cell in cells {
            let own = times[cell.id[...]] ?? []
            #expect(own.count == cell.rows && Set(own).count == own.count, "\(cell.id): \(own.count) rows in the file")
            guard cell.kind == "sink" else { continue }
            let kept = box.text("var/plugins/sink-\(cell.id)/rows.txt").split(separator: "\n")
            #expect(Set(kept).count == kept.count, "\(cell.id): rows are there twice")
            #expect(kept.count == cell.rows || cell.ends != .recovers, "\(cell.id): it has \(kept.count) rows")
        }
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
        guard accepted == Double(cell.rows), received == accepted + Double(cell.refused) else {
            return "\(received) rows received, \(accepted) accepted; wanted \(cell.rows)"
        }
        return nil
    }
}
