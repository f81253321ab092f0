import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// How rows of a file become bars.
@Suite struct LocalHistoryFileTests {
    private static let header = "date,open,high,low,close,volume\n"
    private static let row = "2013-03-01,1,2,0.5,1.5,100\n"

    @Test func dailyBarEndsWithTheSessionOfItsVenue() async throws {
        let folder = try TemporaryFolder()
        let ends: [String: Int64] = [
            "AAPL.US": 1_362_171_600, "600519.SH": 1_362_121_200, "00700.HK": 1_362_124_800,
            "BTCUSDT.BINANCE": 1_362_182_400,
        ]
        for (name, seconds) in ends {
            try folder.write("\(name).csv", Self.header + Self.row)
            let reply = try await allBars(try history(folder.path), [name])
            #expect(reply.events.map(\.time) == [nanoseconds(seconds)])
        }
    }

    @Test(
        arguments: [
            ("2013-03-01", 1_362_171_600), ("2013-03-01 00:00:00", 1_362_171_600),
            ("2013-03-01 09:30:00", 1_362_171_600),
            ("2013-03-01T00:00:00-05:00", 1_362_171_600), ("1362096000", 1_362_171_600), ("1362148200", 1_362_171_600),
            ("3/1/2013", 1_362_171_600),
        ] as [(String, Int64)])
    func everySpellingOfADayIsTheSameDailyBar(text: String, seconds: Int64) async throws {
        let bars = try await one(Self.header + "\(text),1,2,0.5,1.5,100\n")
        #expect(bars.map(\.time) == [nanoseconds(seconds)])
    }

    @Test(
        arguments: [
            ([:], 1_362_148_200), (["time_is": .text("start")], 1_362_148_500),
            (["time_zone": .text("UTC")], 1_362_130_200),
        ] as [([String: ConfigurationValue], Int64)])
    func intradayBarEndsAtTheTimeWritten(options: [String: ConfigurationValue], seconds: Int64) async throws {
        let bars = try await one(
            Self.header + "2013-03-01 09:30:00,1,2,0.5,1.5,100\n", options, timeframe: Timeframe(5, .minute))
        #expect(bars.map(\.time) == [nanoseconds(seconds)])
    }

