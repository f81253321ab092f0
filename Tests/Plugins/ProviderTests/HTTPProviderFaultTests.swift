import AkShareProvider
import AlphaVantageProvider
import BinanceProvider
import HTTPTableProvider
import PluginKit
import TestSupport
import Testing
import TushareProvider
import YahooProvider

/// Everything that goes wrong on the way, with every provider that fetches over HTTP: an error with a class and words, no
/// event, no secret.
struct HTTPProviderFaultTests {
    /// A provider, and how it is answered when all is well.
    private struct Source: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let instrument: String
        let body: String
        let make:
            @Sendable (_ url: String, _ folder: String, _ bounds: [String: ConfigurationValue]) throws -> any Provider
    }

    private struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let codes: Set<PluginError.Code>
        let reply: @Sendable (String) -> ReplayServer.Reply

        init(
            _ name: String, _ codes: PluginError.Code..., reply: @escaping @Sendable (String) -> ReplayServer.Reply
        ) {
            self.init(name, codes: Set(codes), reply: reply)
        }

        init(
            _ name: String, codes: Set<PluginError.Code>, reply: @escaping @Sendable (String) -> ReplayServer.Reply
        ) {
            (testDescription, self.codes, self.reply) = (name, codes, reply)
        }
    }

    private static let key = "S3CRET"

    private static let sources: [Source] = [
        Source(
            testDescription: "http_table", instrument: "IBM.US",
            body: #"[{"time":"2013-03-01","open":1,"high":2,"low":1,"close":2,"volume":100}]"#
        ) { url, folder, bounds in
            let own: [String: ConfigurationValue] = [
                "url": .text("\(url)/{symbol}?key={secret}"), "secret": .secret(Secret(key)),
            ]
            return try instance(HTTPTable.self, own.merging(bounds) { own, _ in own }, state: folder)
        },
        Source(
            testDescription: "yahoo", instrument: "AAPL.US",
            body: """
                {"chart":{"result":[{"meta":{"currency":"USD"},"timestamp":[1372858200],"indicators":{"quote":[{"open":[1],"high":[2],
                "low":[1],"close":[2],"volume":[5]}]}}],"error":null}}
                """
        ) { url, folder, bounds in
            try instance(Yahoo.self, bounds.merging(["base_url": .text(url)]) { _, own in own }, state: folder)
        },
        Source(
            testDescription: "binance", instrument: "BTCUSDT.BINANCE",
            body: #"[[1704067200000,"1.5","2","1","1.25","3",1704153599999,"4.5",7,"1","2","0"]]"#
        ) { url, folder, bounds in
            try instance(Binance.self, bounds.merging(["base_url": .text(url)]) { _, own in own }, state: folder)
        },
        Source(
            testDescription: "alpha_vantage", instrument: "IBM.US",
            body:
                #"{"Time Series (Daily)":{"2013-07-05":{"1. open":"1","2. high":"2","3. low":"1","4. close":"2","5. volume":"9"}}}"#
        ) { url, folder, bounds in
            let own: [String: ConfigurationValue] = [
                "base_url": .text(url), "api_key": .secret(Secret(key)),
            ]
            return try instance(AlphaVantage.self, own.merging(bounds) { own, _ in own }, state: folder)
        },
        Source(
            testDescription: "tushare", instrument: "600519.SH",
            body: """
                {"code":0,"msg":"","data":{"fields":["ts_code","trade_date","open","high","low","close","vol"],"items":[["600519.SH",
                "20240105",1,2,1,2,9]]}}
                """
        ) { url, folder, bounds in
            let own: [String: ConfigurationValue] = ["base_url": .text(url), "token": .secret(Secret(key))]
            return try instance(Tushare.self, own.merging(bounds) { own, _ in own }, state: folder)
        },
        // Of its own sources a closed connection is a ban, and the next is asked: AkShareTests.
        Source(
            testDescription: "akshare", instrument: "600519.SH",
            body: #"[{"日期":"2024-01-05T00:00:00.000","开盘":1,"最高":2,"最低":1,"收盘":2,"成交量":9,"成交额":1800}]"#
        ) { url, folder, bounds in
            let own: [String: ConfigurationValue] = ["mode": .text("aktools"), "aktools_url": .text(url)]
            return try instance(AkShare.self, own.merging(bounds) { own, _ in own }, state: folder)
        },
    ]

    private static func status(_ number: Int, _ code: PluginError.Code) -> Fault {
        Fault("\(number)", code) { _ in .init("", status: number) }
    }

    private static func body(_ name: String, _ text: String, _ codes: PluginError.Code...) -> Fault {
        let any: Set<PluginError.Code> = [.malformed, .noData, .notFound, .transient]
        return Fault(name, codes: codes.isEmpty ? any : Set(codes)) { _ in .init(text) }
    }

    private static let faults: [Fault] =
        [
            Fault("hangs", .transient) { _ in .init(fault: "hang") },
            Fault("drips", .transient) { ReplayServer.Reply($0).with { $0.drip = 0.2 } },
            Fault("closes without a reply", .transient) { _ in .init(fault: "close") },
            Fault("resets without a reply", .transient) { _ in .init(fault: "reset") },
            Fault("resets within the reply", .transient) { ReplayServer.Reply($0).with { $0.fault = "reset_within" } },
            Fault("is no HTTP", .malformed) { _ in .init(fault: "garbage") },
            Fault("ends before its length", .transient) { ReplayServer.Reply($0).with { $0.cut = 10 } },
            Fault("ends within a chunk", .transient) { text in
                ReplayServer.Reply(text).with { ($0.cut, $0.chunked) = (10, true) }
            },
            Fault("ends within gzip", .transient) { text in
                ReplayServer.Reply(text).with { ($0.cutPacked, $0.gzip) = (20, true) }
            },
            Fault("is no gzip", .malformed) { .init($0, headers: ["Content-Encoding": "gzip"]) },
            Fault("is packed otherwise", .malformed) { .init($0, headers: ["Content-Encoding": "br"]) },
            Fault("is too long", .malformed) { .init($0 + String(repeating: " ", count: 20_000)) },
            Fault("is too long unpacked", .malformed) { text in
                ReplayServer.Reply(text + String(repeating: " ", count: 20_000)).with { $0.gzip = true }
            },
            Fault("is cut JSON", .malformed) { .init(String($0.dropLast(8))) },
            Fault("is UTF-16", .malformed) { text in
                ReplayServer.Reply(bytes: [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
            },
            Fault("429 with a wait", .rateLimited) { _ in .init("", status: 429, headers: ["Retry-After": "90"]) },
            Fault("sends to another host", .malformed) { _ in
                .init("", status: 302, headers: ["Location": "http://127.0.0.2:9/"])
            },
            Fault("sends in a circle", .malformed) { _ in .init("", status: 302, headers: ["Location": "/again"]) },
            body("is a robot check", "<!DOCTYPE html><html>Are you a robot?</html>", .malformed, .transient),
            body("is empty", "", .malformed), body("is null", "null"), body("is an empty list", "[]"),
            body("is an empty object", "{}"), body("is a number", "NaN"),
            body("is a row of nulls", "[[null,null,null]]"),
            body("is deep", String(repeating: "[", count: 5_000), .malformed),
            body("is noise", "\u{0}\u{1}\u{2}", .malformed),
        ] + [
            status(401, .auth), status(403, .permission), status(404, .notFound), status(418, .banned),
            status(429, .rateLimited), status(451, .permission),
        ] + [500, 502, 503, 504].map { status($0, .transient) }

    @Test(arguments: sources, faults) private func isAnErrorWithWords(of source: Source, when fault: Fault) async throws
    {
        let folder = try TemporaryFolder()
        let server = try ReplayServer(.any(fault.reply(source.body)))
        let isSlow = ["hangs", "drips"].contains(fault.testDescription)
        let provider = try source.make(
            server.url, folder.path,
            ["timeout": .duration(.seconds(isSlow ? 1 : 30)), "max_body_bytes": .integer(16_384)])
        let error = await TestSupport.fault { try await provider.fetch(FetchRequest(.bar, [source.instrument])) }
        let found = try #require(error, "it is taken for data")
        #expect(fault.codes.contains(found.code), "\(found.code): \(found.message)")
        #expect(found.message.hasPrefix("provider/\(source.testDescription): ") && !found.message.contains(Self.key))
        if fault.testDescription == "429 with a wait" { #expect(found.retryAfter == .seconds(90)) }
        await provider.stop()
    }

    @Test(arguments: sources) private func isDataWhenAllIsWell(of source: Source) async throws {
        let folder = try TemporaryFolder()
        let server = try ReplayServer(.any(ReplayServer.Reply(source.body).with { $0.gzip = true }))
        let provider = try source.make(server.url, folder.path, [:])
        #expect(try await provider.fetch(FetchRequest(.bar, [source.instrument])).batch.count == 1)
        await provider.stop()
    }
}
