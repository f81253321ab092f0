import CSVSink
import Foundation
import NDJSONSink
import PluginKit
import TestSupport
import Testing

@Suite struct FileSinkTests {
    let folder: TemporaryFolder
    let recorder = Recorder()

    init() throws { folder = try TemporaryFolder() }

    private func csv(_ path: String = "out", rotateBytes: Int? = nil) throws -> CSVFile {
        var values: [String: ConfigurationValue] = ["path": .text(path)]
        values["rotate_bytes"] = rotateBytes.map { .integer($0) }
        return try CSVFile(options(CSVFile.self, values), context: recorder.context(in: folder))
    }

    private func ndjson(_ path: String = "out") throws -> NDJSON {
        try NDJSON(options(NDJSON.self, ["path": .text(path)]), context: recorder.context(in: folder))
    }

    private let contents: [RecordBatch.Content] = [
        .bars(makeBars(0..<2)), .features(makeFeatures(0..<2)), .predictions(makePredictions(0..<2, model: "a/b")),
        .alerts([alert]), .status([status]),
    ]

    @Test func writesAFileOfEachKindWithOneHeader() async throws {
        for _ in 0..<2 {
            let sink = try csv()
            try await sink.probe()
            for content in contents { #expect(try await sink.write(batch(content)).rejected.isEmpty) }
            try await sink.flush()
            await sink.stop()
            await sink.stop()
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
        #expect(files == ["alerts.csv", "bars.csv", "features-main.csv", "predictions-a_b.csv", "status.csv"])
        let bars = try folder.lines("out/bars.csv")
        #expect(bars.count == 5)
        #expect(bars[0] == "time,instrument,timeframe,open,high,low,close,volume,amount,flags,pipeline,source,sequence")
        #expect(bars[1] == "2013-03-01T21:00:00Z,AAPL.US,1d,430,431.25,429,430.47,19730000,,,main,history,7")
        let features = try folder.lines("out/features-main.csv")
        #expect(features[0] == "time,instrument,timeframe,price,rsi14,macd.signal,flags,pipeline,source,sequence")
        #expect(features[1] == "2013-03-01T21:00:00Z,AAPL.US,1d,430.47,,0.5,,main,history,7")
        let prediction = "a/b,return over 1 bar,0.00123,430.47,stale after_rejected"
        let predictions = try folder.lines("out/predictions-a_b.csv")
        #expect(predictions[1] == "2013-03-01T21:00:00Z,AAPL.US,1d,\(prediction),main,history,7")
        let message = #"stale_prediction,warning,"bar is 5 days old, see ""history""""#
        let alerts = try folder.lines("out/alerts.csv")
        #expect(alerts[1] == "2013-03-01T21:00:00Z,AAPL.US,1d,\(message),main,history,7")
    }

    @Test func cutsATornLineAndSaysSo() async throws {
        let first = try csv()
        _ = try await first.write(batch(.bars(makeBars(0..<1))))
        await first.stop()
        let whole = try folder.text("out/bars.csv")
        try folder.write(whole + "2013-03-02T21:00:00Z,AAPL.US,1d,43", to: "out/bars.csv")
        let second = try csv()
        _ = try await second.write(batch(.bars(makeBars(1..<2))))
        #expect(try folder.lines("out/bars.csv").count == 3)
        #expect(try folder.text("out/bars.csv").hasPrefix(whole))
        #expect(recorder.logs == ["torn last line cut off "])
    }

    @Test func setsAsideAFileWithOtherColumns() async throws {
        let first = try csv()
        _ = try await first.write(batch(.features(makeFeatures(0..<2))))
        await first.stop()
        let before = try folder.text("out/features-main.csv")
        let second = try csv()
        _ = try await second.write(batch(.features(makeFeatures(0..<2, names: ["rsi14"]))))
        #expect(try folder.text("out/features-main.csv.1") == before)
        #expect(try folder.lines("out/features-main.csv").count == 3)
        #expect(recorder.logs == ["file set aside it has other columns"])
    }

    @Test func givesTwoSchemasOfOneRunAFileEach() async throws {
        for _ in 0..<2 {
            let sink = try csv("out/all.csv")
            for round in 0..<3 {
                _ = try await sink.write(batch(.bars(makeBars(round..<round + 1))))
                _ = try await sink.write(batch(.alerts([alert])))
            }
            await sink.stop()
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
        #expect(files.count == 2)
        #expect(files.last == "all.csv")
        for file in files { #expect(try folder.lines("out/\(file)").count == 7) }
    }

    @Test func rotatesWithoutLosingALine() async throws {
        let sink = try csv(rotateBytes: 4_096)
        for number in 0..<200 { _ = try await sink.write(batch(.bars(makeBars(number..<number + 1)))) }
        await sink.stop()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
        #expect(files.count > 2)
        var rows = 0
        for file in files {
            let lines = try folder.lines("out/\(file)")
            #expect(lines.first?.hasPrefix("time,") == true)
            rows += lines.count - 1
        }
        #expect(rows == 200)
    }

    @Test func writesOneObjectALine() async throws {
        let sink = try ndjson()
        try await sink.probe()
        for content in contents { _ = try await sink.write(batch(content)) }
        try await sink.flush()
        await sink.stop()
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
        #expect(files == ["alerts", "bars", "features", "predictions", "status"].map { "\($0).ndjson" })
        for file in files {
            for line in try folder.lines("out/\(file)") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object?["kind"] as? String == String(file.dropLast(7)))
            }
        }
    }

    @Test func appendsOnRestartToOneFile() async throws {
        for _ in 0..<2 {
            let sink = try ndjson("all.jsonl")
            for content in contents { _ = try await sink.write(batch(content)) }
            await sink.stop()
        }
        #expect(try folder.lines("all.jsonl").count == 16)
    }

    @Test func goesOnAfterStop() async throws {
        let sink = try ndjson()
        await sink.stop()
        _ = try await sink.write(batch(.status([status])))
        #expect(try folder.lines("out/status.ndjson").count == 1)
    }

    @Test func namesAPathItCannotWriteTo() async throws {
        try folder.write("", to: "file")
        for sink in [try csv("file/under") as any Sink, try ndjson("file/under")] {
            #expect(await fault { try await sink.probe() }?.code == .environment)
            let error = await fault { try await sink.write(batch(.status([status]))) }
            #expect(error?.code == .environment)
            #expect(error?.message.hasPrefix("sink/keep: '\(folder.path)/file") == true)
        }
    }

    @Test func namesAFullDevice() async throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("all.jsonl"), withDestinationPath: "/dev/full")
        let sink = try ndjson("all.jsonl")
        let error = await fault { try await sink.write(batch(.status([status]))) }
        #expect(error?.message.contains("No space left on device") == true)
        try await sink.flush()
    }
}
