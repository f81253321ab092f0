import AlphaVantageProvider
import BinanceProvider
import HTTPTableProvider
import HostCore
import PluginKit
import TestSupport
import Testing
import TushareProvider
import YahooProvider

/// A day of a source's answer; numbers as the text they stand there with.
private struct Day {
    var day: Int
    var date: String
    var open = "10"
    var high = "11"
    var low = "9"
    var close = "10.5"
    /// In shares; sources of lots have a hundredth of it.
    var volume = 10_000

    static let days = [
        Day(day: 19_724, date: "2024-01-02"), Day(day: 19_725, date: "2024-01-03"),
        Day(day: 19_726, date: "2024-01-04"),
        Day(day: 19_727, date: "2024-01-05"),
    ]
    static let old = Day(day: 19_360, date: "2023-01-03")
    static let future = Day(day: 21_916, date: "2030-01-02")

    /// The days with something wrong in each.
    static func wrong(_ change: (inout Day) -> Void) -> [Day] {
        days.map { row in
            var row = row
            change(&row)
            return row
        }
    }
}

/// A source in front of a route: how it is built, and how it writes rows.
private struct FaultySource: Sendable {
    let name: String
    let instrument: String
    let make: @Sendable (ReplayServer, _ state: String) throws -> any Provider
    /// A reply; where the source says whom it is about, it says that name.
    let body: @Sendable ([Day], _ symbol: String) -> String
    /// The name of the instrument at the source; `nil` where replies have none.
    var symbol: String?

    /// A good reply about the instrument.
    func body(_ rows: [Day]) -> String { body(rows, symbol ?? "") }

    static let all = [
        FaultySource(
            name: "http_table", instrument: "AAPL.US", make: { server, _ in try table(server) }, body: tableBody),
        FaultySource(
            name: "yahoo", instrument: "AAPL.US",
            make: { server, _ in
                try instance(
                    Yahoo.self,
                    ["base_url": .text(server.url), "crumb_url": .text(server.url), "cookie_url": .text(server.url)])
            },
            body: { rows, symbol in
                let column = { (path: KeyPath<Day, String>) in rows.map { $0[keyPath: path] }.joined(separator: ",") }
                return """
                    {"chart":{"result":[{"meta":{"symbol":"\(symbol)","currency":"USD","exchangeTimezoneName":"America/New_York","gmtoffset":-18000},
                    "timestamp":[\(rows.map { "\($0.day * 86_400 + 52_200)" }.joined(separator: ","))],"events":{},
                    "indicators":{"quote":[{"open":[\(column(\.open))],"high":[\(column(\.high))],"low":[\(column(\.low))],
                    "close":[\(column(\.close))],"volume":[\(rows.map { "\($0.volume)" }.joined(separator: ","))]}]}}],"error":null}}
                    """
            }, symbol: "AAPL"),
        FaultySource(
            name: "alpha_vantage", instrument: "AAPL.US",
            make: { server, state in
                try instance(
                    AlphaVantage.self, ["base_url": .text(server.url), "api_key": .secret(Secret("k3y"))], state: state)
            },
            body: { rows, symbol in
                let days = rows.reversed().map { row in
                    """
                    "\(row.date)":{"1. open":"\(row.open)","2. high":"\(row.high)","3. low":"\(row.low)","4. close":"\(row.close)",
                    "5. volume":"\(row.volume)"}
                    """
                }
                return
                    #"{"Meta Data":{"2. Symbol":"\#(symbol)"},"Time Series (Daily)":{\#(days.joined(separator: ","))}}"#
            }, symbol: "AAPL"),
        FaultySource(
            name: "binance", instrument: "BTCUSDT.BINANCE",
            make: { server, _ in try instance(Binance.self, ["base_url": .text(server.url)]) },
            body: { rows, _ in
                let days = rows.map { row in
                    let open = row.day * 86_400_000
                    return """
                        [\(open),"\(row.open)","\(row.high)","\(row.low)","\(row.close)","\(row.volume)",\(open + 86_399_999),"1000",7,"1","2","0"]
                        """
                }
                return "[\(days.joined(separator: ","))]"
            }),
        FaultySource(
            name: "akshare", instrument: "600519.SH", make: { server, _ in try akshare(server, only("eastmoney")) },
            body: { rows, symbol in
                let lines = rows.map { row in
                    let cells = [row.date, row.open, row.close, row.high, row.low, "\(row.volume / 100)", "1000"]
                    return "\"\(cells.joined(separator: ",").filter { $0 != "\"" })\""
                }
                return #"{"rc":0,"data":{"code":"\#(symbol)","klines":[\#(lines.joined(separator: ","))]}}"#
            }, symbol: "600519"),
        FaultySource(
            name: "tushare", instrument: "600519.SH",
            make: { server, state in
                try instance(
                    Tushare.self, ["base_url": .text(server.url), "token": .secret(Secret("t0k-3n"))], state: state)
            },
            body: { rows, symbol in
                let items = rows.reversed().map { row in
                    #"["\#(symbol)","\#(row.date.filter { $0 != "-" })",\#(row.open),\#(row.high),\#(row.low),\#(row.close),\#(row.volume / 100)]"#
                }
                return """
                    {"code":0,"msg":"","data":{"fields":["ts_code","trade_date","open","high","low","close","vol"],
                    "items":[\(items.joined(separator: ","))],"has_more":false}}
                    """
            }, symbol: "600519.SH"),
    ]

    static func table(_ server: ReplayServer) throws -> HTTPTable {
        let columns: ConfigurationValue = .map([
            "time": .text("date"), "open": .text("o"), "high": .text("h"), "low": .text("l"), "close": .text("c"),
            "volume": .text("v"),
        ])
        return try instance(
            HTTPTable.self, ["url": .text(server.url + "/{symbol}"), "rows": .text("rows"), "columns": columns])
    }

    static let tableBody: @Sendable ([Day], String) -> String = { rows, _ in
        let days = rows.map {
            #"{"date":"\#($0.date)","o":\#($0.open),"h":\#($0.high),"l":\#($0.low),"c":\#($0.close),"v":\#($0.volume)}"#
        }
        return #"{"rows":[\#(days.joined(separator: ","))]}"#
    }
}

