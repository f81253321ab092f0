import FileOutput
public import PluginKit
import Synchronization

/// Appends records to CSV files, one file a kind of record.
///
/// - Takes: all kinds.
/// - Time: event time in UTC, ISO 8601.
/// - Limits: a batch is written whole or not at all; a record offered twice is written twice.
/// - Needs: a folder it may write to.
/// - Source: RFC 4180, with `\n` as line end.
public final class CSVFile: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "csv", summary: "Appends records to CSV files, one file a kind of record.",
        schema: ConfigurationSchema([
            .path(
                "path", isRequired: true, "Folder the files are in, or one file where it ends in .csv."),
            ConfigurationOption(
                "rotate_bytes", .integer(4_096...Int.max), unit: "bytes",
                "A file this long is renamed to <name>.1, .2 ... and a new one begun; never where it is absent."),
        ]),
        accepts: Set(RecordKind.allCases))

    private let output: OutputPath
    private let context: PluginContext
    private let files: Mutex<RecordFiles>

    /// Builds an instance; the folder is created with the first record.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        output = OutputPath(context.resolve(try configuration.text("path")), endings: [".csv"])
        self.context = context
        let rotateBytes = configuration.has("rotate_bytes") ? try configuration.integer("rotate_bytes") : nil
        files = Mutex(
            RecordFiles(
                who: configuration.instance, folder: output.folder, rotateBytes: rotateBytes,
                list: "\(context.stateDirectory)/files.txt"))
    }

    /// Creates the folder; throws `.environment` where it cannot be written to.
    public func probe() async throws(PluginError) {
        try files.withLock { files throws(PluginError) in try files.probe() }
    }

    /// Appends the rows of a batch, all or none.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let lines = CSVLines(batch, instruments: context.instruments)
        let (header, rows) = (lines.header, lines.rows)
        let name = output.fileName ?? Self.fileName(for: batch)
        let notes = try files.withLock { files throws(PluginError) in
            try files.append(rows, to: name, header: header)
            return files.takeNotes()
        }
        for note in notes { context.log(note.isLoss ? .warning : .info, note.message, note.data) }
        return .accepted
    }

    /// Returns when everything written is on the disk.
    public func flush() async throws(PluginError) {
        try files.withLock { files throws(PluginError) in try files.sync() }
    }

    /// Whether the folder holds no file, or the one file is not there or has no byte.
    public var isEmpty: Bool {
        get async { files.withLock { $0.isEmpty(output.fileName) } }
    }

    /// Writes to disk what is there and closes the files.
    public func stop() async {
        files.withLock { files in
            // The host flushes before it stops; here nobody is left to tell.
            try? files.sync()
            files.close()
        }
    }

    /// What is made in a pipeline or by a model has columns of its own, and a file of its own.
    private static func fileName(for batch: RecordBatch) -> String {
        guard type(of: batch.content.rows).columns.contains(where: { $0.type == .reals }) else {
            return "\(batch.kind.rawValue).csv"
        }
        let key = batch.table.constants.first { $0.description.marks.contains(.key) }
        return "\(batch.kind.rawValue)-\(FilePaths.safeName(key?.value ?? batch.pipeline)).csv"
    }
}
