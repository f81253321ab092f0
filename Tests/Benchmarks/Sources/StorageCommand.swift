import ArgumentParser
import FoundationEssentials
import HostCore
import HostStorage
import PluginKit

/// Bars into the host's database, the same bars again, reading them all, and opening the file.
struct StorageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "storage")

    @Option(help: "Bars to store.") var bars = 100_000
    @Option(help: "Bars a batch.") var batch = 1_024

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/penstock-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let instruments = table()
        let path = "\(folder)/penstock.db"
        let database = try StateDatabase(path: path, instruments: instruments)
        let rows = self.rows(instruments)
        for name in ["new", "unchanged"] {
            let span = try await ContinuousClock().measure {
                for start in stride(from: 0, to: rows.count, by: batch) {
                    let part = Array(rows[start..<min(start + batch, rows.count)])
                    try await database.store([Self.entry(part)])
                }
            }
            printResult("storage_\(name)_rows_per_second", Double(bars) / span.inSeconds, "rows/s")
        }
        let groups = try await grouped(to: folder, from: rows)
        printResult("storage_grouped_rows_per_second", groups.rows, "rows/s")
        printResult("storage_single_deliveries_per_second", groups.singles, "deliveries/s")
        let reading = try await ContinuousClock().measure {
            var found = 0
            for number in 0..<instruments.count {
                found += try await database.bars(
                    of: Self.instrument(number), timeframe: Timeframe(1, .day), range: Int64.min...Int64.max,
                    limit: .max
                ).count
            }
            guard found == bars else { throw ValidationError("storage: \(found) of \(bars) bars were read.") }
        }
        printResult("storage_read_rows_per_second", Double(bars) / reading.inSeconds, "rows/s")
        database.close()
        let opening = try ContinuousClock().measure { try StateDatabase(path: path, instruments: instruments).close() }
        printResult("storage_open", opening.inSeconds * 1_000, "ms")
    }

    /// Days of one instrument: an instant says no more of them than 106,751.
    private static let days = 100_000

    private static func instrument(_ number: Int) -> Instrument { Instrument(code: "A\(number)", venue: "US") }

    private func table() -> InstrumentTable {
        let table = InstrumentTable()
        for number in 0..<max(1, (bars + Self.days - 1) / Self.days) { _ = table.intern(Self.instrument(number)) }
        return table
    }

    /// The bars, one instrument after the other.
    private func rows(_ instruments: InstrumentTable) -> [Bar] {
        (0..<instruments.count).flatMap { number in
            let count = min(Self.days, bars - number * Self.days)
            return SampleRows(instrument: InstrumentID(rawValue: UInt32(number))).bars(0..<count)
        }
    }

    /// Stores bars as a pipeline does: in deliveries of a batch, then one bar each, behind the store's queue.
    private func grouped(to folder: String, from rows: [Bar]) async throws -> (rows: Double, singles: Double) {
        var rates: [Double] = []
        for (size, rows) in [(batch, rows), (1, Array(rows.prefix(rows.count / 10)))] {
            let path = "\(folder)/grouped-\(size).db"
            let database = try StateDatabase(path: path, instruments: table())
            let writer = StoreWriter(
                events: database, quarantine: database, isOutOfTime: StopSignal(), clock: ContinuousClock(),
                report: { _ in }, acknowledge: { _, _ in })
            let span = await ContinuousClock().measure {
                async let writing: Void = writer.run()
                for start in stride(from: 0, to: rows.count, by: size) {
                    let part = Array(rows[start..<min(start + size, rows.count)])
                    _ = await writer.queue.push(
                        StoreWriter.Item(sequence: UInt64(start), partition: 0, entries: [Self.entry(part)]))
                }
                writer.queue.finish()
                await writing
            }
            rates.append(Double(rows.count / size) / span.inSeconds * (size == 1 ? 1 : Double(size)))
            database.close()
        }
        return (rates[0], rates[1])
    }

    private static func entry(_ bars: [Bar]) -> StoreEntry {
        StoreEntry(
            pipeline: "main", timeframe: Timeframe(1, .day), provenance: Provenance(source: "a"),
            events: .bars(bars))
    }
}
