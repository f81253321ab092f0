import Foundation
import HostCore
import HostStorage
import PluginKit
import Testing

/// Prints figures; asserts only that the work was done.
@Suite struct ThroughputTests {
    @Test func printsRowsPerSecond() async throws {
        let folder = try TemporaryFolder()
        let instruments = InstrumentTable()
        let id = instruments.intern(apple)
        let path = folder.file("penstock.db")
        let database = try StateDatabase(path: path, instruments: instruments)
        let bars = makeBars(id, days: 0..<100_000)
        for (name, size) in [("new, batches of 1,024", 1_024), ("unchanged, batches of 1,024", 1_024)] {
            let time = try await ContinuousClock().measure {
                for start in stride(from: 0, to: bars.count, by: size) {
                    let batch = Array(bars[start..<min(start + size, bars.count)])
                    try await database.store(batch, source: "a", timeframe: daily)
                }
            }
            print("storage: \(name): \(Int(Double(bars.count) / (time / .seconds(1)))) rows/s")
        }
        let reading = try await ContinuousClock().measure {
            let found = try await database.bars(of: apple, timeframe: daily, range: anyTime, limit: .max)
            #expect(found.count == 100_000)
        }
        print("storage: reading: \(Int(100_000 / (reading / .seconds(1)))) rows/s")
        database.close()
        let opening = try ContinuousClock().measure {
            try StateDatabase(path: path, instruments: instruments).close()
        }
        print("storage: opening an existing file and closing it: \(opening)")
    }
}
