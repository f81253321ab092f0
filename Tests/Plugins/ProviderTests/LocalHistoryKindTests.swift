import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Files of every kind of event, as users have them.
@Suite struct LocalHistoryKindTests {
    @Test func everyKindIsDeclaredAndLookedForInItsFolder() async throws {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", "date,open,high,low,close,volume\n2013-03-01,1,2,0.5,1,10\n")
        try folder.write("trades/AAPL.csv", "time,price,size,side\n2013-03-01 09:30:00,1.5,100,B\n")
        try folder.write(
            "quote/AAPL.csv.gz", gzip(Array("time,bid,bid_size,ask,ask_size\n2013-03-01 09:30:01,1,2,3,4\n".utf8)))
        try folder.write(
            "order_book/aapl.csv",
            "time,bid1,bid2,ask1,ask2,bidsize1,bidsize2,asksize1,asksize2\n"
                + "2013-03-01 09:30:02,10,9,11,12,1,2,3,4\n")
        try folder.write("AAPL_figure.csv", "published,period_end,name,value\n2013-02-01,2012-12-31,revenue,5\n")
        try folder.write("factors/AAPL.csv", "ex_date,ratio,cash\n2014-06-09,7,\n")
        let provider = try history(folder.path)
        #expect(LocalHistory.descriptor.provider?.streams == Set(EventKind.allCases))
        for kind in EventKind.allCases {
            let recorder = try await replay(provider, kind, ["AAPL"])
            #expect(recorder.defects.isEmpty, "\(kind)")
            #expect(recorder.deliveries.map(\.batch.kind) == [kind], "\(kind)")
            #expect(recorder.deliveries.map(\.batch.count) == [1], "\(kind)")
            #expect(try await fetched(provider, kind, ["AAPL"]).batch == recorder.deliveries[0].batch || kind == .bar)
        }
    }

    @Test func tradesHaveTheirSideByTheKnownWords() async throws {
        let rows = ["09:30:00,1.5,100,B", "09:30:00,1.25,7,卖盘", "09:30:01,1.5,1,", "09:30:02,1,1,up"]
        let reply = try await read(.trade, "time,price,volume,side\n", rows.map { "2013-03-01 \($0)" })
        let trades = try reply.events(Trade.self)
        #expect(trades.map(\.side) == [.buy, .sell, .unknown])
        #expect(trades.map(\.size) == [100, 7, 1])
        #expect(trades.first?.time == nanoseconds(1_362_148_200))
        #expect(reply.defects.map(\.reason) == ["unreadable_side"])
    }

    @Test func sidesOfTheManifestReplaceTheKnownWords() async throws {
        let options: [String: ConfigurationValue] = ["sides": .map(["buy": .text("0"), "sell": .text("1")])]
        let rows = ["09:30:00,1,1,0", "09:30:00,1,1,1", "09:30:00,1,1,2"].map { "2013-03-01 \($0)" }
        let trades = try await read(.trade, "time,price,size,side\n", rows, options).events(Trade.self)
        #expect(trades.map(\.side) == [.buy, .sell, .unknown])
    }

    @Test(
        arguments: [
            ("none", [[1, 10, 3, 30], [Double.nan, 0, 4, 40], [2, 20, .nan, 0]]),
            ("last", [[1, 10, 3, 30], [1, 10, 4, 40], [2, 20, 4, 40]]),
        ])
    func sideThatARowLeavesOutIsEmptyOrAsItWas(choice: String, expected: [[Double]]) async throws {
        let rows = ["09:30:00,1,10,3,30", "09:30:01,,,4,40", "09:30:02,2,20,0,0"].map { "2013-03-01 \($0)" }
        let reply = try await read(
            .quote, "time,bid,bid_size,ask,ask_size\n", rows, ["missing_side": .text(choice)], streams: true)
        let quotes = try reply.events(Quote.self).map { [$0.bid, $0.bidSize, $0.ask, $0.askSize] }
        #expect("\(quotes)" == "\(expected)")
    }

    @Test func crossedQuotesAndEmptySizesAreTheHostsBusiness() async throws {
        let reply = try await read(
            .quote, "time,bid,bid_size,ask,ask_size\n", ["2013-03-01 09:30:00,5,0,4,0"], streams: true)
        #expect(reply.defects.isEmpty)
        #expect(try reply.events(Quote.self).map(\.spread) == [-1])
    }

    @Test func levelsOfABookAreNumberedColumns() async throws {
        let columns: [String: ConfigurationValue] = [
            "bid": .text("buy{n}"), "bid_size": .text("buy{n}v"), "ask": .text("sell{n}"),
            "ask_size": .text("sell{n}v"),
            "sequence": .text("seq"),
        ]
        let header = "time,seq," + (1...5).map { "buy\($0),buy\($0)_v,sell\($0),sell\($0)_v" }.joined(separator: ",")
        let levels = (1...5).map { "\(11 - $0),\($0)00,\($0 == 5 ? "" : "\(11 + $0)"),\($0)" }.joined(separator: ",")
        let reply = try await read(
            .orderBook, header + "\n", ["2013-03-01 09:30:00,42,\(levels)"], ["columns": .map(columns)])
        let book = try #require(try reply.events(OrderBook.self).first)
        #expect(book.sequence == 42)
        #expect(book.bids.map(\.price) == [10, 9, 8, 7, 6] && book.bids.map(\.size) == [100, 200, 300, 400, 500])
        #expect(book.asks.map(\.price) == [12, 13, 14, 15])
    }

