import Glibc
import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Folders with a file for each day.
@Suite struct LocalHistoryDatedFileTests {
    private static let pattern: [String: ConfigurationValue] = [
        "files": .map(["trade": .text("{code}/{date}_trade.csv")])
    ]

    @Test func filesOfADayFollowEachOtherInEventOrder() async throws {
        let folder = try Self.folder(["AAPL": ["20130301", "20130304"], "ibm": ["20130301", "20130305"]])
        let recorder = try await replay(try history(folder.path, Self.pattern), .trade, ["AAPL", "IBM"])
        #expect(recorder.defects.isEmpty)
        let trades = recorder.deliveries.flatMap { Trade.events(of: $0.batch) ?? [] }
        #expect(trades.map(\.instrument.rawValue) == [0, 1, 0, 1, 0, 0, 1, 1])
        #expect(zip(trades, trades.dropFirst()).allSatisfy { $0.time <= $1.time })
        // 09:30 on 2013-03-01 in New York: the day is in the name of the file alone.
        #expect(trades.first?.time == nanoseconds(1_362_148_200))
    }

    @Test(arguments: [1, 2, 3, 1_024]) func resumesInTheMiddleOfAChain(batch: Int) async throws {
        let folder = try Self.folder(["AAPL": ["20130301", "20130304", "20130305"], "IBM": ["20130304"]])
        let options = Self.pattern.merging(["batch": .integer(batch)]) { $1 }
        try await expectExactResume(try history(folder.path, options), .trade, ["AAPL", "IBM"], count: 8)
    }

    @Test func newDayIsReadAfterAPositionAndADoneDayIsNot() async throws {
        let folder = try Self.folder(["AAPL": ["20130301"]])
        let provider = try history(folder.path, Self.pattern)
        let position = try #require(try await replay(provider, .trade, ["AAPL"]).deliveries.last).position
        try folder.write("AAPL/20130304_trade.csv", Self.rows)
        #expect(try await replay(provider, .trade, ["AAPL"], after: position).deliveries.map(\.batch.count) == [2])
        // The old days were put away.
        unlink("\(folder.path)/AAPL/20130301_trade.csv")
        #expect(try await replay(provider, .trade, ["AAPL"], after: position).deliveries.map(\.batch.count) == [2])
    }

    @Test func dayThatCannotBeReadIsTold() async throws {
        let folder = try Self.folder(["AAPL": ["20130301", "20130304", "20130305"]])
        let whole = gzip(Array(String(repeating: Self.rows, count: 50).utf8))
        try folder.write("AAPL/20130304_trade.csv", Array(whole.prefix(whole.count - 12)))
        try folder.write("AAPL/20130306_trade.csv", "nothing,known\n1,2\n")
        let recorder = try await replay(try history(folder.path, Self.pattern), .trade, ["AAPL"])
        #expect(recorder.defects.map(\.reason).suffix(2) == ["truncated_gzip", "missing_column"])
        let trades = recorder.deliveries.flatMap { Trade.events(of: $0.batch) ?? [] }
        #expect(trades.first?.time == nanoseconds(1_362_148_200))
        #expect(trades.last?.time == nanoseconds(1_362_493_801))
    }

    @Test func rangeOpensNoOtherDays() async throws {
        let days = ["20130301", "20130304", "20130401"]
        let folder = try Self.folder(["AAPL": days])
        try folder.write("AAPL/20120101_trade.csv", "nothing,known\n1,2\n")
        let range = nanoseconds(1_362_148_200)...nanoseconds(1_362_148_201)
        let reply = try await fetched(try history(folder.path, Self.pattern), .trade, ["AAPL"], range: range)
        #expect(reply.batch.count == 2 && reply.defects.isEmpty)
    }

    @Test func foldersOfADayAndMonthlyArchivesAreChainsToo() async throws {
        let folder = try TemporaryFolder()
        for day in ["2013-03-01", "2013-03-04"] { try folder.write("\(day)/aapl.csv", Self.rows) }
        let options: [String: ConfigurationValue] = ["file_pattern": .text("{date}/{code}.csv")]
        #expect(try await fetched(try history(folder.path, options), .trade, ["AAPL"]).batch.count == 4)
        let monthly = try TemporaryFolder()
        for month in ["2024-07", "2024-08"] {
            let row = "\(month)-01 00:00:00,1,2,0.5,1,7\n"
            try monthly.write("BTCUSDT-1d-\(month).zip", zipArchive([("x.csv", Array(row.utf8))]))
        }
        let binance: [String: ConfigurationValue] = [
            "file_pattern": .text("{code}-{timeframe}-{date}.csv"), "header": .boolean(false),
        ]
        let bars = try await allBars(try history(monthly.path, binance), ["BTCUSDT.BINANCE"])
        #expect(bars.events.map(\.volume) == [7, 7])
    }

