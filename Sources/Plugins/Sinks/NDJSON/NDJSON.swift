import FileOutput
public import PluginKit
import RecordText
import Synchronization

/// Appends records to files of JSON objects, one a line.
///
/// - Takes: all kinds.
/// - Time: event time in UTC, ISO 8601.
/// - Limits: a batch is written whole or not at all; a record offered twice is written twice.
/// - Needs: a folder it may write to.
/// - Source: <https://github.com/ndjson/ndjson-spec>, RFC 8259.
public final class NDJSON: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "ndjson", summary: "Appends records to files of JSON objects, one a line.",
        schema: ConfigurationSchema([
            .path(
                "path", isRequired: true,
                "Folder with one file a kind of record, or one file where it ends in .ndjson, .jsonl or .json."),
            ConfigurationOption(
                "rotate_bytes", .integer(4_096...Int.max), unit: "bytes",
                "A file this long is renamed to <name>.1, .2 ... and a new one begun; never where it is absent."),
        ]),
        accepts: Set(RecordKind.allCases))

    private struct State {
        let files: RecordFiles
        var json: RecordJSON
    }

    private let output: OutputPath
    private let context: PluginContext
    private let state: Mutex<State>

    /// Builds an instance; the folder is created with the first record.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        let path = context.resolve(try configuration.text("path"))
        output = OutputPath(path, endings: [".ndjson", ".jsonl", ".json"])
        self.context = context
        let rotateBytes = configuration.has("rotate_bytes") ? try configuration.integer("rotate_bytes") : nil
        state = Mutex(
            State(
                files: RecordFiles(
                    who: configuration.instance, folder: output.folder, rotateBytes: rotateBytes,
                    list: "\(context.stateDirectory)/files.txt"),
                json: RecordJSON(instruments: context.instruments)))
    }

    /// Creates the folder; throws `.environment` where it cannot be written to.
    public func probe() async throws(PluginError) {
        try state.withLock { state throws(PluginError) in try state.files.probe() }
    }

    /// Appends the rows of a batch, all or none.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let name = output.fileName ?? "\(batch.kind.rawValue).ndjson"
        let notes = try state.withLock { state throws(PluginError) in
            var lines: [UInt8] = []
            lines.reserveCapacity(batch.count * 256)
            state.json.forEachRow(of: batch) { _, object in
                lines.append(contentsOf: object)
                lines.append(UInt8(ascii: "\n"))
            }
            try state.files.append(lines, to: name)
            return state.files.takeNotes()
        }
        for note in notes { context.log(note.isLoss ? .warning : .info, note.message, note.data) }
        return .accepted
    }

    /// Returns when everything written is on the disk.
    public func flush() async throws(PluginError) {
        try state.withLock { state throws(PluginError) in try state.files.sync() }
    }

    /// Whether the folder holds no file, or the one file is not there or has no byte.
    public var isEmpty: Bool {
        get async { state.withLock { $0.files.isEmpty(output.fileName) } }
    }

    /// Writes to disk what is there and closes the files.
    public func stop() async {
        state.withLock { state in
            // The host flushes before it stops; here nobody is left to tell.
            try? state.files.sync()
            state.files.close()
        }
    }
}