    @Test func figuresAreKnownFromTheEndOfTheDayTheyWerePublished() async throws {
        let columns: [String: ConfigurationValue] = ["figures": .text("revenue, net_income=净利润")]
        let reply = try await read(
            .figure, "ts_code,ann_date,f_ann_date,end_date,revenue,净利润\n",
            ["AAPL,20130301,20130302,20121231,5.5,-1", "AAPL,20130401,20130402,20130331,,2", "AAPL,x,x,20130331,1,2"],
            ["columns": .map(columns)])
        let figures = try reply.events(Figure.self)
        #expect(figures.map(\.name.description) == ["revenue", "net_income", "net_income"])
        #expect(figures.map(\.value) == [5.5, -1, 2])
        // 2013-03-02 24:00 and 2012-12-31 24:00 in New York.
        #expect(figures.first?.time == nanoseconds(1_362_286_800))
        #expect(figures.first?.periodEnd == nanoseconds(1_357_016_400))
        #expect(reply.defects.map(\.reason) == ["unreadable_time"])
    }

    @Test func dateOfAPeriodIsNeverTakenForThePublication() async throws {
        let error = await #expect(throws: PluginError.self) {
            _ = try await read(.figure, "date,name,value\n", ["2013-03-01,revenue,1"])
        }
        #expect(error?.message.contains("has no column for 'time'") == true)
    }

    @Test func splitsAndDividendsOfYahooAreFactors() async throws {
        let reply = try await read(
            .factor, "Date,Dividends,Stock Splits\n", ["2014-05-08,3.29,0", "2014-05-09,0,0", "2014-06-09,0,7"])
        let factors = try reply.events(Factor.self)
        #expect(factors.map(\.ratio) == [1, 7] && factors.map(\.cash) == [3.29, 0])
        // From the session's begin on: 2014-06-09 09:30 in New York.
        #expect(factors.last?.time == nanoseconds(1_402_320_600))
    }

    @Test func lastQuoteIsFetchedAndAllAreStreamed() async throws {
        let rows = ["09:30:00,1,1,2,1", "09:30:01,1.5,1,2,1"].map { "2013-03-01 \($0)" }
        let header = "time,bid,bid_size,ask,ask_size\n"
        #expect(try await read(.quote, header, rows).events(Quote.self).map(\.bid) == [1.5])
        #expect(try await read(.quote, header, rows, streams: true).events(Quote.self).map(\.bid) == [1, 1.5])
    }

    @Test func rowWithSeveralFiguresIsResumedAsOne() async throws {
        let folder = try TemporaryFolder()
        let rows = (1...9).map { "2013-03-0\($0),\($0),\($0 * 10)\n" }.joined()
        try folder.write("AAPL.csv", "published,a,b\n" + rows)
        let options: [String: ConfigurationValue] = ["columns": .map(["figures": .text("a, b")]), "batch": .integer(3)]
        try await expectExactResume(try history(folder.path, options), .figure, ["AAPL"], count: 18)
    }

    // MARK: Help

    private func read(
        _ kind: EventKind, _ header: String, _ rows: [String], _ options: [String: ConfigurationValue] = [:],
        streams: Bool = false
    ) async throws -> Reply {
        let folder = try TemporaryFolder()
        try folder.write("AAPL.csv", header + rows.map { "\($0)\n" }.joined())
        let provider = try history(folder.path, options)
        guard streams else { return try await fetched(provider, kind, ["AAPL"]) }
        let recorder = try await replay(provider, kind, ["AAPL"])
        return Reply(try #require(recorder.deliveries.first).batch, defects: recorder.defects)
    }
}

/// Asks for all events of a kind.
func fetched(
    _ provider: LocalHistory, _ kind: EventKind, _ names: [String],
    range: ClosedRange<Int64> = Int64.min...Int64.max
) async throws -> Reply {
    try await provider.fetch(FetchRequest(kind, of: try TestInstruments(names).references, range: range))
}

/// Streams events of a kind into a recorder to its end.
func replay(
    _ provider: LocalHistory, _ kind: EventKind, _ names: [String], after position: StreamPosition? = nil
) async throws -> Recorder {
    let recorder = Recorder()
    let subscription = Subscription(
        instruments: try TestInstruments(names).references, kind: kind, timeframe: Timeframe(1, .day),
        resumeAfter: position)
    try await provider.stream(subscription, into: recorder)
    return recorder
}

/// Resumes after every delivery of a whole stream: what was pushed and the rest are together the whole.
func expectExactResume(_ provider: LocalHistory, _ kind: EventKind, _ names: [String], count: Int) async throws {
    let whole = try await replay(provider, kind, names).deliveries
    #expect(whole.reduce(0) { $0 + $1.batch.count } == count)
    for (index, delivery) in whole.enumerated() {
        let rest = try await replay(provider, kind, names, after: delivery.position).deliveries
        let pushed = whole[...index].reduce(0) { $0 + $1.batch.count }
        #expect(pushed + rest.reduce(0) { $0 + $1.batch.count } == count, "after delivery \(index)")
        let next = whole.dropFirst(index + 1).flatMap { shown($0.batch) }
        #expect(rest.flatMap { shown($0.batch) } == next, "after delivery \(index)")
    }
}

/// Events as text, so that NaN equals itself.
func shown(_ batch: EventBatch) -> [String] {
    func all<Event: MarketEvent>(_ type: Event.Type) -> [String] { (Event.events(of: batch) ?? []).map { "\($0)" } }
    return all(batch.kind.type)
}
