package import PluginKit

/// Keeps what was refused, with the reason; nothing is deleted silently. Implemented by storage.
package protocol QuarantineStore: Sendable {
    /// Appends refused rows; a row already there (same pipeline, source, place, reason, raw) is not doubled.
    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError)
    /// Returns the canonical names of the instruments of which a pipeline's rows are kept.
    func instruments(pipeline: String) async throws(PluginError) -> Set<String>
    /// Returns the latest rows, newest first.
    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow]
}

/// A refused row.
package struct QuarantinedRow: Sendable, Hashable {
    /// The pipeline that refused it.
    package let pipeline: String
    /// Where it came from.
    package let provenance: Provenance
    /// The instrument's canonical name, where it is known.
    package let instrument: String?
    /// Event time, where it is known; nanoseconds since the Unix epoch, UTC.
    package let time: Int64?
    /// Where it stood: `AAPL.csv:17`; empty where the provider does not say.
    package let place: String
    /// Short reason, `snake_case`.
    package let reason: String
    /// One sentence of facts.
    package let message: String
    /// The row as text.
    package let raw: String

    /// Creates a row.
    package init(
        pipeline: String, provenance: Provenance, instrument: String?, time: Int64?, place: String, reason: String,
        message: String, raw: String
    ) {
        self.pipeline = pipeline
        self.provenance = provenance
        self.instrument = instrument
        self.time = time
        self.place = place
        self.reason = reason
        self.message = message
        self.raw = raw
    }

    /// The provider instance it came from.
    package var source: String { provenance.source }
}

/// Which refused rows are asked for; what is not given matches everything.
package struct QuarantineQuery: Sendable, Hashable {
    /// Numbers of rows; empty for any.
    package var ids: [Int64] = []
    /// The pipelines that refused them, `ID` or `ID/INPUT`; empty for any.
    package var pipelines: [String] = []
    /// The provider instance they came from.
    package var source: String?
    /// The instrument's canonical name, or its code alone.
    package var instrument: String?
    /// The short reason.
    package var reason: String?
    /// Event times, nanoseconds since the Unix epoch, both ends included; a row without one matches only the whole range.
    package var range: ClosedRange<Int64> = .min ... .max
    /// Whether rows that were released are among them.
    package var hasReleased = false
    /// Most rows, the newest.
    package var limit = 100
    /// Only rows with a smaller number, as the page after one has them; counts nothing in a count.
    package var before: Int64?

    /// Creates a query of everything.
    package init() {}
}

/// A refused row as it is kept.
package struct KeptRow: Sendable, Hashable {
    /// Its number in the state database.
    package let id: Int64
    /// The row.
    package let row: QuarantinedRow
    /// When it was refused, nanoseconds since the Unix epoch, UTC.
    package let storedAt: Int64
    /// When a user accepted it after all; `nil` while it is refused.
    package let releasedAt: Int64?

    /// Creates a kept row.
    package init(id: Int64, row: QuarantinedRow, storedAt: Int64, releasedAt: Int64?) {
        self.id = id
        self.row = row
        self.storedAt = storedAt
        self.releasedAt = releasedAt
    }
}
