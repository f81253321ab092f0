import CivilTime
import FoundationEssentials
import HostCore

/// Refused rows as the control socket and the command line show them.
package struct QuarantineReport: Sendable, Codable {
    /// A refused row.
    package struct Row: Sendable, Codable {
        /// Its number.
        package let id: Int64
        /// The pipeline that refused it, `ID` or `ID/INPUT`.
        package let pipeline: String
        /// The instrument's canonical name, where it is known.
        package let instrument: String?
        /// Event time, UTC, where it is known.
        package let time: String?
        /// Short reason.
        package let reason: String
        /// The facts, with the numbers behind the reason.
        package let message: String
        /// Where it stood; empty where the provider does not say.
        package let place: String
        /// The row as text.
        package let raw: String
        /// The provider instance it came from.
        package let source: String
        /// Which try of the stream it came with.
        package let attempts: Int
        /// How it came: `replay`, `history`, `live`, or why another source was asked.
        package let came: String
        /// When it was asked for, UTC; `nil` for what was pushed.
        package let fetchedAt: String?
        /// When it was refused, UTC.
        package let refusedAt: String
        /// When it was released, UTC.
        package let releasedAt: String?

        enum CodingKeys: String, CodingKey {
            case id, pipeline, instrument, time, reason, message, place, raw, source, attempts, came
            case fetchedAt = "fetched_at"
            case refusedAt = "refused_at"
            case releasedAt = "released_at"
        }

        init(_ kept: KeptRow) {
            let (row, origin) = (kept.row, kept.row.provenance)
            (id, pipeline, instrument, reason) = (kept.id, row.pipeline, row.instrument, row.reason)
            (message, place, raw) = (row.message, row.place, row.raw)
            (source, attempts, came) = (origin.source, origin.attempts, origin.reason.rawValue)
            time = row.time.map { ISO8601.format($0) }
            fetchedAt = origin.fetchedAt.map { ISO8601.format($0) }
            refusedAt = ISO8601.format(kept.storedAt)
            releasedAt = kept.releasedAt.map { ISO8601.format($0) }
        }
    }

    /// How many rows match; there may be more than are shown.
    package let total: Int
    /// The rows, the newest first.
    package let rows: [Row]
    /// Names the page after this one; absent on the last.
    package var nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case total, rows
        case nextCursor = "next_cursor"
    }

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> QuarantineReport? {
        try? JSONDecoder().decode(QuarantineReport.self, from: Data(json))
    }
}

/// What became of rows that were to be released or deleted.
package struct QuarantineOutcome: Sendable, Codable {
    /// A row that was left as it is.
    package struct Left: Sendable, Codable {
        /// Its number.
        package let id: Int64
        /// Why, and what to do.
        package let message: String
    }

    /// Rows that were released or deleted.
    package var done: [Int64] = []
    /// Rows that were not.
    package var left: [Left] = []

    /// Reads an outcome back.
    package static func read(_ json: [UInt8]) -> QuarantineOutcome? {
        try? JSONDecoder().decode(QuarantineOutcome.self, from: Data(json))
    }
}
