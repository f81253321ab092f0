import ArgumentParser
import CSVSink
import FoundationEssentials
import NDJSONSink
import PluginKit
import SQLiteSink
import WebSocketSink

/// Rows of each kind into each sink that ships, in batches, and a flush at the end.
struct SinksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sinks")

    @Option(help: "Rows of each kind.") var rows = 100_000
    @Option(help: "Rows a batch.") var batch = 1_000

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let context = PluginContext(
            baseDirectory: folder, stateDirectory: folder, instruments: NoInstruments(), publish: { _, _, _ in })
        let sample = SampleRows(instrument: InstrumentID(rawValue: 0))
        for (type, path) in Self.sinks {
            let sink = try type.init(Self.options(type, path: path), context: context)
            for kind in [RecordKind.bars, .predictions, .features] {
                let batches = stride(from: 0, to: rows, by: batch).map { start in
                    sample.batch(kind, start..<min(start + batch, rows), number: UInt64(start))
                }
                let span = try await ContinuousClock().measure {
                    for rows in batches { try Self.check(try await sink.write(rows), type) }
                    try await sink.flush()
                }
                printResult(
                    "sink_\(type.descriptor.name)_\(kind.rawValue)_rows_per_second", Double(rows) / span.inSeconds,
                    "rows/s")
            }
            await sink.stop()
        }
    }

    private static let sinks: [(any Sink.Type, path: String?)] = [
        (CSVFile.self, "csv"), (NDJSON.self, "ndjson"), (SQLite.self, "records.db"), (WebSocketChannel.self, nil),
    ]

    private static func options(_ type: any Sink.Type, path: String?) -> Configuration {
        var values: [String: ConfigurationValue] = [:]
        for option in type.descriptor.schema.options { values[option.name] = option.defaultValue }
        if let path { values["path"] = .text(path) }
        return Configuration(instance: "sink/bench", values: values)
    }

    private static func check(_ receipt: WriteReceipt, _ type: any Sink.Type) throws {
        guard receipt.rejected.isEmpty else {
            throw ValidationError("\(type.descriptor.id): \(receipt.rejected.count) rows were refused.")
        }
    }
}
