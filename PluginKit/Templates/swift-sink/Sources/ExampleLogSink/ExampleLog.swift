public import PluginKit
import Synchronization

/// Appends bars as lines to a file of its own folder.
///
/// A line is `instrument,seconds,open,high,low,close,volume`. What was flushed survives a power cut.
public final class ExampleLog: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "example_log", version: "0.1.0",
        summary: "Appends bars as lines to a file of its own folder.", stability: .experimental,
        schema: ConfigurationSchema([
            .text("file", default: "bars.csv", "Name of the file in the plugin's state folder.")
        ]),
        accepts: [.bars])

    private let instance: String
    private let path: String
    private let names: any InstrumentDirectory
    private let file = Mutex<ExampleLogLines?>(nil)
    private let isStopped = Mutex(false)

    /// Builds an instance; opens nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        instance = configuration.instance
        path = "\(context.stateDirectory)/\(try configuration.text("file"))"
        names = context.instruments
    }

    /// Throws where the file cannot be opened.
    public func probe() async throws(PluginError) { try use { (_) throws(PluginError) in } }

    /// Appends the bars; throws where none was kept.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard case .bars(let bars) = batch.content else {
            throw PluginError(.unsupported, "\(instance): it takes bars, not \(batch.kind.rawValue).")
        }
        let text = bars.map { ExampleLogLines.line($0, names.instrument($0.instrument)) }.joined()
        try use { (file) throws(PluginError) in try file.append(text) }
        return .accepted
    }

    /// Returns when everything written is on the disk.
    public func flush() async throws(PluginError) {
        try use { (file) throws(PluginError) in try file.synchronize() }
    }

    /// Closes the file.
    public func stop() async {
        isStopped.withLock { $0 = true }
        file.withLock { file in
            try? file?.synchronize()
            file?.close()
            file = nil
        }
    }

    private func use(_ work: (ExampleLogLines) throws(PluginError) -> Void) throws(PluginError) {
        guard !isStopped.withLock(\.self) else { throw PluginError(.unsupported, "\(instance): it was stopped.") }
        try file.withLock { (file) throws(PluginError) in
            let lines: ExampleLogLines
            if let file { lines = file } else { lines = try ExampleLogLines(path, owner: instance) }
            file = lines
            try work(lines)
        }
    }
}
