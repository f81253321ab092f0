import AlphaVantageProvider
import BinanceProvider
import HTTPTableProvider
import PluginKit
import TestSupport
import TushareProvider
import YahooProvider

/// A day of a source's answer; numbers as the text they stand there with.
struct SourceDay {
    var day: Int
    var date: String
    var open = "10"
    var high = "11"
    var low = "9"
    var close = "10.5"
    /// In shares; sources of lots have a hundredth of it.
    var volume = 10_000

    static let days = [
        SourceDay(day: 19_724, date: "2024-01-02"), SourceDay(day: 19_725, date: "2024-01-03"),
        SourceDay(day: 19_726, date: "2024-01-04"),
        SourceDay(day: 19_727, date: "2024-01-05"),
    ]
    static let old = SourceDay(day: 19_360, date: "2023-01-03")
    static let future = SourceDay(day: 21_916, date: "2030-01-02")

    /// The days with something wrong in each.
    static func wrong(_ change: (inout SourceDay) -> Void) -> [SourceDay] {
        days.map { row in
            var row = row
            change(&row)
            return row
        }
    }
}

/// A source in front of a route: how it is built, and how it writes rows.
struct FaultySource: Sendable {
    let name: String
    let instrument: String
    let make: @Sendable (ReplayServer, _ state: String) throws -> any Provider
    /// A reply; where the source says whom it is about, it says that name.
    let body: @Sendable ([SourceDay], _ symbol: String) -> String
    /// How it says that too much was asked, and that the account may not: as recorded, where it has words of its own.
    let exhausted: ReplayServer.Reply
    let denied: ReplayServer.Reply
    /// The name of the instrument at the source; `nil` where replies have none.
    var symbol: String?

    /// A good reply about the instrument.
    func body(_ rows: [SourceDay]) -> String { body(rows, symbol ?? "") }

    static let all = [
        FaultySource(
            name: "http_table", instrument: "AAPL.US", make: { server, _ in try table(server) }, body: tableBody,
            exhausted: .init(#"{"error":"too many requests"}"#, status: 429),
            denied: .init(#"{"error":"not in your plan"}"#, status: 403)),
        FaultySource(
            name: "yahoo", instrument: "AAPL.US",
            make: { server, _ in
                try instance(
                    Yahoo.self,
                    ["base_url": .text(server.url), "crumb_url": .text(server.url), "cookie_url": .text(server.url)])
            },
            body: { rows, symbol in
                let column = { (path: KeyPath<SourceDay, String>) in
                    rows.map { $0[keyPath: path] }.joined(separator: ",")
                }
                return """
                    {"chart":{"result":[{"meta":{"symbol":"\(symbol)","currency":"USD","exchangeTimezoneName":"America/New_York","gmtoffset":-18000},
                    "timestamp":[\(rows.map { "\($0.day * 86_400 + 52_200)" }.joined(separator: ","))],"events":{},
                    "indicators":{"quote":[{"open":[\(column(\.open))],"high":[\(column(\.high))],"low":[\(column(\.low))],
                    "close":[\(column(\.close))],"volume":[\(rows.map { "\($0.volume)" }.joined(separator: ","))]}]}}],"error":null}}
                    """
            },
            exhausted: .init("Too Many Requests\r\n", status: 429),
            denied: .init(
                #"{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}"#,
                status: 401),
            symbol: "AAPL"),
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
            },
            exhausted: .init(#"{"Information":"... our standard API rate limit is 25 requests per day. ..."}"#),
            denied: .init(#"{"Information":"This is a premium endpoint."}"#), symbol: "AAPL"),
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
            },
            exhausted: .init(#"{"code":-1003,"msg":"Too many requests; please use the websocket."}"#, status: 429),
            denied: .init(#"{"code":0,"msg":"Service unavailable from a restricted location"}"#, status: 451)),
        FaultySource(
            name: "akshare", instrument: "600519.SH", make: { server, _ in try akshare(server, only("eastmoney")) },
            body: { rows, symbol in
                let lines = rows.map { row in
                    let cells = [row.date, row.open, row.close, row.high, row.low, "\(row.volume / 100)", "1000"]
                    return "\"\(cells.joined(separator: ",").filter { $0 != "\"" })\""
                }
                return #"{"rc":0,"data":{"code":"\#(symbol)","klines":[\#(lines.joined(separator: ","))]}}"#
            }, exhausted: .init(fault: "close"), denied: .init("<html>403 Forbidden</html>", status: 403),
            symbol: "600519"),
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
            },
            exhausted: .init(#"{"code":40203,"msg":"抱歉，您每分钟最多访问该接口50次。","data":null}"#),
            denied: .init(#"{"code":40203,"msg":"抱歉，您没有接口访问权限。","data":null}"#), symbol: "600519.SH"),
    ]

    static func table(_ server: ReplayServer) throws -> HTTPTable {
        let columns: ConfigurationValue = .map([
            "time": .text("date"), "open": .text("o"), "high": .text("h"), "low": .text("l"), "close": .text("c"),
            "volume": .text("v"),
        ])
        return try instance(
            HTTPTable.self, ["url": .text(server.url + "/{symbol}"), "rows": .text("rows"), "columns": columns])
    }

    static let tableBody: @Sendable ([SourceDay], String) -> String = { rows, _ in
        let days = rows.map {
            #"{"date":"\#($0.date)","o":\#($0.open),"h":\#($0.high),"l":\#($0.low),"c":\#($0.close),"v":\#($0.volume)}"#
        }
        return #"{"rows":[\#(days.joined(separator: ","))]}"#
    }
}
