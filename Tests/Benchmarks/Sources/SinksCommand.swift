import ArgumentParser
import CSVSink
import FoundationEssentials
import KafkaSink
import NDJSONSink
import ParquetSink
import PluginKit
import PostgresSink
import RedisSink
import SQLiteSink
import TestSupport
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
        for (type, path) in Self.sinks {
            let values = path.map { ["path": ConfigurationValue.text($0)] } ?? [:]
            try await measure(try type.init(Self.options(type, values), context: context), type)
        }
        try await measureServers(context, folder)
    }

    /// Sinks that write to a server, where its program is here.
    private func measureServers(_ context: PluginContext, _ folder: String) async throws {
        if PostgresServer.programs != nil {
            let server = try PostgresServer()
            let values = try Self.options(Postgres.self, server.options)
            try await measure(try Postgres(values, context: context), Postgres.self)
            try copyByPsql(server, folder)
        }
        if RedisServer.isThere {
            let server = try RedisServer()
            let values = server.options.merging(["streams": .boolean(true)]) { _, new in new }
            try await measure(try Redis(try Self.options(Redis.self, values), context: context), Redis.self)
            withExtendedLifetime(server) {}
        }
        if KafkaServer.isUsable {
            let server = try KafkaServer()
            let values = try Self.options(Kafka.self, server.options)
            try await measure(try Kafka(values, context: context), Kafka.self)
            withExtendedLifetime(server) {}
        }
    }

    private func measure(_ sink: some Sink, _ type: any Sink.Type) async throws {
        let sample = SampleRows(instrument: InstrumentID(rawValue: 0))
        for kind in [RecordKind.bars, .predictions, .features] {
            let batches = stride(from: 0, to: rows, by: batch).map { start in
                sample.batch(kind, start..<min(start + batch, rows), number: UInt64(start))
            }
            let span = try await ContinuousClock().measure {
                for (number, rows) in batches.enumerated() {
                    try Self.check(try await sink.write(rows), type)
                    // As often as the host does, at the least.
                    if (number + 1) * batch % 16_000 == 0 { try await sink.flush() }
                }
                try await sink.flush()
            }
            // The sink that has a peer says which of the two it is.
            let own = type.descriptor.name == "postgres" && kind == .bars ? "_own" : ""
            printResult(
                "sink_\(type.descriptor.name)_\(kind.rawValue)\(own)_rows_per_second", Double(rows) / span.inSeconds,
                "rows/s")
        }
        await sink.stop()
    }

    /// The same bars by psql's `\copy` of CSV into a table with the same key.
    private func copyByPsql(_ server: PostgresServer, _ folder: String) throws {
        server.query("\\copy penstock.bars TO '\(folder)/bars.csv' (FORMAT csv)")
        server.query("CREATE TABLE peer (LIKE penstock.bars INCLUDING ALL)")
        let span = ContinuousClock().measure { server.query("\\copy peer FROM '\(folder)/bars.csv' (FORMAT csv)") }
        guard server.query("SELECT count(*) FROM peer") == ["\(rows)"] else {
            throw ValidationError("psql did not copy.")
        }
        printResult("sink_postgres_bars_library_rows_per_second", Double(rows) / span.inSeconds, "rows/s")
    }

    private static let sinks: [(any Sink.Type, path: String?)] = [
        (CSVFile.self, "csv"), (NDJSON.self, "ndjson"), (SQLite.self, "records.db"), (WebSocketChannel.self, nil),
        (Parquet.self, "lake"),
    ]

    private static func options(_ type: any Sink.Type, _ given: [String: ConfigurationValue]) throws -> Configuration {
        var values = given
        for option in type.descriptor.schema.options where values[option.name] == nil {
            values[option.name] = option.defaultValue
        }
        return Configuration(instance: "sink/bench", values: values)
    }

    private static func check(_ receipt: WriteReceipt, _ type: any Sink.Type) throws {
        guard receipt.rejected.isEmpty else {
            throw ValidationError("\(type.descriptor.id): \(receipt.rejected.count) rows were refused.")
        }
    }
}