    @Test func oneFileOfADayForAllInstruments() async throws {
        let folder = try TemporaryFolder()
        for day in ["20130301", "20130304"] {
            try folder.write(
                "all_\(day).csv", "symbol,time,price,size\nIBM,09:30:00,1,1\nAAPL,09:30:00,2,1\nIBM,09:30:01,3,1\n")
        }
        let options: [String: ConfigurationValue] = ["files": .map(["trade": .text("all_{date}.csv")])]
        try await expectExactResume(try history(folder.path, options), .trade, ["AAPL", "IBM"], count: 6)
    }

    @Test func timeOfDayWithoutADateSaysWhatIsMissing() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.rows)
        let reply = try await fetched(try history(folder.path), .trade, ["AAPL"])
        #expect(reply.defects.map(\.reason) == ["unreadable_time", "unreadable_time"])
        #expect(reply.defects[0].message.contains("a file_pattern with {date}"))
    }

    @Test func instrumentsAreThoseOfTheFolder() async throws {
        let folder = try Self.folder(["AAPL": ["20130301"], "brk.b": ["20130301"]])
        try folder.write("600519.SH.csv", "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1,10\n")
        try folder.write("notes.txt", "x")
        let names = try await history(folder.path, Self.pattern).instruments().map { "\($0)" }
        #expect(names == ["600519.SH", "AAPL.US", "BRK.B.US"])
    }

    @Test func instrumentsOfAFileForAllAreThoseOfItsColumn() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "all.csv",
            "symbol,date,open,high,low,close,volume\nsh600000,2013-03-01,1,2,0.5,1,10\nIBM,2013-03-01,1,2,0.5,1,1\n")
        #expect(try await history(path).instruments().map { "\($0)" } == ["600000.SH", "IBM.US"])
    }

    @Test func listsEachFileOnceWhateverItsSpelling() async throws {
        let folder = try TemporaryFolder()
        let rows = "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1,10\n"
        let names = [
            "AAPL.csv", "AAPL_trades.csv", "SH600519.csv", "sz.000001.csv", "0700.HK.csv.gz", "BRK.B.csv", "notes.txt",
            "x y.csv",
        ]
        for name in names { try folder.write(name, rows) }
        #expect(
            try await history(folder.path).instruments().map { "\($0)" } == [
                "00700.HK", "600519.SH", "000001.SZ", "AAPL.US", "BRK.B.US",
            ])
    }

    @Test func aListAsksForNoFileThatItsPatternWouldNotFind() async throws {
        let folder = try TemporaryFolder()
        for name in ["sh600519.csv", "USAAPL.csv"] { try folder.write(name, "date\n") }
        let options: [String: ConfigurationValue] = ["file_pattern": .text("{venue}{code}.csv")]
        #expect(try await history(folder.path, options).instruments().map { "\($0)" } == ["600519.SH"])
    }

    @Test func membersOfAnArchiveAreNamedByInstrument() async throws {
        let folder = try TemporaryFolder()
        let members = ["AAPL", "IBM"].map { name in
            (
                name: "\(name).csv",
                bytes: Array("date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1,\(name.count)\n".utf8)
            )
        }
        try folder.write("all.zip", zipArchive(members))
        let options: [String: ConfigurationValue] = ["file_pattern": .text("all.zip#{code}.csv")]
        let provider = try history(folder.path, options)
        let bars = try await allBars(provider, ["AAPL", "IBM"])
        #expect(bars.events.map(\.volume) == [4, 3])
        #expect(try await provider.instruments().map { "\($0)" } == ["AAPL.US", "IBM.US"])
    }

    // MARK: Help

    private static let rows = "time,price,size\n09:30:00,1,1\n09:30:01,2,1\n"

    private static func folder(_ days: [String: [String]]) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (code, days) in days {
            for day in days { try folder.write("\(code)/\(day)_trade.csv", rows) }
        }
        return folder
    }
}