/// Something that goes wrong at a source.
private struct Fault: Sendable {
    let name: String
    /// Whether the source's answer can be used all the same, because nothing of it is untrue.
    var isHarmless = false
    let reply: @Sendable (FaultySource) -> ReplayServer.Reply

    private static func http(
        _ name: String, _ status: Int, _ body: String = "", _ headers: [String: String] = [:]
    ) -> Fault {
        Fault(name: name) { _ in .init(body, status: status, headers: headers) }
    }

    private static func text(_ name: String, _ body: String) -> Fault { http(name, 200, body) }

    private static func rows(_ name: String, _ rows: [Day]) -> Fault { Fault(name: name) { .init($0.body(rows)) } }

    private static func good(_ name: String, _ change: @escaping @Sendable (inout ReplayServer.Reply) -> Void) -> Fault
    {
        Fault(name: name) { source in ReplayServer.Reply(source.body(Day.days)).with(change) }
    }

    static let all =
        [
            Fault(name: "never answers") { _ in .init(fault: "hang") }, good("answers late") { $0.delay = 30 },
            good("drips") { $0.drip = 1 }, Fault(name: "closes without a reply") { _ in .init(fault: "close") },
            Fault(name: "resets") { _ in .init(fault: "reset") },
            Fault(name: "resets within the body") { _ in .init(fault: "reset_within") },
            Fault(name: "no HTTP") { _ in .init(fault: "garbage") }, http("400", 400), http("401", 401),
            http("403", 403),
            http("404", 404), http("429", 429), http("429, Retry-After", 429, "", ["Retry-After": "30"]),
            http("500", 500),
            http("502, a page", 502, "<html><h1>Bad Gateway</h1></html>"),
            http("503, Retry-After", 503, "", ["Retry-After": "30"]),
            http("redirect to a file", 302, "", ["Location": "file:///etc/passwd"]),
            http("redirect without end", 302, "", ["Location": "/again"]),
            text("captcha with 200", "<html><body>Are you a robot?</body></html>"), text("empty body", ""),
            text("null", "null"), text("empty object", "{}"), text("empty list", "[]"),
            text("deep nesting", String(repeating: "[", count: 100_000)),
            good("truncated JSON") { $0.body = $0.body.map { String($0.dropLast($0.count / 2)) } },
            good("connection ends within the body") { $0.cut = 40 },
            good("truncated gzip") { reply in
                reply.gzip = true
                reply.cutPacked = 20
            },
            Fault(name: "no UTF-8") { _ in .init(bytes: [0xC4, 0xFA, 0xBA, 0xC3, 0xFF, 0x00]) },
        ] + [
            rows("no rows", []), rows("high below low", Day.wrong { $0.high = "8" }),
            rows("close outside", Day.wrong { $0.close = "12" }), rows("negative prices", Day.wrong { $0.low = "-9" }),
            rows("prices of zero", Day.wrong { $0.open = "0" }), rows("nulls", Day.wrong { $0.close = "null" }),
            rows("NaN", Day.wrong { $0.close = "NaN" }), rows("1e999", Day.wrong { $0.high = "1e999" }),
            rows("words for numbers", Day.wrong { $0.open = "\"-\"" }), rows("the future", [.future]),
            rows("a year old", [.old]),
            rows("lots for shares", Day.wrong { $0.volume /= 100 }),
            rows("shares for lots", Day.wrong { $0.volume *= 100 }),
            rows("a bar missing", [Day.days[0], Day.days[1], Day.days[3]]),
            rows("two bars missing", [Day.days[0], Day.days[3]]),
            Fault(name: "every bar twice", isHarmless: true) { .init($0.body(Day.days.flatMap { [$0, $0] })) },
            Fault(name: "the answer twice", isHarmless: true) { .init($0.body(Day.days + Day.days)) },
            // Where a reply does not say whom it is about, its prices are those of another one.
            Fault(name: "wrong symbol") { source in
                guard source.symbol != nil else {
                    return .init(
                        source.body(Day.wrong { ($0.open, $0.high, $0.low, $0.close) = ("600", "660", "540", "630") }))
                }
                return .init(source.body(Day.days, "000001.OTHER"))
            },
            rows(
                "times 100",
                Day.wrong { ($0.open, $0.high, $0.low, $0.close) = ("1000", "1100", "900", "1050") }),
        ]
}

