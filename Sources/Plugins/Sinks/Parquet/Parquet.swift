import CallQueue
import FileOutput
public import PluginKit
import Synchronization

/// Keeps records in Parquet files, one for each kind, instrument and part of time; a record written again replaces itself.
///
/// - Takes: all kinds.
/// - Time: `TIMESTAMP` in nanoseconds, UTC.
/// - Limits: a flush writes each file it touches anew, whole, and puts it in place by a rename.
/// - Needs: a folder it may write to.
/// - Source: <https://parquet.apache.org/docs/file-format/>.
public final class Parquet: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "parquet", summary: "Keeps records in Parquet files, in folders by instrument and year.",
        schema: ConfigurationSchema([
            .path("path", isRequired: true, "The folder; it is created where it is missing."),
            .choice(
                "part", ["year", "month", "day"], default: "year",
                "What a file holds of an instrument; each flush writes what it touches anew, so many rows want short parts."
            ),
            .integer(
                "rows_per_group", 1_024...1_000_000, default: 65_536, unit: "rows",
                "Rows a group, of which readers know the least and greatest values."),
        ]), accepts: Set(RecordKind.allCases))

    private struct Pending {
        var encoder: PartEncoder
        var parts = PendingParts()
        var isStopped = false
    }

    private let who: String
    private let path: String
    private let rowsPerGroup: Int
    private let calls: CallQueue
    private let pending: Mutex<Pending>

    /// Builds an instance; the folder is created with the first record.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        who = configuration.instance
        path = context.resolve(try configuration.text("path"))
        rowsPerGroup = try configuration.integer("rows_per_group")
        calls = CallQueue(configuration.instance)
        let part = TimePart(rawValue: try configuration.text("part")) ?? .year
        pending = Mutex(Pending(encoder: PartEncoder(instruments: context.instruments, part: part)))
    }

    /// Creates the folder; throws `.environment` where it cannot be written to.
    public func probe() async throws(PluginError) {
        try FilePaths.makeFolder(path, who: who)
        try WholeFile.probe(path, who: who)
    }

    /// Takes rows for the next flush; none is refused.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard batch.count > 0 else { return .accepted }
        return try pending.withLock { (pending) throws(PluginError) in
            guard !pending.isStopped else {
                throw PluginError(.cancelled, "\(who): it was stopped; make it anew to write.")
            }
            pending.parts.add(pending.encoder.encode(batch))
            return .accepted
        }
    }

    /// Returns when everything that was taken is on the disk, in files that are whole.
    public func flush() async throws(PluginError) {
        guard pending.withLock({ !$0.parts.isEmpty }) else { return }
        try await calls.run(within: .seconds(3_600)) { (limit) throws(PluginError) in try self.store(limit) }
    }

    /// Whether the folder holds nothing.
    public var isEmpty: Bool { get async { FilePaths.isEmptyFolder(path) } }

    /// Writes what was taken.
    public func stop() async {
        pending.withLock { $0.isStopped = true }
        // The host flushes before it stops; here nobody is left to tell.
        try? await flush()
    }

    private func store(_ limit: CallLimit) throws(PluginError) {
        // A part that is stored is let go at once: after a fault only the others are left.
        for (file, tables) in pending.withLock({ $0.parts.all }) {
            try limit.check(who, "Free the disk of other work.")
            do throws(PluginError) { try file.store(tables, in: path, rowsPerGroup: rowsPerGroup, who: who) } catch {
                pending.withLock { $0.parts.noteFailure() }
                throw error
            }
            pending.withLock { $0.parts.confirm(file, tables.count) }
        }
    }
}
