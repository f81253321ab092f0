import Foundation
import ParquetFile
import ParquetSink
import PluginKit
import TestSupport
import Testing

struct ParquetTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sink(_ more: [String: ConfigurationValue] = [:]) throws -> Parquet {
        try Parquet(
            options(Parquet.self, ["path": .text("out")].merging(more) { _, new in new }),
            context: Recorder().context(in: folder))
    }

    private func read(_ path: String) throws -> ParquetTable {
        try ParquetTable(reading: Array(try Data(contentsOf: URL(filePath: folder.file("out/\(path)")))))
    }

    /// All files, below the folder of the sink.
    private func files() -> [String] {
        let found = FileManager.default.enumerator(atPath: folder.file("out"))?.compactMap { $0 as? String } ?? []
        return found.filter { !FilePathEnd.isFolder(folder.file("out/\($0)")) }.sorted()
    }

    @Test func filesAreInFoldersByInstrumentAndYear() async throws {
        let sink = try sink()
        try await sink.probe()
        #expect(await sink.isEmpty)
        _ = try await sink.write(batch(.bars(makeBars(0..<400) + makeBars(0..<3, maotai))))
        _ = try await sink.write(batch(.predictions(makePredictions(0..<3, outputs: ["value", "variance"]))))
        _ = try await sink.write(batch(.predictions(makePredictions(0..<3, model: "b"))))
        _ = try await sink.write(batch(.status([status])))
        try await sink.flush()
        #expect(
            files() == [
                "bars/instrument=600519.SH/year=2013/main.parquet", "bars/instrument=AAPL.US/year=2013/main.parquet",
                "bars/instrument=AAPL.US/year=2014/main.parquet",
                "predictions/instrument=AAPL.US/year=2013/main.parquet",
                "status/instrument=__HIVE_DEFAULT_PARTITION__/year=2013/main.parquet",
            ])
        let bars = try read("bars/instrument=600519.SH/year=2013/main.parquet")
        #expect(
            bars["time"] == .times((0..<3).map { march + $0 * day })
                && bars["close"] == .numbers([430.47, 431.47, 432.47]))
        #expect(
            bars["amount"] == .numbers([.nan, .nan, .nan])
                && bars["source"] == .texts(["history", "history", "history"]))
        let predictions = try read("predictions/instrument=AAPL.US/year=2013/main.parquet")
        #expect(
            predictions.count == 6 && predictions["flags"] == .texts(Array(repeating: "stale after_rejected", count: 6))
        )
        #expect(predictions["variance"] == .numbers([0.25, .nan, 0.25, .nan, 0.25, .nan]))
        await sink.stop()
        #expect(await fault { _ = try await sink.write(batch(.status([status]))) }?.code == .cancelled)
    }

    @Test func aReplayChangesNothingAndARevisionItsRow() async throws {
        let path = "bars/instrument=AAPL.US/year=2013/month=03/main.parquet"
        var written: [Date] = []
        for round in 0..<3 {
            let sink = try sink(["part": .text("month")])
            for start in 0..<3 {
                _ = try await sink.write(
                    batch(.bars(makeBars(start * 5..<start * 5 + 5)), sequence: UInt64(round * 9 + start)))
            }
            try await sink.flush()
            await sink.stop()
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("out/\(path)"))
            written.append(try #require(attributes[.modificationDate] as? Date))
        }
        #expect(try Set(written).count == 1 && read(path).count == 15)
        let again = try sink(["part": .text("month")])
        _ = try await again.write(batch(.bars(makeBars(3..<4, shift: 10)), source: "another"))
        await again.stop()
        let table = try read(path)
        #expect(table.count == 15 && files() == [path])
        guard case .numbers(let opens) = table["open"], case .texts(let sources) = table["source"] else {
            Issue.record("columns are missing")
            return
        }
        #expect(opens[2...4] == [432, 443, 434] && sources[3] == "another")
    }

    @Test func featuresThatComeLaterAreColumnsMore() async throws {
        let sink = try sink(["part": .text("day")])
        _ = try await sink.write(batch(.features(makeFeatures(0..<1, names: ["a", "close"]))))
        try await sink.flush()
        _ = try await sink.write(batch(.features(makeFeatures(0..<1, names: ["a", "price"])), places: [1]))
        try await sink.flush()
        let table = try read("features/instrument=AAPL.US/year=2013/month=03/day=01/main.parquet")
        #expect(table["close"] == .numbers([0.5, .nan]) && table["features.price"] == .numbers([.nan, 0.5]))
        #expect(table["place"] == .integers([0, 1]))
        await sink.stop()
    }

    @Test func aFileOfSomethingElseIsNotWrittenOver() async throws {
        try folder.write("not a table", to: "out/bars/instrument=AAPL.US/year=2013/main.parquet")
        let sink = try sink()
        _ = try await sink.write(batch(.bars(makeBars(0..<3))))
        _ = try await sink.write(batch(.bars(makeBars(0..<3, maotai))))
        let error = await fault { try await sink.flush() }
        #expect(error?.code == .corrupted && error?.message.contains("Move it away") == true)
        try FileManager.default.removeItem(atPath: folder.file("out/bars/instrument=AAPL.US/year=2013/main.parquet"))
        // As the host does: all since the last flush is written again.
        _ = try await sink.write(batch(.bars(makeBars(0..<3))))
        try await sink.flush()
        #expect(try read("bars/instrument=AAPL.US/year=2013/main.parquet").count == 3 && files().count == 2)
        await sink.stop()
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs root and the right to mount a tmpfs"))
    func losesNothingOnAFullDisk() async throws {
        let disk = try #require(SmallDisk(size: "64k"))
        let sink = try sink(["path": .text(disk.folder.file("out"))])
        try await sink.probe()
        let filler = try disk.folder.write([UInt8](repeating: 1, count: 52_000), to: "filler")
        let path = disk.folder.file("out/bars/instrument=AAPL.US/year=2013/main.parquet")
        let rows = { try ParquetTable(reading: Array(try Data(contentsOf: URL(filePath: path)))).count }
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        let more = batch(
            .bars(
                (10..<300).map { number in
                    let price = Double((number &* 2_654_435_761) % 1_000_003) / 7
                    return Bar(
                        time: march + Int64(number) * day, open: price, high: price * 1.7, low: price / 1.3,
                        close: price * 1.1, volume: price * 97, instrument: apple)
                }))
        for _ in 0..<2 {
            _ = try await sink.write(more)
            let error = await fault { try await sink.flush() }
            #expect(
                error?.code == .environment && error?.message.contains("Free space") == true,
                "\(error?.message ?? "none")")
            #expect(try rows() == 10)
        }
        try FileManager.default.removeItem(atPath: filler)
        try await sink.flush()
        #expect(try rows() == 300)
        await sink.stop()
    }
}

private enum FilePathEnd {
    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
