import CivilTime
import HostApp
import HostCore
import HostManifest
import HostSecurity
import PluginKit

/// Where commands about refused rows are carried out: by the host that runs, else on the state folder itself.
struct QuarantineSession {
    /// What can be done with rows.
    enum Action { case release, delete }

    private let manifest: Manifest
    private let host: RunningHost?

    init(_ manifest: Manifest) {
        self.manifest = manifest
        host = RunningHost.find(manifest)
    }

    /// Returns the rows that match.
    func list(_ query: QuarantineQuery) async throws -> QuarantineReport {
        guard let host else { return try await onFolder { try await $0.list(query) } }
        return try asked(host, "GET", "?" + Self.text(query), QuarantineReport.read)
    }

    /// Releases or deletes rows.
    func act(_ action: Action, _ ids: [Int64]) async throws -> QuarantineOutcome {
        guard let host else {
            return try await onFolder(logging: action, ids) {
                action == .release ? try await $0.release(ids) : try await $0.delete(ids)
            }
        }
        let rows = "?ids=" + ids.map(String.init).joined(separator: ",")
        return action == .release
            ? try asked(host, "POST", "/release" + rows, QuarantineOutcome.read)
            : try asked(host, "DELETE", rows, QuarantineOutcome.read)
    }

    private func onFolder<Result>(
        logging action: Action? = nil, _ ids: [Int64] = [], _ body: (QuarantineDesk) async throws -> Result
    ) async throws -> Result {
        let state = try StateAtRest(manifest, who: "quarantine")
        do {
            let result = try await body(state.quarantine)
            if let action {
                let who = AuditEntry.Actor(name: VersionSession.user, role: "-", proof: "command", from: "local")
                let rows = "rows \(ids.map(String.init).joined(separator: ","))"
                await state.audit.write(who, AuditEntry.Event("quarantine.\(action)", rows))
            }
            return result
        } catch let error as PluginError {
            throw HostError(exitCode: error.exitCode, "quarantine: \(error.message)")
        }
    }

    private func asked<Result>(
        _ host: RunningHost, _ method: String, _ target: String, _ read: ([UInt8]) -> Result?
    ) throws -> Result {
        let answer = try LocalClient.ask(host, method, "/api/v2/quarantine" + target)
        guard answer.status == 200, let result = read(answer.body) else {
            throw HostError(
                exitCode: 1,
                "quarantine: the host answered \(answer.status): \(LocalClient.message(answer.body))")
        }
        return result
    }

    private static func text(_ query: QuarantineQuery) -> String {
        var parts = ["limit=\(max(1, query.limit))", "released=\(query.hasReleased)"]
        if !query.ids.isEmpty { parts.append("ids=" + query.ids.map(String.init).joined(separator: ",")) }
        if !query.pipelines.isEmpty { parts.append("pipelines=" + query.pipelines.map(escaped).joined(separator: ",")) }
        for (name, value) in [("source", query.source), ("instrument", query.instrument), ("reason", query.reason)] {
            if let value { parts.append("\(name)=\(escaped(value))") }
        }
        if query.range.lowerBound > .min { parts.append("from=" + ISO8601.format(query.range.lowerBound)) }
        if query.range.upperBound < .max { parts.append("to=" + ISO8601.format(query.range.upperBound)) }
        return parts.joined(separator: "&")
    }

    /// A text as it stands in a query.
    static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain || [0x2D, 0x2E, 0x5F].contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}

extension QuarantineReport {
    /// A line a row.
    var table: String {
        guard !rows.isEmpty else { return "Nothing that was refused matches.\n" }
        let lines = rows.map { row in
            [
                "\(row.id)", row.pipeline, row.instrument ?? "-", row.time ?? "-", row.reason, row.source, row.place,
                row.releasedAt == nil ? "" : "released",
            ]
        }
        let table = TextTable(
            header: ["ID", "PIPELINE", "INSTRUMENT", "TIME (UTC)", "REASON", "SOURCE", "PLACE", "STATE"], rows: lines,
            isRight: [true])
        let more = total > rows.count ? "\(rows.count) of \(total) rows; `--limit` shows more.\n" : ""
        return table.text + more
    }

    /// A paragraph a row.
    var details: String {
        rows.map { row in
            let origin =
                "\(row.source), try \(row.attempts), \(row.came)" + (row.fetchedAt.map { ", asked for \($0)" } ?? "")
            let lines = [
                ("row", "\(row.id)"), ("pipeline", row.pipeline), ("instrument", row.instrument ?? "not known"),
                ("time", row.time ?? "not known"), ("reason", row.reason), ("message", row.message),
                ("source", origin), ("place", row.place.isEmpty ? "not said" : row.place), ("content", row.raw),
                ("refused", row.refusedAt), ("released", row.releasedAt ?? "no"),
            ]
            return lines.map { name, text in
                name + String(repeating: " ", count: 12 - name.count) + PluginError.shown(text, limit: 4_000) + "\n"
            }.joined()
        }.joined(separator: "\n")
    }
}
