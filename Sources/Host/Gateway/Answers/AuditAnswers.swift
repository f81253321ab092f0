package import HostSecurity
import JSONWriting
import PluginKit

/// How the gateway reads the log of changes; the composition root gives it.
package struct AuditControl: Sendable {
    /// Returns the newest lines, the oldest of them first.
    package let newest: @Sendable (_ count: Int) async throws -> [AuditEntry]

    /// Creates a control.
    package init(newest: @escaping @Sendable (Int) async throws -> [AuditEntry]) { self.newest = newest }
}

/// `/api/v2/audit`: who changed what.
struct AuditAnswers: Sendable {
    /// How many lines.
    static let limit = Parameter("limit", .count(1...10_000), standard: "100")

    /// What reads the log; `nil` where there is none.
    let control: AuditControl?

    /// Answers with the newest lines, the newest first.
    func list(_ query: QueryParameters) async throws -> Reply {
        guard let control else {
            throw GatewayError(.noAudit, "gateway: this host keeps no log of changes.")
        }
        let entries: [AuditEntry]
        do {
            entries = try await control.newest(query["limit"].flatMap { Int($0) } ?? 100)
        } catch let error as PluginError {
            throw GatewayError.store(error)
        }
        var json = JSONText(capacity: 4_096)
        json.object { json in
            json.key("entries")
            json.array { json in for entry in entries.reversed() { json.object { Self.append(entry, to: &$0) } } }
        }
        return Reply(json)
    }

    private static func append(_ entry: AuditEntry, to json: inout JSONText) {
        json.field("number", entry.number)
        for (name, text) in [
            ("time", entry.time), ("who", entry.who), ("role", entry.role), ("proof", entry.proof),
            ("from", entry.from), ("action", entry.action), ("target", entry.target), ("old", entry.old),
            ("new", entry.new), ("reason", entry.reason), ("result", entry.result), ("hash", entry.hash),
        ] as [(String, String?)] {
            json.key(name)
            if let text { json.value(text) } else { json.null() }
        }
    }
}
