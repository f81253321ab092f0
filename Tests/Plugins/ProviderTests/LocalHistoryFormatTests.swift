import Foundation
import PluginKit
import TestSupport
import Testing

@testable import LocalHistoryProvider

/// How times and numbers are written, in which order, whose files they are.
@Suite struct LocalHistoryFormatTests {
    private static let header = "date,open,high,low,close,volume\n"

    private static func rows(_ dates: [String]) -> String {
        header + dates.enumerated().map { "\($1),1,2,0.5,1.\($0),100\n" }.joined()
    }

    private static let days = (1...9).map { "2013-03-0\($0)" }

    // MARK: Day and month

    @Test func datesThatRefuteMonthFirstRefuseTheFile() async throws {
        let dates = ["01/03/2013", "04/03/2013", "12/03/2013", "13/03/2013"]
        let error = try await refusal(Self.rows(dates))
        #expect(error.message.contains("'13/03/2013' at line 5"))
        #expect(error.message.contains("Set date_format: d/M/yyyy."))
        let bars = try await read(Self.rows(dates), ["date_format": .text("d/M/yyyy")])
        #expect(bars.map(\.time) == [1_362_171_600, 1_362_430_800, 1_363_118_400, 1_363_204_800].map(nanoseconds))
    }

    @Test func firstDateThatOnlyFitsDayFirstRefusesTheFile() async throws {
        let error = try await refusal(Self.rows(["13/03/2013", "01/04/2013"]))
        #expect(error.message.contains("Set date_format: d/M/yyyy."))
    }

