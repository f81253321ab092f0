import CivilTime
import HostCore
import PluginKit
import Synchronization

/// Keeps refused rows and tells the user of them: the first of each reason in each file, once a day, others by their number.
final class RefusalReport: QuarantineStore {
    /// A reason at a place.
    private struct Kind: Hashable {
        let source: String
        let file: Substring
        let reason: String
    }

    /// Messages an hour; a folder of broken files must not bury the rest.
    private static let limit = 20

    private let store: any QuarantineStore
    private let now: @Sendable () -> Int64
    private let warn: @Sendable (String) -> Void
    private let kinds = Mutex(TellLimit<Kind>(limit))

    init(
        _ store: any QuarantineStore, now: @escaping @Sendable () -> Int64 = { WallClock.now() },
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.store = store
        self.now = now
        self.warn = warn
    }

    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {
        try await store.quarantine(rows)
        for row in rows { tell(row) }
    }

    func instruments(pipeline: String) async throws(PluginError) -> Set<String> {
        try await store.instruments(pipeline: pipeline)
    }

    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] {
        try await store.quarantined(limit: limit)
    }

    private func tell(_ row: QuarantinedRow) {
        let file = row.place.prefix { $0 != ":" }
        let kind = Kind(
            source: row.source, file: file.isEmpty ? Substring(row.instrument ?? "") : file, reason: row.reason)
        switch kinds.withLock({ $0.judge(kind, at: now()) }) {
        case .told: warn(Self.message(row))
        case .toldAfter(let leftOut):
            warn("\(Self.message(row)) \(leftOut) rows of other kinds were refused before and not told one by one.")
        case .leftOut: break
        }
    }

    private static func message(_ row: QuarantinedRow) -> String {
        let who = "provider/\(row.source): "
        // A provider may keep a whole fault as the message, and that says who already.
        guard !row.raw.isEmpty else { return row.message.hasPrefix(who) ? row.message : who + row.message }
        let time = row.time.map { "\(EventTimeText.utc($0)) UTC: " } ?? ""
        let place = row.place.isEmpty ? time : "\(row.place): "
        return "\(who)\(place)\(row.message) The row is left out."
    }
}