    @Test(
        arguments: [
            // A Monday, the Sunday before it, a Tuesday after a holiday: the Friday of that week, 16:00 in New York.
            ("AAPL", "1w", "2022-12-19", 1_671_829_200), ("AAPL", "1w", "2022-12-18", 1_671_829_200),
            ("AAPL", "1w", "2022-12-27", 1_672_434_000), ("AAPL", "2w", "2022-12-19", 1_672_434_000),
            // The last day of the month; the Friday before where that is a Saturday.
            ("AAPL", "1mo", "2022-11-01", 1_669_842_000), ("AAPL", "1mo", "2022-12-01", 1_672_434_000),
            ("AAPL", "1mo", "2022-02-03", 1_646_082_000),
            // Round the clock: seven days, a calendar month, or up to the same day of the next.
            ("BTC.BINANCE", "1w", "2022-12-22", 1_672_272_000), ("BTC.BINANCE", "1mo", "2022-12-01", 1_672_531_200),
            ("BTC.BINANCE", "1mo", "2022-12-15", 1_673_740_800), ("BTC.BINANCE", "3d", "2022-12-01", 1_670_112_000),
            ("BTC-USD", "1d", "2022-12-01", 1_669_939_200), ("BTC.BINANCE", "3mo", "2022-10-01", 1_672_531_200),
        ] as [(String, String, String, Int64)])
    func timeIsStartEndsTheBarWithItsSpan(name: String, span: String, day: String, seconds: Int64) async throws {
        let folder = try TemporaryFolder()
        try folder.write("\(name).csv", Self.header + "\(day),1,2,0.5,1.5,100\n")
        let provider = try history(folder.path, ["time_is": .text("start")])
        let bars = try await allBars(provider, [name], timeframe: try #require(Timeframe(span))).events
        #expect(bars.map(\.time) == [nanoseconds(seconds)])
    }

    @Test(arguments: ["-9223372036854775807", "9223372036854775807", "-9214560000000000001"])
    func timeThatTheHostCannotReckonWithIsADefect(time: String) async throws {
        let options: [String: ConfigurationValue] = ["date_format": .text("epoch_ns")]
        let text = Self.header + "\(time),1,2,0.5,1.5,100\n"
        for timeframe in [Timeframe(1, .day), Timeframe(1, .minute), Timeframe(1, .month)] {
            let reply = try await reply(text, options, timeframe: timeframe)
            #expect(reply.events.isEmpty)
            #expect(reply.defects.map(\.reason) == ["unreadable_time"])
        }
    }

    @Test func intradayBarsNeedATimeOfDay() async throws {
        let reply = try await reply(Self.header + Self.row, timeframe: Timeframe(5, .minute))
        #expect(reply.events.isEmpty)
        #expect(reply.defects.map(\.reason) == ["unreadable_time"])
        #expect(reply.defects[0].message.contains("time of day"))
    }

    @Test func sessionCloseOverridesTheVenue() async throws {
        let bars = try await one(Self.header + Self.row, ["session_close": .text("13:00")])
        #expect(bars.map(\.time) == [nanoseconds(1_362_160_800)])
    }

    @Test func knowsChineseHeadersInGB18030() async throws {
        let text = "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额\n2013-03-01,600519,180.1,181.2,182.3,179.4,297042.66,394184.551\n"
        let folder = try TemporaryFolder()
        try folder.write("600519.csv", gb18030(text))
        let options: [String: ConfigurationValue] = [
            "encoding": .text("gb18030"), "volume_unit": .text("lots"), "amount_unit": .number(1_000),
        ]
        let bar = try #require(try await allBars(try history(folder.path, options), ["600519.SH"]).events.first)
        #expect((bar.open, bar.high, bar.low, bar.close) == (180.1, 182.3, 179.4, 181.2))
        #expect(bar.volume == 29_704_266)
        #expect(bar.amount == 394_184_551)
    }

    @Test func gb18030FileReadAsUTF8SaysWhichEncodingToSet() async throws {
        let folder = try TemporaryFolder()
        try folder.write("600519.SH.csv", gb18030("日期,开盘,收盘,最高,最低,成交量\n2013-03-01,1,1,1,1,1\n"))
        let error = try await refusal(try history(folder.path), ["600519.SH"])
        #expect(error.code == .malformed)
        #expect(error.message.contains("600519.SH.csv"))
        #expect(error.message.contains("encoding: gb18030"))
    }

    @Test func mapsColumnsByNameAndNumber() async throws {
        let text = "when,o,h,l,c,v,x\n2013-03-01,1,2,0.5,1.5,100,9\n"
        let columns: [String: ConfigurationValue] = [
            "time": .text("When"), "open": .text("o"), "high": .text("3"), "low": .text("l"), "close": .text("c"),
            "volume": .text("none"), "amount": .text("x"),
        ]
        let bar = try #require(try await one(text, ["columns": .map(columns)]).first)
        #expect((bar.open, bar.high, bar.volume, bar.amount) == (1, 2, 0, 9))
    }

    @Test func readsFilesWithoutHeader() async throws {
        let bars = try await one(
            "20130301 00:00,1185600,1320600,1185000,1303100,9616100",
            [
                "header": .boolean(false), "price_scale": .number(0.0001), "date_format": .text("yyyyMMdd HH:mm"),
            ])
        #expect(bars.map(\.open) == [118.56])
        #expect(bars.map(\.close) == [130.31])
    }

    @Test func adjustsByTheRatioOfTheCloses() async throws {
        let text = "date,open,high,low,close,volume,Adj Close\n2013-03-01,9,10,7,8,100,2\n2013-03-04,1,2,1,0,5,1\n"
        let reply = try await reply(text, ["adjust": .text("ratio")])
        let bar = try #require(reply.events.first)
        #expect((bar.open, bar.high, bar.low, bar.close, bar.volume) == (2.25, 2.5, 1.75, 2, 400))
        #expect(bar.flags.contains(.adjusted))
        #expect(reply.defects.map(\.reason) == ["unreadable_adjustment"])
    }

    @Test(arguments: [
        ("2013-03-01,1,2,0.5,abc,100", "unreadable_number"), ("2013-03-01,1,2,0.5,NaN,100", "unreadable_number"),
        ("2013-03-01,1,2,0.5,1.5,", "unreadable_number"), ("2013-13-01,1,2,0.5,1.5,100", "unreadable_time"),
        ("2013-03-01,1,2,0.5,1.5", "missing_fields"), ("2013-03-01,1,2,0.5,1.5,100,7", "extra_fields"),
        ("2013-03-01,\"1,2,0.5,1.5,100", "unclosed_quote"), ("2013-03-01,\"1\"x,2,0.5,1.5,100", "text_after_quote"),
        ("2013-03-01,1\u{0},2,0.5,1.5,100", "unreadable_number"),
    ])
    func rowThatCannotBeReadIsADefectAndReadingGoesOn(row: String, reason: String) async throws {
        let reply = try await reply(Self.header + Self.row + row + "\n2013-03-04,1,2,0.5,1.5,100\n")
        #expect(reply.events.count == 2)
        let defect = try #require(reply.defects.first)
        #expect(reply.defects.count == 1)
        #expect(defect.reason == reason)
        #expect(defect.place == "AAPL.csv:3")
        #expect(defect.raw == row)
        #expect(defect.instrument == InstrumentID(rawValue: 0))
    }

    @Test(arguments: ["\r\n", "\n", "\r"])
    func lineEndsQuotesMarkAndMissingLastLineEndDoNotMatter(end: String) async throws {
        let text =
            "\u{FEFF}\"Date\",Open,High,Low,\"Close\",Volume" + end + end + "\"2013-03-01\",\"1\",2,0.5,1.5,\"100\""
        let bars = try await one(text)
        #expect(bars.map(\.volume) == [100])
    }

    @Test func orderAndDuplicatesAreLeftToTheHost() async throws {
        let days = ["2013-02-27", "2013-02-28", "2013-03-04", "2013-03-01", "2013-03-01"]
        let bars = try await one(Self.header + days.map { "\($0),1,0.5,2,1.5,100\n" }.joined())
        #expect(bars.count == 5)
        #expect(bars[2].time > bars[3].time)
        #expect(shown(bars[3...3]) == shown(bars[4...4]))
    }

    @Test func missingColumnNamesWhatIsThereAndWhatMayBeMeant() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", "date,open,high,low,clsoe,volume\n")
        let error = try await refusal(try history(folder.path), ["AAPL"])
        #expect(error.code == .malformed)
        #expect(error.message.contains("'AAPL.csv' has no column for 'close'"))
        #expect(error.message.contains("Did you mean 'clsoe'? Its columns are date, open, high, low, clsoe, volume."))
    }

