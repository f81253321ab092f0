import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// What files look like to somebody who names them for the first time, and how a single file is read without a manifest.
@Suite struct LocalHistoryFoundTests {
    private static let yahoo = "Date,Open,High,Low,Close,Adj Close,Volume\n2013-03-01,1,2,0.5,1.5,1.5,100\n"
    private static let akshare = "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,换手率\n2013-03-01,600036,1,1.5,2,0.5,100,15000,1\n"

    private func fault(_ path: String, of wanted: Set<Instrument> = []) -> PluginError? {
        do throws(PluginError) {
            _ = try HistoryFolder(path, of: wanted)
            return nil
        } catch { return error }
    }

    @Test func filesThatCallForDifferentPresetsAreNotReadByOne() throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.yahoo)
        try folder.write("600036.csv", Self.akshare)
        try folder.write("600037.csv", Self.akshare.replacing("600036", with: "600037"))
        try folder.write("NOTES.csv", "day,remark\n2013-03-01,nothing\n")
        let found = try HistoryFolder(folder.path)
        #expect(found.instruments.map(\.description) == ["600036.SH", "600037.SH"] && found.preset == "akshare")
        #expect(
            found.leftOut == [
                "NOTES.csv (has no column for 'close')",
                "AAPL.csv (calls for preset yahoo, the others for preset akshare)",
            ])
        let both = fault(folder.path, of: [try Instrument(parsing: "600036"), try Instrument(parsing: "AAPL")])
        #expect(both?.code == .configuration && both?.message.contains("calls for preset") == true)
        let only = try HistoryFolder(folder.path, of: [try Instrument(parsing: "600036")])
        #expect(only.preset == "akshare" && !only.hasAdjusted && only.leftOut.isEmpty)
    }

    @Test func anAdjustedCloseIsSeenWhereEveryFileHasOne() throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.yahoo)
        #expect(try HistoryFolder(folder.path).hasAdjusted)
        try folder.write("IBM.csv", "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1.5,100\n")
        let both = try HistoryFolder(folder.path)
        #expect(!both.hasAdjusted && both.preset == "yahoo" && both.instruments.count == 2)
    }

    @Test func lostZerosArePutBackWhereThePresetSaysWhoseCodesTheyAre() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write("all.csv", "code,date,open,high,low,close,volume\n1,2013-03-01,1,2,0.5,1.5,100\n")
        #expect(fault(plain)?.code == .malformed)
        #expect(fault(plain)?.message.contains("has 1: codes that lost their leading zeros") == true)
        let told = try folder.write("told.csv", Self.akshare.replacing("600036", with: "36"))
        #expect(try HistoryFolder(told).instruments.map(\.description) == ["000036.SZ"])
    }

    @Test func barsOfYfinanceWithinADayAreDatedByTheirStart() async throws {
        let folder = try TemporaryFolder()
        let rows = (0..<5).map { "2024-01-02 09:3\($0):00-05:00,1,2,0.5,1.5,100\n" }
        try folder.write("AAPL.csv", "Datetime,Open,High,Low,Close,Volume\n" + rows.joined())
        let found = try HistoryFolder(folder.path)
        #expect(found.preset == "yahoo" && found.timeframe == Timeframe(1, .minute))
        let options: [String: ConfigurationValue] = ["preset": .text("yahoo")]
        let reply = try await allBars(
            try history(folder.path, options), ["AAPL"], timeframe: Timeframe(1, .minute))
        #expect(reply.events.first?.time == nanoseconds(1_704_205_860))
        try folder.write("AAPL.csv", Self.yahoo)
        let days = try await allBars(try history(folder.path, options), ["AAPL"])
        #expect(days.events.first?.time == nanoseconds(1_362_171_600))
    }

    @Test func columnsCountByTheirNamesNotTheirPlaces() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "600036.csv", "date,open,close,high,low,volume,amount\n2013-03-01,1,1.5,2,0.5,100,150\n")
        let file = try await HistoryBars(file: path)
        #expect(file.bars.map(\.close) == [1.5] && file.bars.map(\.high) == [2] && file.bars.map(\.low) == [0.5])
        let yahoo = try await HistoryBars(file: try folder.write("AAPL.csv", Self.yahoo))
        #expect(yahoo.bars.map(\.volume) == [100])
        let lots = try await HistoryBars(file: try folder.write("600000.csv", Self.akshare))
        #expect(lots.bars.map(\.volume) == [10_000] && lots.bars.map(\.close) == [1.5])
        let bare = try await HistoryBars(file: try folder.write("bare.csv", "1362171600,1,2,0.5,1.5,100\n"))
        #expect(bare.bars.map(\.time) == [nanoseconds(1_362_171_600)] && bare.bars.map(\.close) == [1.5])
        let seconds = try await HistoryBars(
            file: try folder.write("S.csv", "seconds,open,high,low,close,volume\n1362171600,1,2,0.5,1.5,100\n"))
        #expect(seconds.bars.map(\.time) == [nanoseconds(1_362_171_600)])
    }

    @Test(arguments: [
        ("date,open,high,low\n2013-03-01,1,2,0.5\n", "has no column for 'close'"),
        ("date,open,high,low,close,volume\n2013-03-01,1,2,0.5,x,100\n", "AAPL.csv:2"),
        (
            "code,date,open,high,low,close,volume\nA,2013-03-01,1,2,0.5,1,1\nB,2013-03-01,1,2,0.5,1,1\n",
            "of 2 instruments"
        ),
    ])
    func whatIsNoFileOfOneInstrumentsBarsIsRefused(text: String, message: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("AAPL.csv", text)
        let error = await #expect(throws: PluginError.self) { _ = try await HistoryBars(file: path) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func aLastLineWithoutAnEndIsTold() async throws {
        let folder = try TemporaryFolder()
        let log = Log()
        try folder.write("AAPL.csv", String(Self.yahoo.dropLast(3)))
        #expect(try await allBars(try history(folder.path, log: log), ["AAPL"]).events.map(\.volume) == [1])
        #expect(log.texts.count == 1 && log.texts[0].contains("'AAPL.csv' ends without a line break"), "\(log.texts)")
        let again = Log()
        let provider = try history(folder.path, log: again)
        for _ in 0..<2 { _ = try await allBars(provider, ["AAPL"]) }
        #expect(again.texts.count == 1, "\(again.texts)")
        let whole = Log()
        try folder.write("AAPL.csv", Self.yahoo)
        _ = try await allBars(try history(folder.path, log: whole), ["AAPL"])
        #expect(whole.texts.isEmpty, "\(whole.texts)")
    }
}
