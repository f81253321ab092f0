import HostCore
import PluginKit
import Synchronization

/// Keeps refused rows and tells the user of them: the first of each reason in each file, the others by their number.
final class RefusalReport: QuarantineStore {
    /// A reason at a place.
    private struct Kind: Hashable {
        let source: String
        let file: Substring
        let reason: String
    }

    /// Messages in a run; a folder of broken files must not bury the rest.
    private static let limit = 20

    private let store: any QuarantineStore
    private let warn: @Sendable (String) -> Void
    private let seen = Mutex<Set<Kind>>([])

    init(_ store: any QuarantineStore, warn: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.warn = warn
    }

    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {
        try await store.quarantine(rows)
        for row in rows where isNews(row) { warn(Self.message(row)) }
    }

    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] {
        try await store.quarantined(limit: limit)
    }

    private func isNews(_ row: QuarantinedRow) -> Bool {
        let file = row.place.prefix { $0 != ":" }
        let kind = Kind(
            source: row.source, file: file.isEmpty ? Substring(row.instrument ?? "") : file, reason: row.reason)
        return seen.withLock { seen in
            guard seen.count < Self.limit else { return false }
            return seen.insert(kind).inserted
        }
    }

    private static func message(_ row: QuarantinedRow) -> String {
        let who = "provider/\(row.source): "
        // A provider may keep a whole fault as the message, and that says who already.
        guard !row.raw.isEmpty else { return row.message.hasPrefix(who) ? row.message : who + row.message }
        let time = row.time.map { "\(EventTimeText.utc($0)) UTC: " } ?? ""
        let place = row.place.isEmpty ? time : "\(row.place): "
        return "\(who)\(place)\(row.message) The row is left out and kept in quarantine."
    }
}