    @Test func ambiguousDatesAreReadMonthFirstAndThatIsSaid() async throws {
        let log = Log()
        let bars = try await read(Self.rows(["01/03/2013", "04/03/2013", "05/03/2013"]), log: log)
        #expect(bars.count == 3)
        #expect(
            log.texts.contains { $0.contains("read month first (M/d/yyyy)") && $0.contains("date_format: d/M/yyyy") })
    }

    @Test func datesThatOnlyFitMonthFirstAreReadWithoutAWord() async throws {
        let log = Log()
        #expect(try await read(Self.rows(["03/01/2013", "03/04/2013", "03/13/2013"]), log: log).count == 3)
        #expect(log.texts.isEmpty)
    }

    // MARK: Order

    @Test(arguments: [false, true])
    func fileFromNewToOldIsReadFromItsEnd(isPacked: Bool) async throws {
        let folder = try TemporaryFolder()
        let bytes = Array(Self.rows(Self.days.reversed()).utf8)
        try folder.write("AAPL.csv", isPacked ? gzip(bytes) : bytes)
        let provider = try history(folder.path)
        let recorder = try await replay(provider, ["AAPL"])
        #expect(recorder.bars.map(\.close) == [1.8, 1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 1.0])
        #expect(zip(recorder.bars, recorder.bars.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(shown(try await allBars(provider, ["AAPL"]).events) == shown(recorder.bars))
    }

    @Test func longFileFromNewToOldIsReadInBlocks() async throws {
        let dates = (0..<5_000).map { "2013-03-\(10 + $0 / 1_440) \($0 % 1_440 / 60):\($0 % 60):00" }
        let folder = try TemporaryFolder()
        let text = Self.header + dates.reversed().map { "\($0),1,2,0.5,1,100\n" }.joined()
        try folder.write("BTC.BINANCE.csv", text + "bad\n")
        let recorder = try await replay(try history(folder.path), ["BTC.BINANCE"], timeframe: Timeframe(1, .minute))
        #expect(recorder.bars.count == 5_000)
        #expect(zip(recorder.bars, recorder.bars.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(recorder.defects.map(\.place) == ["BTC.BINANCE.csv:5002"])
    }

    @Test(arguments: [1, 4])
    func newestFirstResumesAlsoWhereRowsWerePutInAtTheTop(batch: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows(Self.days.reversed()))
        let provider = try history(folder.path, ["batch": .integer(batch)])
        let whole = try await replay(provider, ["AAPL"])
        var count = 0
        for delivery in whole.deliveries {
            count += delivery.batch.count
            let rest = try await replay(provider, ["AAPL"], after: delivery.position)
            #expect(shown(rest.bars) == shown(whole.bars.dropFirst(count)))
        }
        try folder.write("AAPL.csv", Self.rows(["2013-03-11"] + Self.days.reversed()))
        let position = try #require(whole.deliveries.last?.position)
        #expect(try await replay(provider, ["AAPL"], after: position).bars.map(\.close) == [1.0])
    }

    @Test func groupsFromNewToOldInAFileForAllAreMerged() async throws {
        let folder = try TemporaryFolder()
        let rows = ["MSFT", "AAPL"].flatMap { name in
            Self.days.reversed().map { "\(name),\($0),1,2,0.5,1,100\n" }
        }
        for bytes in [Array(("symbol," + Self.header + rows.joined()).utf8)].flatMap({ [$0, gzip($0)] }) {
            let path = try folder.write("all.csv", bytes)
            let bars = try await replay(try history(path), ["AAPL", "MSFT"]).bars
            #expect(bars.count == 18)
            #expect(zip(bars, bars.dropFirst()).allSatisfy { ($0.time, $0.instrument) < ($1.time, $1.instrument) })
        }
    }

    // MARK: Span and units

    @Test func minuteFileAskedForDaysIsRefusedWithItsSpan() async throws {
        let rows = Self.rows((10..<40).map { "2013-03-01 09:\($0):00" })
        let error = try await refusal(rows)
        #expect(error.message.contains("looks like bars of 1m, and bars of 1d are asked"))
    }

    @Test func weeklyFileAskedForDaysIsReadAndTold() async throws {
        let log = Log()
        let dates = ["2013-01-04", "2013-01-11", "2013-01-18", "2013-01-25", "2013-02-01"]
        #expect(try await read(Self.rows(dates), log: log).count == 5)
        #expect(log.texts.contains { $0.contains("looks like bars of 1w") })
    }

    @Test func weeksDatedOnMondaysAreTold() async throws {
        let log = Log()
        let dates = ["2013-01-07", "2013-01-14", "2013-01-21", "2013-01-28"]
        _ = try await read(Self.rows(dates), timeframe: Timeframe(1, .week), log: log)
        #expect(log.texts.contains { $0.contains("Set time_is: start") })
    }

    private static let tushare =
        "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
        + "600519.SH,20100105,106,107,105,106,106,0,0,31513.18,335720.422\n"
        + "600519.SH,20100104,106,107,105,105,106,0,0,44304.88,467405.635\n"

    @Test func amountsFarFromThePricesAreToldAndThePresetReadsThem() async throws {
        let folder = try TemporaryFolder()
        try folder.write("600519.SH.csv", Self.tushare)
        let log = Log()
        _ = try await replay(try history(folder.path, log: log), ["600519"])
        #expect(log.texts.contains { $0.contains("preset: tushare") })
        let quiet = Log()
        let bars = try await replay(try history(folder.path, ["preset": .text("tushare")], log: quiet), ["600519"]).bars
        #expect(bars.map(\.volume) == [4_430_488, 3_151_318])
        #expect(bars.map(\.amount) == [467_405_635, 335_720_422])
        #expect(quiet.texts.isEmpty)
    }

    @Test func optionsWinOverThePreset() async throws {
        let folder = try TemporaryFolder()
        try folder.write("600519.SH.csv", Self.tushare)
        let options: [String: ConfigurationValue] = ["preset": .text("tushare"), "volume_unit": .text("shares")]
        #expect(try await replay(try history(folder.path, options), ["600519"]).bars.first?.volume == 44_304.88)
    }

    @Test(
        arguments: [
            (
                "nasdaq",
                "Date,Close/Last,Volume,Open,High,Low\n01/03/2024,$1.50,\"1,000\",$1.00,$2.00,$0.50\n"
                    + "01/02/2024,$1.40,\"2,000\",$1.00,$2.00,$0.50\n", [2_000, 1_000]
            ),
            (
                "investing",
                "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n"
                    + "\"01/02/2024\",\"1,001.5\",\"1,000\",\"1,002\",\"999\",\"1.5M\",\"0.1%\"\n", [1_500_000]
            ),
            (
                "metatrader",
                "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
                    + "2024.01.02\t00:00:00\t1\t2\t0.5\t1.5\t77\t0\t1\n", [77]
            ),
            (
                "stooq",
                "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n"
                    + "AAPL.US,D,20240102,000000,1,2,0.5,1.5,33,0\n", [33]
            ),
            ("lean", "20240102 00:00,10000,20000,5000,15000,44\n", [44]),
            ("binance", "1704153600000,1,2,0.5,1.5,55,1704239999999,80,9,1,1,0\n", [55]),
        ] as [(String, String, [Double])])
    func presetReadsTheFilesOfItsProgram(name: String, text: String, volumes: [Double]) async throws {
        #expect(try await read(text, ["preset": .text(name)]).map(\.volume) == volumes)
    }

    // MARK: Times and numbers

    @Test func dateAndTimeOfDayStandInTwoColumns() async throws {
        let text = "date,time,open,high,low,close,volume\n2013-03-01,09:30,1,2,0.5,1.5,100\n"
        let minute = Timeframe(1, .minute)
        let columns: [String: ConfigurationValue] = ["columns": .map(["time_of_day": .text("time")])]
        #expect(try await read(text, columns, timeframe: minute).map(\.time) == [nanoseconds(1_362_148_200)])
        let refused = try await reply(text, timeframe: minute).defects
        #expect(refused.first?.message.contains("columns.time_of_day") == true)
    }

    @Test(arguments: [
        ("Mar 1, 2013", "MMM d, yyyy"), ("1-March-13", "d-MMM-yy"), ("20130301.0", "yyyyMMdd.0"), ("41334", "excel"),
        ("1.3.2013", "d.M.yyyy"),
    ])
    func formThatIsNotGuessedIsNamedAndReadWhenItIsSet(text: String, format: String) async throws {
        let rows = Self.header + "\"\(text)\",1,2,0.5,1.5,100\n"
        let defect = try #require(try await reply(rows).defects.first)
        #expect(defect.message.contains("'\(format)'"))
        let bars = try await read(rows, ["date_format": .text(format)])
        #expect(bars.map(\.time) == [nanoseconds(1_362_171_600)])
    }

    @Test(arguments: [
        ("1.234,5", "1.234,5"), ("1 234,5", "1 234,5"), ("1,234.5", "1,234.5"), ("1'234.5", "1'234.5"),
        ("1234,5", "1234,5"), ("1\u{A0}234.5", "1 234.5"), ("12,34,567.5", "1,234.5"),
    ])
    func numberFormatIsNamedAndReadWhenItIsSet(text: String, format: String) async throws {
        let rows = Self.header + "2013-03-01,1,2,0.5,\"\(text)\",100\n"
        let defect = try #require(try await reply(rows).defects.first)
        #expect(defect.message.contains("number_format:") && defect.message.contains("\"\(format)\""))
        let close = try await read(
            rows.replacing("0.5", with: format.hasSuffix(",5") ? "0" : "0.5"),
            ["number_format": .text(format)]
        ).first?.close
        #expect(close == (text.hasPrefix("12,") ? 1_234_567.5 : 1_234.5))
    }

    @Test(arguments: [
        ("1,23.5", "1,234.5"), ("1,2345", "1,234.5"), ("1.2.3", "1.234,5"), ("$", "1234.5"), ("", "1,234.5"),
    ])
    func numberThatOnlyLooksGroupedIsADefect(text: String, format: String) async throws {
        let rows = Self.header + "2013-03-01,1,2,0,\"\(text)\",100\n"
        let options: [String: ConfigurationValue] = ["number_format": .text(format), "number_signs": .boolean(true)]
        #expect(try await reply(rows, options).defects.map(\.reason) == ["unreadable_number"])
    }

    @Test func volumeBelowEveryUnitIsADefect() async throws {
        let defects = try await reply(Self.header + "2013-03-01,1,2,0.5,1.5,5.9e-39\n").defects
        #expect(defects.map(\.reason) == ["implausible_volume"])
    }

    @Test(arguments: [("first", [1.0, 1.1, 1.2]), ("last", [1.1, 1.2])])
    func laterOfTwoRowsOfADayCountsWhereThatIsChosen(choice: String, closes: [Double]) async throws {
        let text = Self.rows(["2013-03-01", "2013-03-01", "2013-03-04"])
        #expect(try await read(text, ["same_time": .text(choice)]).map(\.close) == closes)
    }

    @Test func hourThatTheClockChangeRepeatsIsReadTwice() async throws {
        let times = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"].map { "2023-11-05 \($0):00" }
        let bars = try await read(Self.rows(times), timeframe: Timeframe(30, .minute))
        let start: Int64 = 1_699_158_600
        #expect(bars.map(\.time) == (0..<6).map { nanoseconds(start + $0 * 1_800) })
    }

    @Test func halfDayEndsWhenTheCalendarSays() async throws {
        let bars = try await read(Self.rows(["2023-11-22", "2023-11-24"]))
        #expect(bars.map(\.time) == [nanoseconds(1_700_686_800), nanoseconds(1_700_848_800)])
    }

    @Test func millionsOfBadRowsAreHandedOnInParts() async throws {
        let folder = try TemporaryFolder()
        let bad = Array(String(repeating: "x\n", count: 200_000).utf8)
        try folder.write("AAPL.csv", gzip(Array(Self.header.utf8) + bad + Array("2013-03-01,1,2,0.5,1,1\n".utf8)))
        let provider = try history(folder.path)
        let recorder = try await replay(provider, ["AAPL"])
        #expect(recorder.defects.count == 200_000)
        #expect(recorder.deliveries.allSatisfy { $0.defects.count <= 2_048 })
        let reply = try await allBars(provider, ["AAPL"])
        #expect(reply.events.count == 1)
        #expect(reply.defects.count == 10_001)
        #expect(reply.defects.last?.message.hasPrefix("190000 more rows") == true)
    }

    @Test func readmeListsThePresets() throws {
        let path = "\(Repository.root)/Sources/Plugins/Providers/LocalHistory/README.md"
        let readme = try String(contentsOfFile: path, encoding: .utf8)
        for preset in HistoryPreset.all { #expect(readme.contains(preset.row), "add: \(preset.row)") }
    }

    // MARK: Help

    private func reply(
        _ text: String, _ options: [String: ConfigurationValue] = [:], timeframe: Timeframe = Timeframe(1, .day),
        log: Log = Log()
    ) async throws -> BarsReply {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", text)
        return try await allBars(try history(folder.path, options, log: log), ["AAPL"], timeframe: timeframe)
    }

    private func read(
        _ text: String, _ options: [String: ConfigurationValue] = [:], timeframe: Timeframe = Timeframe(1, .day),
        log: Log = Log()
    ) async throws -> [Bar] {
        let reply = try await reply(text, options, timeframe: timeframe, log: log)
        #expect(reply.defects.isEmpty)
        return reply.events
    }

    private func refusal(_ text: String) async throws -> PluginError {
        let error = await #expect(throws: PluginError.self) { _ = try await reply(text) }
        return try #require(error)
    }
}
