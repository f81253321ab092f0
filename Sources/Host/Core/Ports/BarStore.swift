package import PluginKit

/// Keeps accepted bars, every version of each: what was known is never overwritten. Implemented by storage.
package protocol BarStore: Sendable {
    /// Stores bars of one source; a bar equal to the newest stored version changes nothing, a different one becomes a new
    /// version. Durable when it returns. Throws `.environment` (disk full, read-only) or `.corrupted`.
    func store(_ bars: [Bar], source: String, timeframe: Timeframe) async throws(PluginError)

    /// Returns the newest versions in ascending event time, at most `limit` of the latest.
    func bars(
        of instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>, limit: Int
    ) async throws(PluginError) -> [StoredBar]
}

/// A bar with where it came from.
package struct StoredBar: Sendable, Hashable {
    /// The bar.
    package let bar: Bar
    /// The provider instance that gave it.
    package let source: String
    /// 1 for the first version, then 2, 3 ...
    package let version: Int
    /// When the host stored it, nanoseconds since the Unix epoch, UTC.
    package let storedAt: Int64

    /// Creates a stored bar.
    package init(bar: Bar, source: String, version: Int, storedAt: Int64) {
        self.bar = bar
        self.source = source
        self.version = version
        self.storedAt = storedAt
    }
}

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
    /// The provider instance it came from.
    package let source: String
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
        pipeline: String, source: String, instrument: String?, time: Int64?, place: String, reason: String,
        message: String, raw: String
    ) {
        self.pipeline = pipeline
        self.source = source
        self.instrument = instrument
        self.time = time
        self.place = place
        self.reason = reason
        self.message = message
        self.raw = raw
    }
}

/// Remembers how far each sink is durable, so a restart delivers only the rest. Implemented by storage.
package protocol WatermarkStore: Sendable {
    /// Returns the last durable event time of each instrument for a sink; empty for an unknown key.
    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: Int64]
    /// Stores event times, all or none; an earlier one never replaces a later one.
    func advance(_ marks: [WatermarkKey: [Instrument: Int64]]) async throws(PluginError)
    /// Forgets everything of a pipeline's sink, however it was configured: it holds nothing any more.
    func forget(pipeline: String, sink: String) async throws(PluginError)
}

extension WatermarkStore {
    /// Keeps nothing that could be forgotten.
    package func forget(pipeline: String, sink: String) async throws(PluginError) {}
}

/// What a watermark belongs to: a stream of records of a sink of a pipeline, as they were configured.
package struct WatermarkKey: Sendable, Hashable {
    /// The pipeline.
    package let pipeline: String
    /// The sink instance.
    package let sink: String
    /// Digest of everything that decides what the records of the stream are; another configuration starts anew.
    package let digest: String

    /// Creates a key.
    package init(pipeline: String, sink: String, digest: String) {
        self.pipeline = pipeline
        self.sink = sink
        self.digest = digest
    }
}