/// Each fault at each source over HTTP, with another source behind it.
struct FailoverMatrixTests {
    private static let day: Int64 = 86_400_000_000_000
    private static let now: Int64 = 19_728 * day

    /// The calendar of the tests' days: what the other source has.
    private struct Days: TradingHours {
        let ends: [Int64]
        func isOpen(at instant: Int64) -> Bool? { nil }
        func hours(containing instant: Int64) -> Range<Int64>? { nil }
        func pause(containing instant: Int64) -> Range<Int64>? { nil }
        func hours(after instant: Int64) -> Range<Int64>? { nil }
        func hours(before instant: Int64) -> Range<Int64>? { nil }
        func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? { ends.first { $0 >= instant } }
    }

    /// What became of a request after the source went wrong: who served, and why not the first.
    private struct Cell {
        let source: String?
        let why: String
        /// What the quality stage lets into the store.
        let stored: [Bar]
    }

    @Test(arguments: FaultySource.all.indices) func everyFaultEndsInGoodDataOrAnError(number: Int) async throws {
        let source = FaultySource.all[number]
        let (first, second) = (try ReplayServer(.any(.init(""))), try ReplayServer(.any(.init(""))))
        try second.take([.any(.init(FaultySource.tableBody(Day.days, "")))])
        let good = try await self.good(source, second)
        var table: [String] = []
        for fault in Fault.all {
            let cell = try await cell(source, fault, first, second, Days(ends: good.map(\.time)))
            let bad = cell.stored.filter { bar in !good.contains { Self.isSame($0, bar) } }
            table.append("\(fault.name): \(cell.source ?? "error"), \(bad.count) bad rows stored | \(cell.why)")
            // Nothing but what is true is stored, whoever gave it, and each bar once; the second source is there, so it serves.
            #expect(bad.isEmpty && cell.stored.count == good.count, "\(source.name), \(table.last ?? "")")
            #expect(cell.source == (fault.isHarmless ? "first" : "second"), "\(source.name), \(table.last ?? "")")
        }
        print("failover of \(source.name), \(Fault.all.count) faults:\n  " + table.joined(separator: "\n  "))
    }

    private static func isSame(_ left: Bar, _ right: Bar) -> Bool {
        left.time == right.time && left.open == right.open && left.high == right.high && left.low == right.low
            && left.close == right.close && left.volume == right.volume
    }

    private func good(_ source: FaultySource, _ server: ReplayServer) async throws -> [Bar] {
        let bars = try await FaultySource.table(server).fetch(FetchRequest(.bar, [source.instrument])).events(Bar.self)
        #expect(bars.count == Day.days.count)
        return bars
    }

    private func cell(
        _ source: FaultySource, _ fault: Fault, _ server: ReplayServer, _ other: ReplayServer, _ days: Days
    ) async throws -> Cell {
        let folder = try TemporaryFolder()
        let provider = try source.make(server, folder.path)
        let route = Route(
            RoutePlan(
                id: "daily",
                members: [
                    .init(ProviderSlot("first", provider), fetches: [.bar]),
                    .init(ProviderSlot("second", try FaultySource.table(other)), fetches: [.bar]),
                ],
                rules: RouteRules(
                    deadline: .seconds(100), budget: .seconds(120), hedge: .seconds(1), acceptedAge: 10 * Self.day,
                    acceptedMissing: 0)),
            pipeline: "main", clock: ContinuousClock(), wallTime: { Self.now }, board: nil, hours: { _ in days })
        let request = try FetchRequest(.bar, [source.instrument])
        try server.take([.any(.init(source.body(Day.days)))])
        _ = try await route.fetch(request)
        try server.take([.any(fault.reply(source))])
        let (answer, attempts) = await route.trace(request)
        await provider.stop()
        let why = attempts.first { $0.provider == "first" }?.fault?.message ?? "was late"
        var (quality, stored) = (QualityStage<Bar>(isKnown: [true]), [Bar]())
        let bars = try answer?.reply.events(Bar.self) ?? []
        quality.process(bars.span, latest: Self.now, into: &stored) { _ in }
        return Cell(source: answer?.source, why: why, stored: stored)
    }
}
