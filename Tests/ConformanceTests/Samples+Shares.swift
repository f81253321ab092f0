import PluginKit
import PluginKitTesting
import TestSupport

// Sources of mainland shares, played by a server of this machine; bodies made for the test.
extension Samples {
    private static let instruments = [Instrument(code: "600519", venue: "SH"), Instrument(code: "000001", venue: "SZ")]
    private static let first = InstrumentID(rawValue: 0)

    /// Twelve days from 2024-01-02 on, each a hundredth above the one before.
    private static let days = ["02", "03", "04", "05", "08", "09", "10", "11", "12", "15", "16", "17"]

    /// 2024-01-02 in Shanghai, 15:00, and 14:55 of 2024-01-05.
    private static let (close, snapshot): (Int64, Int64) = (1_704_178_800_000_000_000, 1_704_437_700_000_000_000)

    static let firstBar = Bar(
        time: close, open: 10, high: 10.5, low: 9.5, close: 10.25, volume: 12_300, amount: 126_000, instrument: first)

    /// Known at the end of 2024-01-01, of the year before.
    private static let returnOnEquity = Figure(
        time: close - 54_000_000_000_000, periodEnd: close - 140_400_000_000_000, value: 0.05,
        name: FigureName("return_on_equity") ?? .unnamed, instrument: first)

    /// Eastmoney for bars, the book, trades and figures, Sina for factors. A trade has no date, so of which day it is is not known here.
    static func shares(_ sample: inout ConformanceSample) throws {
        let rows = days.enumerated().map { number, day in
            "\"2024-01-\(day),\(10 + number),\(10 + number).25,\(10 + number).5,\(9 + number).5,123,126000.00,1,1,1,1\""
        }
        let routes = instruments.flatMap { instrument in
            let code = instrument.code
            let secid = ["secid": "[01].\(code)"]
            return [
                ReplayServer.Route(
                    "/api/qt/stock/kline/get", query: secid,
                    .init(#"{"rc":0,"data":{"code":"\#(code)","klines":[\#(rows.joined(separator: ","))]}}"#)),
                ReplayServer.Route(
                    "/api/qt/stock/get", query: secid,
                    .init(
                        #"{"rc":0,"data":{"f57":"\#(code)","f86":1704437700,"f19":10.01,"f20":7,"f17":"-","f18":"-","#
                            + #""f39":10.02,"f40":9}}"#)),
                ReplayServer.Route(
                    "/api/qt/stock/details/get", query: secid,
                    .init(
                        #"{"rc":0,"data":{"code":"\#(code)","details":["09:25:00,10,7,0,4","09:30:00,10.01,2,1,2"]}}"#)),
                ReplayServer.Route(
                    "/securities/api/data/get", query: ["filter": ".*\(code).*"],
                    .init(
                        #"{"result":{"pages":1,"data":[{"SECURITY_CODE":"\#(code)","REPORT_DATE":"2023-12-31 00:00:00","#
                            + #""NOTICE_DATE":"2024-01-01 00:00:00","ROEJQ":5}]},"success":true,"code":0}"#)),
                ReplayServer.Route(
                    "/api/data/v1/get", query: ["filter": ".*\(code).*"],
                    .init(#"{"result":null,"success":false,"message":"","code":9201}"#)),
                ReplayServer.Route(
                    "/realstock/company/s[hz]\(code)/hfq.js",
                    .init(#"var x={"total":2,"data":[{"d":"2024-01-02","f":"3"},{"d":"1900-01-01","f":"2"}]}"#)),
            ]
        }
        let level = { (price: Double, size: Double) in OrderBook.Level(price: price, size: size) }
        sample.expected = [
            .bar: .bars([firstBar]),
            .quote: .quotes([
                Quote(time: snapshot, bid: 10.01, ask: 10.02, bidSize: 700, askSize: 900, instrument: first)
            ]),
            .orderBook: .orderBooks([
                OrderBook(time: snapshot, bids: [level(10.01, 700)], asks: [level(10.02, 900)], instrument: first)
            ]),
            // The begin of the session, 09:30.
            .factor: .factors([Factor(time: close - 19_800_000_000_000, ratio: 1.5, instrument: first)]),
            .figure: .figures([returnOnEquity]),
        ]
        let names = [
            "eastmoney_history_url", "eastmoney_quote_url", "eastmoney_stream_url", "eastmoney_report_url",
            "eastmoney_valuation_url", "sina_history_url", "sina_quote_url", "sina_factor_url",
            "tencent_history_url", "tencent_minute_url", "tencent_quote_url",
        ]
        try play(&sample, routes) { url in Dictionary(uniqueKeysWithValues: names.map { ($0, .text(url)) }) }
    }

    /// Tushare: daily bars, factors, and figures of one table.
    static func tushare(_ sample: inout ConformanceSample) throws {
        func table(_ api: String, _ code: String, _ fields: String, _ rows: [String]) -> ReplayServer.Route {
            var route = ReplayServer.Route.any()
            route.body = ".*\"\(api)\".*\"\(code)\".*"
            let names = fields.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
            route.replies = [
                .init(#"{"code":0,"data":{"fields":[\#(names)],"items":[\#(rows.joined(separator: ","))]},"msg":""}"#)
            ]
            return route
        }
        let routes = instruments.flatMap { instrument in
            let code = "\(instrument)"
            let rows = days.enumerated().map { number, day in
                "[\"\(code)\",\"202401\(day)\",\(10 + number),\(10 + number).5,\(9 + number).5,\(10 + number).25,123,126]"
            }
            let factors = ["[\"\(code)\",\"20240102\",3]", "[\"\(code)\",\"20231229\",2]"]
            return [
                table("daily", code, "ts_code trade_date open high low close vol amount", rows.reversed()),
                table("adj_factor", code, "ts_code trade_date adj_factor", factors),
                table(
                    "fina_indicator", code, "ts_code ann_date end_date roe",
                    ["[\"\(code)\",\"20240101\",\"20231231\",5]"]),
                table("daily_basic", code, "ts_code trade_date", []),
            ]
        }
        sample.expected = [
            .bar: .bars([firstBar]),
            .factor: .factors([Factor(time: close - 19_800_000_000_000, ratio: 1.5, instrument: first)]),
            .figure: .figures([returnOnEquity]),
        ]
        try play(&sample, routes) { url in ["base_url": .text(url), "token": .secret(Secret("token"))] }
    }

    /// Starts the server with routes and with what cannot be read; `options` leads an instance to a URL.
    private static func play(
        _ sample: inout ConformanceSample, _ routes: [ReplayServer.Route],
        _ options: (String) -> [String: ConfigurationValue]
    ) throws {
        let damaged = [
            ("cut within JSON", #"{"rc":0,"data":{"code":"600519","klines":["2024-01-0"#),
            ("a web page", "<!DOCTYPE html><html><body>Are you a robot?</body></html>"),
            ("another shape", #"{"code":0,"msg":7,"data":7}"#), ("zeros", String(repeating: "\0", count: 64)),
        ]
        let server = try ReplayServer()
        try server.take(
            damaged.enumerated().map { ReplayServer.Route("/damaged\($0.offset)(/.*)?", .init($0.element.1)) } + routes)
        // The server lives as long as the sample does.
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
        sample.values = options(server.url)
        sample.unavailable = options("http://127.0.0.1:1")
        sample.instruments = instruments
        sample.unknownInstrument = Instrument(code: "999999", venue: "SH")
        for (number, source) in damaged.enumerated() {
            sample.damaged.append(.init(source.0, values: options("\(server.url)/damaged\(number)")))
        }
    }
}
