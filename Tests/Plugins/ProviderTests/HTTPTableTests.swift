import HTTPTableProvider
import PluginKit
import TestSupport
import Testing

/// A source in the shape of others, described in options alone.
struct HTTPTableTests {
    private static let text = #"{"rows":[{"date":"2013-03-01","o":"1.5","h":2,"l":1,"c":2,"v":100}]}"#
    private static let columns: ConfigurationValue = .map([
        "time": .text("date"), "open": .text("o"), "high": .text("h"), "low": .text("l"), "close": .text("c"),
        "volume": .text("v"),
    ])

    private func table(
        _ server: ReplayServer, _ path: String = "/bars?s={symbol}", _ options: [String: ConfigurationValue] = [:]
    ) throws -> HTTPTable {
        var values: [String: ConfigurationValue] = [
            "url": .text(server.url + path), "rows": .text("rows"), "columns": Self.columns,
        ]
        values.merge(options) { _, new in new }
        return try instance(HTTPTable.self, values)
    }

    private func bars(_ table: HTTPTable, _ names: [String] = ["IBM.US"]) async throws -> [Bar] {
        try await table.fetch(FetchRequest(.bar, names)).events(Bar.self)
    }

    @Test func readsRowsOfObjects() async throws {
        let server = try ReplayServer(.any(.init(Self.text)))
        let bar = try #require(try await bars(table(server)).first)
        // 2013-03-01 16:00 in New York.
        #expect(bar.time == 1_362_171_600_000_000_000)
        #expect((bar.open, bar.high, bar.low, bar.close, bar.volume) == (1.5, 2, 1, 2, 100))
        #expect(bar.amount.isNaN && bar.flags.isEmpty)
    }

    @Test func putsSymbolVenueTimeframeAndRangeIntoTheAddress() async throws {
        let server = try ReplayServer(.any(.init(Self.text)))
        let path = "/{timeframe}/{symbol}?from={from}&to={to}&venue={venue}&key={secret}"
        let table = try table(
            server, path,
            [
                "symbol": .text("{code}.{venue}"), "venues": .map(["SH": .text("SS")]),
                "timeframes": .map(["1d": .text("1/day")]), "url_time": .text("compact_date"),
                "secret": .secret(Secret("k&1")),
            ])
        // 2020-01-02 and 2020-01-10, 15:00 in Shanghai.
        let range: ClosedRange<Int64> = 1_577_948_400_000_000_000...1_578_639_600_000_000_000
        _ = await fault { try await table.fetch(FetchRequest(.bar, ["600519.SH"], range: range)) }
        let asked = try #require(try server.asked().first)
        #expect(asked.path == "/1/day/600519.SS")
        #expect(asked.query == [["from", "20200101"], ["to", "20200110"], ["venue", "SS"], ["key", "k&1"]])
    }

    @Test func refusesATimeframeThatIsNotDescribed() async throws {
        let server = try ReplayServer(.any(.init(Self.text)))
        let table = try table(server, "/", ["timeframes": .map(["1h": .text("hour")])])
        #expect(await fault { try await bars(table) }?.code == .badRequest)
    }

