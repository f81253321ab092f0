import CSVSink
import NDJSONSink
import PluginKit
import SQLiteSink
import Testing
import WebSocketSink

/// Prints figures; asserts only that every row was accepted.
@Suite struct ThroughputTests {
    @Test func printsRowsPerSecond() async throws {
        let folder = try TemporaryFolder()
        let context = PluginContext(
            baseDirectory: folder.path, stateDirectory: folder.path, instruments: Names(), publish: { _, _, _ in })
        let sinks: [(String, any Sink)] = [
            ("csv", try CSVFile(options(CSVFile.self, ["path": .text("csv")]), context: context)),
            ("ndjson", try NDJSON(options(NDJSON.self, ["path": .text("ndjson")]), context: context)),
            ("sqlite", try SQLite(options(SQLite.self, ["path": .text("records.db")]), context: context)),
            ("websocket", try WebSocketChannel(options(WebSocketChannel.self), context: context)),
        ]
        let names = (0..<20).map { "feature\($0)" }
        let batches = stride(from: -50_000, to: 50_000, by: 1_000).map { start in
            [
                RecordBatch.Content.bars(makeBars(start..<start + 1_000)),
                .predictions(makePredictions(start..<start + 1_000)),
                .features(makeFeatures(start..<start + 1_000, names: names)),
            ]
        }
        for (name, sink) in sinks {
            for kind in 0..<3 {
                let time = try await ContinuousClock().measure {
                    for contents in batches {
                        #expect(try await sink.write(batch(contents[kind])).rejected.isEmpty)
                    }
                    try await sink.flush()
                }
                let rate = Int(100_000 / (time / .seconds(1)))
                print("sink/\(name): \(batch(batches[0][kind]).kind.rawValue): \(rate) rows/s")
            }
            await sink.stop()
        }
    }
}