    @Test(arguments: [
        ("date;open;high;low;close;volume\n", "volume. It looks as if fields end with \";\". Set delimiter: \";\"."),
        ("date\topen\thigh\tlow\tclose\tvolume\n", "Set delimiter: tab."),
        ("2013-03-01,1,2,0.5,1.5,100\n", "header: false."),
        ("# of the exchange\ndate,open,high,low,close,volume\n", "looks like a comment: remove what stands above"),
        ("<!DOCTYPE html>\n<html>404</html>\n", "'AAPL.csv' is an HTML page, no table."),
        ("{\"error\":\"rate limited\",\"wait\":1}\n", "'AAPL.csv' is a JSON document, no table."),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            "is a pointer of Git LFS, no table. Fetch the file"
        ),
        ("d\0a\0t\0e\0,\0o\0p\0e\0n\0\n\0", "is no text, or UTF-16 without a mark"),
    ])
    func headerThatIsNoneGetsAHint(text: String, hint: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", text)
        #expect(try await refusal(try history(folder.path), ["AAPL"]).message.contains(hint))
    }

    @Test func aNumberWithBytesOfNoCharacterIsDamagedText() async throws {
        let folder = try TemporaryFolder()
        let rows = Array("date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1.5,100 ".utf8) + [0xE9, 0x0A]
        try folder.write("AAPL.csv", rows)
        let defects = try await allBars(try history(folder.path), ["AAPL"]).defects
        #expect(defects.map(\.reason) == ["damaged_text"])
        #expect(defects.first?.message.contains("'volume' has bytes that are no characters") == true)
    }

    @Test func emptyFileSaysSo() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", "")
        let error = try await refusal(try history(folder.path), ["AAPL"])
        #expect(
            error.message == "provider/local_history: 'AAPL.csv' is empty; a header and rows are needed. "
                + "Put the data there or remove the file.")
    }

    @Test func cutGzipGivesItsWholeRowsAndADefect() async throws {
        let folder = try TemporaryFolder()
        let days = (1...28).map { "2013-03-\($0),1.\($0 * 7_919 % 1_000),2,0.5,1.5,\($0 * 104_729)\n" }.joined()
        let whole = gzip(Array((Self.header + days).utf8))
        let all = try await one(Self.header + days)
        for length in stride(from: whole.count - 1, to: 60, by: -11) {
            try folder.write("AAPL.csv.gz", Array(whole.prefix(length)))
            let recorder = Recorder()
            let provider = try history(folder.path)
            let subscription = Subscription(
                instruments: try TestInstruments(["AAPL"]).references, kind: .bar, timeframe: Timeframe(1, .day))
            do throws(PluginError) {
                try await provider.stream(subscription, into: recorder)
                #expect(recorder.defects.map(\.reason) == ["truncated_gzip"])
                #expect(recorder.defects[0].message.contains("at byte \(length)"))
                #expect(recorder.deliveries.last.map { $0.batch.count == 0 && $0.defects.count == 1 } == true)
            } catch {
                #expect(recorder.bars.isEmpty)
                #expect(error.code == .malformed)
            }
            #expect(shown(recorder.bars) == shown(all.prefix(recorder.bars.count)))
        }
    }

    @Test func rangeIsInclusiveAndNothingInItIsNoData() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", Self.header + (1...9).map { "2013-03-0\($0),1,2,0.5,1.5,1\n" }.joined())
        let provider = try history(folder.path)
        let instruments = try TestInstruments(["AAPL"]).references
        let first = nanoseconds(1_362_171_600)
        let request = FetchRequest(.bar, of: instruments, timeframe: Timeframe(1, .day), range: first...first)
        #expect(try await provider.fetch(request).events(Bar.self).map(\.time) == [first])
        let nothing = FetchRequest(.bar, of: instruments, timeframe: Timeframe(1, .day), range: 0...1)
        let error = await #expect(throws: PluginError.self) { try await provider.fetch(nothing) }
        #expect(error?.code == .noData)
    }

    @Test func randomBytesNeverStopTheProvider() async throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 99)
        let good = Array((Self.header + String(repeating: Self.row, count: 20)).utf8)
        for _ in 0..<300 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: Self.header.utf8.count..<bytes.count, using: &generator)
                bytes[place] = .random(in: 0...255, using: &generator)
            }
            try folder.write("AAPL.csv", bytes)
            let reply = try await allBars(try history(folder.path), ["AAPL"])
            #expect(reply.events.count + reply.defects.count >= 10)
        }
    }

    private func reply(
        _ text: String, _ options: [String: ConfigurationValue] = [:], timeframe: Timeframe = Timeframe(1, .day)
    ) async throws -> BarsReply {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", text)
        return try await allBars(try history(folder.path, options), ["AAPL"], timeframe: timeframe)
    }

    private func one(
        _ text: String, _ options: [String: ConfigurationValue] = [:], timeframe: Timeframe = Timeframe(1, .day)
    ) async throws -> [Bar] {
        let reply = try await reply(text, options, timeframe: timeframe)
        #expect(reply.defects.isEmpty)
        return reply.events
    }
}

/// Streams and returns what the stream throws.
func refusal(_ provider: LocalHistory, _ names: [String]) async throws -> PluginError {
    let error = await #expect(throws: PluginError.self) { _ = try await replay(provider, names) }
    return try #require(error)
}
