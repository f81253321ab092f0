import CallQueue
public import PluginKit
import Synchronization

/// Keeps records in PostgreSQL, a table a kind; a record written again replaces itself.
///
/// - Takes: all kinds.
/// - Time: `timestamptz`, and the nanoseconds below its microseconds beside it.
/// - Limits: one transaction a flush, copied in binary, merged where rows are there already; 900 features a table.
/// - Needs: libpq; a server of version 12 or newer with a database in UTF-8.
/// - Source: <https://www.postgresql.org/docs/current/sql-copy.html>.
public final class Postgres: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "postgres", summary: "Keeps records in PostgreSQL, a table a kind of record.",
        schema: ConfigurationSchema(PostgresSettings.options), accepts: Set(RecordKind.allCases))

    private struct Pending {
        var encoder: CopyEncoder
        var chunks = KeptBatches<CopyChunk>()
        var isStopped = false
    }

    private let settings: PostgresSettings
    private let calls: CallQueue
    private let context: PluginContext
    private let pending: Mutex<Pending>
    private let store: Mutex<PostgresStore>

    /// Returns faults of options that belong together.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        PostgresSettings.faults(in: configuration)
    }

    /// Builds an instance; nothing is connected yet.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        settings = try PostgresSettings(configuration, context)
        calls = CallQueue(configuration.instance)
        self.context = context
        let schema = settings.faults.schema
        let layouts = Dictionary(
            uniqueKeysWithValues: RecordKind.allCases.map { ($0, RecordLayout($0, schema: schema)) })
        pending = Mutex(
            Pending(
                encoder: CopyEncoder(
                    instruments: context.instruments, layouts: layouts, countsMonths: settings.isPartitioned)))
        store = Mutex(PostgresStore(settings, layouts))
    }

    /// Connects, and makes the schema where it is missing; throws what is wrong with the database or the rights. That
    /// the server does not answer yet is logged.
    public func probe() async throws(PluginError) {
        try await context.allowingLateStart { () throws(PluginError) in
            try await calls.run(within: settings.timeout) { (limit) throws(PluginError) in
                try self.store.withLock { (store) throws(PluginError) in try store.prepare(limit) }
            }
        }
    }

    /// Takes rows for the next flush.
    ///
    /// Rejected are rows without a price or a prediction (`missing_number`) and texts with a NUL (`nul_character`).
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard batch.count > 0 else { return .accepted }
        return try pending.withLock { (pending) throws(PluginError) in
            guard !pending.isStopped else {
                throw PluginError(.cancelled, "\(settings.faults.who): it was stopped; make it anew to write.")
            }
            let (chunk, rejected) = pending.encoder.encode(batch)
            if !chunk.bytes.isEmpty { pending.chunks.add(chunk) }
            return WriteReceipt(rejected: rejected)
        }
    }

    /// Returns when everything that was taken is committed.
    public func flush() async throws(PluginError) { try await flush(within: settings.timeout) }

    /// Whether no table has a row.
    public var isEmpty: Bool {
        get async {
            // A server that cannot be asked is no empty one; the first flush says what is wrong with it.
            (try? await calls.run(within: settings.timeout) { (limit) throws(PluginError) in
                try self.store.withLock { (store) throws(PluginError) in try store.isEmpty(limit) }
            }) ?? false
        }
    }

    /// Commits what was taken, where that takes less than a second, and disconnects.
    public func stop() async {
        pending.withLock { $0.isStopped = true }
        // The host flushes before it stops: a call that still runs is one that does not end.
        calls.cancel()
        try? await flush(within: .milliseconds(900))
        try? await calls.run(within: .seconds(1)) { _ in self.store.withLock { $0.close() } }
    }

    private func flush(within time: Duration) async throws(PluginError) {
        guard pending.withLock({ !$0.chunks.waiting.isEmpty }) else { return }
        try await calls.run(within: time) { (limit) throws(PluginError) in
            let chunks = self.pending.withLock { $0.chunks.waiting }
            do throws(PluginError) {
                try self.store.withLock { (store) throws(PluginError) in try store.store(chunks, limit) }
            } catch {
                self.pending.withLock { $0.chunks.noteFailure() }
                throw error
            }
            self.pending.withLock { $0.chunks.confirm(chunks.count) }
        }
    }
}