    @Test func readsKeyedRowsTextRowsAndNamedCells() async throws {
        let keyed =
            #"{"a":{"2013-03-01":{"o":1,"h":1,"l":1,"c":1,"v":1},"2013-02-28":{"o":2,"h":2,"l":2,"c":2,"v":2}}}"#
        let server = try ReplayServer(
            .init("/keyed", .init(keyed)), .init("/text", .init(#"{"a":["2013-03-01,1,2,2,1,5"]}"#)),
            .init("/named", .init(#"{"f":["v","date","c","l","h","o"],"a":[[7,"20130301",1,1,1,1]]}"#)))
        let rows: [String: ConfigurationValue] = ["rows": .text("a")]
        var cells: [String: ConfigurationValue] = [
            "time": .text("@key"), "open": .text("o"), "high": .text("h"), "low": .text("l"), "close": .text("c"),
            "volume": .text("v"),
        ]
        let first = try await bars(table(server, "/keyed", rows.merging(["columns": .map(cells)]) { $1 }))
        #expect(first.map(\.close) == [2, 1])
        for (place, name) in ["time", "open", "close", "high", "low", "volume"].enumerated() {
            cells[name] = .text("\(place + 1)")
        }
        let text = try await bars(
            table(server, "/text", rows.merging(["split": .text(","), "columns": .map(cells)]) { $1 }))
        #expect(text.map { [$0.open, $0.close, $0.high, $0.low, $0.volume] } == [[1, 2, 2, 1, 5]])
        let named = try await bars(table(server, "/named", rows.merging(["names": .text("f")]) { $1 }))
        #expect(named.map(\.volume) == [7])
    }

    @Test func readsCSV() async throws {
        let text = "date,o,h,l,c,v\r\n2013-03-01,1,2,1,2,\"100\"\r\n2013-02-28,1,1,1,1,5\r\n"
        let server = try ReplayServer(.any(.init(text)))
        let bars = try await bars(table(server, "/", ["format": .text("csv"), "rows": .text("")]))
        #expect(bars.map(\.volume) == [5, 100])
    }

    @Test func convertsUnitsExactly() async throws {
        let text =
            #"{"rows":[{"date":"2013-03-01","o":12345,"h":12345,"l":12345,"c":12345,"v":297042.66,"amount":1.1}]}"#
        let server = try ReplayServer(.any(.init(text)))
        let options: [String: ConfigurationValue] = [
            "volume_unit": .text("lots"), "price_scale": .number(0.0001), "amount_unit": .number(1_000),
        ]
        let bar = try #require(try await bars(table(server, "/", options)).first)
        #expect((bar.close, bar.volume, bar.amount) == (1.2345, 29_704_266, 1_100))
    }

    @Test func followsPagesTheSourceNames() async throws {
        func page(_ day: Int, next: String) -> ReplayServer.Reply {
            .init(#"{"rows":[{"date":"2013-03-0\#(day)","o":1,"h":1,"l":1,"c":\#(day),"v":1}],"next":\#(next)}"#)
        }
        let server = try ReplayServer(
            .any(query: ["token": "t/2"], page(4, next: "null")), .init("/other", page(5, next: "\"\"")),
            .init("/tokens", page(1, next: "\"t/2\"")), .init("/urls", page(1, next: "\"/other?a=1\"")))
        let tokens: [String: ConfigurationValue] = ["next": .text("next"), "next_parameter": .text("token")]
        #expect(try await bars(table(server, "/tokens?s={code}", tokens)).map(\.close) == [1, 4])
        #expect(try await bars(table(server, "/urls", ["next": .text("next")])).map(\.close) == [1, 5])
        #expect(try server.asked().map(\.path) == ["/tokens", "/tokens", "/urls", "/other"])
    }

    @Test func countsPagesUntilOneIsEmptyAndSaysWhereItStopped() async throws {
        let server = try ReplayServer(
            .any(query: ["p": "3"], .init(#"{"rows":[]}"#)), .any(query: ["p": "[12]"], .init(Self.text)),
            .any(query: ["q": ".*"], .init(Self.text)))
        _ = try await bars(table(server, "/?p={page}", ["first_page": .integer(1)]))
        #expect(try server.asked().count == 3)
        let endless = try table(server, "/?q={page}", ["first_page": .integer(1), "max_pages": .integer(5)])
        let reply = try await endless.fetch(FetchRequest(.bar, ["IBM.US"]))
        #expect(reply.batch.count == 1)
        #expect(reply.defects.map(\.reason) == ["too_many_pages"])
    }

    @Test func followsNoPageToAnotherHost() async throws {
        let text = #"{"rows":[{"date":"2013-03-01","o":1,"h":1,"l":1,"c":1,"v":1}],"next":"http://127.0.0.2:1/"}"#
        let server = try ReplayServer(.any(.init(text)))
        #expect(await fault { try await bars(table(server, "/", ["next": .text("next")])) }?.code == .malformed)
    }

    @Test(arguments: [
        (#"{"Note":"call frequency of key k1 is 5"}"#, PluginError.Code.rateLimited),
        (#"{"Note":"Premium endpoint"}"#, .permission), (#"{"Note":"who knows"}"#, .badRequest),
        (#"{"rows":[]}"#, .noData), (#"{"Note":""}"#, .noData), ("<html>Are you a robot?</html>", .malformed),
        (#"{"rows":[{"date":"2013-0"#, .malformed), (#"{"rows":7}"#, .malformed),
        (#"{"rows":[{"date":"2013-03-01","o":"x","h":1,"l":1,"c":1,"v":1}]}"#, .malformed),
    ])
    func tellsErrorsThatComeWithStatus200(text: String, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init(text)))
        let options: [String: ConfigurationValue] = [
            "secret": .secret(Secret("k1")), "error_at": .list([.text("Note")]),
            "errors": .map(["rate_limited": .list([.text("Frequency")]), "permission": .list([.text("premium")])]),
        ]
        let error = await fault { try await bars(table(server, "/?k={secret}", options)) }
        #expect(error?.code == code)
        #expect(error?.message.contains("k1") == false)
    }

    @Test func keepsRowsBesideABadOne() async throws {
        let text = #"""
            {"rows":[{"date":"2013-02-28","o":1,"h":1,"l":1,"c":1,"v":1},{"date":"yesterday","o":1,"h":1,"l":1,"c":1,"v":1},
            {"date":"2013-03-01","o":null,"h":null,"l":null,"c":null,"v":null}]}
            """#
        let server = try ReplayServer(.any(.init(text)))
        let reply = try await table(server).fetch(FetchRequest(.bar, ["IBM.US"]))
        #expect(reply.batch.count == 1)
        #expect(reply.defects.map(\.reason) == ["unreadable_time"])
        #expect(reply.defects.first?.place.hasSuffix("/bars:2") == true)
    }

    @Test func oneInstrumentThatIsNotThereHidesNoOther() async throws {
        let server = try ReplayServer(
            .any(query: ["s": "IBM"], .init(Self.text)), .any(query: ["s": "GONE"], .init("", status: 404)),
            .any(query: ["s": "BROKEN"], .init("[")))
        let reply = try await table(server).fetch(FetchRequest(.bar, ["GONE.US", "IBM.US", "BROKEN.US"]))
        #expect(reply.batch.instruments == [InstrumentID(rawValue: 1)])
        #expect(reply.defects.map(\.reason) == ["malformed"])
        #expect(await fault { try await table(server).fetch(FetchRequest(.bar, ["GONE.US"])) }?.code == .notFound)
    }

    @Test func asksNoMoreOnceItIsTooMuch() async throws {
        let server = try ReplayServer(.any(.init("slow down", status: 429, headers: ["Retry-After": "30"])))
        let table = try table(server, "/bars?s={symbol}", ["requests_at_once": .integer(1)])
        let error = await fault { try await table.fetch(FetchRequest(.bar, ["A.US", "B.US", "C.US"])) }
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(30))
        #expect(try server.asked().count == 1)
    }

    @Test func readsTradesQuotesFiguresAndFactors() async throws {
        let server = try ReplayServer(
            .init("/trades", .init(#"{"rows":[{"t":1362171600123,"price":"1.5","size":"0.01","m":true}]}"#)),
            .init("/quotes", .init(#"{"bid":1,"ask":2,"bid_size":3,"ask_size":4}"#)),
            .init("/figures", .init(#"{"rows":[{"t":"2013-03-01","period_end":"2012-12-31","eps":1.5,"pe":"None"}]}"#)),
            .init("/factors", .init(#"{"rows":[{"t":"2013-03-01","ratio":"2"},{"t":"2013-03-04","cash":0.5}]}"#)))
        let time: ConfigurationValue = .map(["time": .text("t"), "side": .text("m")])
        let trades = try table(
            server, "/trades",
            ["kind": .text("trade"), "columns": time, "sides": .map(["sell": .text("true"), "buy": .text("false")])])
        let trade = try await trades.fetch(FetchRequest(.trade, ["IBM.US"])).events(Trade.self)
        #expect(
            trade == [
                Trade(
                    time: 1_362_171_600_123_000_000, price: 1.5, size: 0.01, side: .sell,
                    instrument: InstrumentID(rawValue: 0))
            ])
        let quotes = try table(
            server, "/quotes",
            ["kind": .text("quote"), "rows": .text(""), "columns": .map(["time": .text("none")])])
        let quote = try await quotes.fetch(FetchRequest(.quote, ["IBM.US"])).events(Quote.self)
        #expect(quote.map { [$0.bid, $0.ask, $0.bidSize, $0.askSize] } == [[1, 2, 3, 4]])
        let figures = try table(
            server, "/figures",
            ["kind": .text("figure"), "columns": time, "figures": .map(["eps": .text("eps"), "pe": .text("pe")])])
        let figure = try await figures.fetch(FetchRequest(.figure, ["IBM.US"])).events(Figure.self)
        #expect(figure.map(\.value) == [1.5])
        let factors = try table(server, "/factors", ["kind": .text("factor"), "columns": time])
        let factor = try await factors.fetch(FetchRequest(.factor, ["IBM.US"])).events(Factor.self)
        #expect(factor.map { [$0.ratio, $0.cash] } == [[2, 0], [1, 0.5]])
        #expect(await fault { try await factors.fetch(FetchRequest(.bar, ["IBM.US"])) }?.code == .configuration)
    }

    @Test(arguments: [
        ("url", ConfigurationValue.text("host/path")), ("url", .text("http://host/{sybmol}")),
        ("time_format", .text("whenever")), ("time_zone", .text("Mars Base")), ("session_close", .text("25:00")),
        ("since", .text("2013")), ("delimiter", .text(";;")), ("first_page", .integer(1)),
        ("figures", .map(["P/E": .text("pe")])), ("kind", .text("figure")),
    ])
    func refusesWhatCannotBeMeant(option: String, value: ConfigurationValue) throws {
        var options: [String: ConfigurationValue] = ["url": .text("http://host/")]
        options[option] = value
        let faults = HTTPTable.validate(configuration(of: HTTPTable.self, options))
        #expect(faults.map(\.option) == [option == "kind" ? "figures" : option])
    }
}
