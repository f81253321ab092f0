import FoundationEssentials
import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// The library that reads Parquet, where an environment of Python beside the manifest has it.
private let library: String? = {
    for environment in [".venv", ".venv-bench"] {
        for version in 9...14 {
            let path = "\(environment)/lib/python3.\(version)/site-packages/carquet/libcarquet.so"
            if Repository.has(path) { return "\(Repository.root)/\(path)" }
        }
    }
    return nil
}()

/// Parquet files as other programs write them.
@Suite struct LocalHistoryParquetTests {
    private static let fixtures = "\(Repository.root)/Tests/Fixtures/Providers/LocalHistory"
    private static let missing: Comment =
        "libcarquet is not installed. Run: python3 -m venv .venv && .venv/bin/pip install carquet"

    private func parquet(_ path: String, _ options: [String: ConfigurationValue] = [:]) throws -> LocalHistory {
        try history(path, options.merging(["library": .text(library ?? "")]) { told, _ in told })
    }

    @Test(.enabled(if: library != nil, missing))
    func frameGivesWhatTheTextGives() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: "\(Self.fixtures)/AAPL.parquet", toPath: folder.file("AAPL.parquet"))
        let provider = try parquet(folder.path, ["adjust": .text("ratio")])
        let text = try await allBars(try history(TestData.shipped, ["adjust": .text("ratio")]), ["AAPL"])
        let rows = try await allBars(provider, ["AAPL"])
        #expect(rows.events.count == 60)
        #expect(shown(rows.events) == shown(text.events.prefix(60)))
        #expect(rows.defects.isEmpty)
        #expect(try await provider.instruments().map { "\($0)" } == ["AAPL.US"])
    }

    @Test(.enabled(if: library != nil, missing))
    func everyTypeOfColumnAndEachRowGroupIsRead() async throws {
        let path = "\(Self.fixtures)/all.parquet"
        let options: [String: ConfigurationValue] = ["columns": .map(["time": .text("date")])]
        let text = try await allBars(try history(TestData.shipped), ["AAPL", "IBM"])
        let rows = try await allBars(try parquet(path, options), ["AAPL", "IBM"])
        #expect(rows.defects.isEmpty)
        #expect(rows.events.count == 80)
        for (id, part) in [(UInt32(0), 0..<40), (1, 40..<80)] {
            let own = text.events.filter { $0.instrument.rawValue == id }.prefix(40)
            #expect(rows.events[part].map(\.close) == own.map(\.close))
            #expect(rows.events[part].map(\.volume) == own.map(\.volume))
            #expect(rows.events[part].map(\.time) == own.map(\.time))
        }
        #expect(rows.events[0].amount == 1.5e6)
        #expect(rows.events[1].amount.isNaN)
        // Grouped by instrument, and read side by side.
        let streamed = try await replay(try parquet(path, options), ["AAPL", "IBM"])
        #expect(streamed.bars.count == 80)
        #expect(zip(streamed.bars, streamed.bars.dropFirst()).allSatisfy { $0.time <= $1.time })
        // Of a decimal nobody says where its point is.
        let exact = try await allBars(
            try parquet(path, ["columns": .map(["time": .text("date"), "close": .text("exact")])]), ["AAPL"])
        #expect(exact.events.isEmpty && exact.defects.count >= 40)
        #expect(exact.defects.first?.message.contains("'close' is '(no number, text or time)'") == true)
        // An instant of UTC is one, whatever the venue: midnight there is the evening before in New York.
        let hours = try await allBars(
            try parquet(path, ["columns": .map(["time": .text("known")])]), ["AAPL"], timeframe: Timeframe(1, .hour))
        #expect(hours.events.first?.time == nanoseconds(951_868_800))
    }

    @Test(.enabled(if: library != nil, missing))
    func damagedFileIsTold() async throws {
        let folder = try TemporaryFolder()
        let whole = Array(try Data(contentsOf: URL(filePath: "\(Self.fixtures)/all.parquet")))
        let cut = try folder.write("cut.parquet", Array(whole.prefix(whole.count / 2)))
        let error = await #expect(throws: PluginError.self) { _ = try await allBars(try parquet(cut), ["AAPL"]) }
        #expect(error?.message.contains("'cut.parquet' is no whole Parquet file (") == true)
        var bytes = whole
        for place in 600..<1_200 { bytes[place] ^= 0x5A }
        let damaged = try folder.write("damaged.parquet", bytes)
        let options: [String: ConfigurationValue] = ["columns": .map(["time": .text("date")])]
        let other = await #expect(throws: PluginError.self) {
            _ = try await allBars(try parquet(damaged, options), ["AAPL"])
        }
        #expect(other?.message.contains("'damaged.parquet' cannot be read from its row group 1 of 4 on (") == true)
    }

    @Test func missingLibraryIsToldWithTheCommandThatInstallsIt() async throws {
        let provider = try history("\(Self.fixtures)/all.parquet", ["library": .text("/nonexistent/libcarquet.so")])
        let error = await #expect(throws: PluginError.self) { _ = try await allBars(provider, ["AAPL"]) }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("Install it: python3 -m venv .venv && .venv/bin/pip install carquet") == true)
        // Text is read all the same.
        let bars = try await allBars(
            try history(TestData.shipped, ["library": .text("/nonexistent/libcarquet.so")]), ["AAPL"])
        #expect(!bars.events.isEmpty)
    }
}
