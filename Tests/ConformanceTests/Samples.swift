import FoundationEssentials
import GRDB
import PluginKit
import PluginKitTesting
import TestSupport

/// What each shipped plugin is run with, by its id; an indicator needs nothing but events.
enum Samples {
    /// A plugin without a line here runs with the bars of the repository alone: enough for indicators and models.
    static func sample(for plugin: PluginType, in folders: TemporaryFolders) throws -> ConformanceSample {
        var sample = try sample(in: folders)
        switch plugin.descriptor.id {
        case "provider/local_history": try history(&sample, folders)
        case "provider/http_table": try table(&sample)
        case "provider/yahoo": try yahoo(&sample)
        case "provider/binance": try binance(&sample)
        case "provider/alpha_vantage": try alphaVantage(&sample)
        case "provider/akshare": try shares(&sample)
        case "provider/tushare": try tushare(&sample)
        case "indicator/figure":
            // Anything known from a time on can be a figure: here the closes.
            sample.values = ["item": .text("unnamed")]
            sample.events[.figure] = .figures(
                bars.map {
                    Figure(
                        time: $0.time, periodEnd: $0.time, value: $0.close, name: .unnamed, instrument: $0.instrument)
                })
        case "model/gradient_boosting": sample.values = ["rounds": .integer(8), "leaves": .integer(8)]
        case "model/onnx":
            sample.values = ["file": .text("\(Repository.root)/Tests/Fixtures/Models/ONNX/boosting.onnx")]
        case "model/random_forest": sample.values = ["trees": .integer(8), "max_depth": .integer(4)]
        case "model/xgboost": sample.values = ["rounds": .integer(8), "max_depth": .integer(3)]
        case "sink/csv": files(&sample, ending: "csv", closes: closesOfCSV)
        case "sink/ndjson": files(&sample, ending: "ndjson", closes: closesOfNDJSON)
        case "sink/parquet":
            sample.values = ["path": .text("out")]
            sample.unavailable = ["path": .text("/dev/null/out")]
            sample.isIdempotent = true
            sample.keptCloses = closesOfParquet
        case "provider/kafka":
            let server = try KafkaServer()
            keep(server, in: &sample)
            sample.values = server.options
            sample.unavailable = ["brokers": .list([.text("127.0.0.1:1")])]
            // It answers no requests, so nothing is asked for these.
            sample.expected[.bar] = .bars([])
        case "sink/kafka": try kafka(&sample)
        case "sink/redis": try redis(&sample)
        case "sink/postgres": try postgres(&sample)
        case "sink/webhook": try webhook(&sample)
        case "sink/email": try email(&sample)
        case "sink/sqlite":
            sample.values = ["path": .text("records.db")]
            sample.unavailable = ["path": .text("/dev/null/records.db")]
            sample.isIdempotent = true
            sample.keptCloses = closesOfSQLite
        case "sink/websocket":
            sample.isIdempotent = false
            sample.keptCloses = { outside in
                try outside.published.compactMap { try close(ofJSON: String(decoding: $0.bytes, as: UTF8.self)) }
            }
        // The console writes to standard output, which belongs to the test run: little of it, and nobody reads it.
        case "sink/console": sample.values = ["limit_per_second": .integer(1)]
        default: break
        }
        guard plugin.descriptor.kind == .indicator else { return sample }
        sample.events[.trade] = .trades(trades)
        sample.events[.quote] = .quotes(quotes)
        sample.events[.orderBook] = .orderBooks(books)
        return sample
    }

    /// The bars the repository ships, and folders.
    static func sample(in folders: TemporaryFolders) throws -> ConformanceSample {
        var sample = ConformanceSample { try folders.make() }
        sample.bars = bars
        // A guard against a hang, not a measurement: machines that run tests are busy.
        sample.patience = .seconds(300)
        return sample
    }

    /// Daily bars of IBM, 2000 ... 2013, as recorded.
    static let bars: [Bar] = {
        let data = FileManager.default.contents(atPath: "\(Repository.history)/IBM.csv") ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").dropFirst().prefix(600).enumerated().map {
            index, line in
            let cells = line.split(separator: ",").map { Double($0) ?? .nan }
            return Bar(
                time: Int64(index) * 86_400_000_000_000, open: cells[1], high: cells[2], low: cells[3],
                close: cells[4], volume: cells[5], instrument: InstrumentID(rawValue: 0))
        }
    }()

    private static let instrument = InstrumentID(rawValue: 0)

    /// Times, prices that move, and sizes.
    private static let steps: [(time: Int64, price: Double, size: Double)] = (0..<700).map { index in
        let price: Int = (index * 37) % 101
        let size: Int = 1 + (index * 13) % 29
        return (Int64(index + 1) * 1_000_000_000, 100 + Double(price) / 8, Double(size))
    }

    static let trades: [Trade] = steps.map { step in
        let side: Trade.Side = step.size > 12 ? .buy : .sell
        return Trade(time: step.time, price: step.price, size: step.size, side: side, instrument: instrument)
    }
    static let quotes: [Quote] = steps.map { step in
        Quote(
            time: step.time, bid: step.price, ask: step.price + 0.25, bidSize: step.size, askSize: step.size + 1,
            instrument: instrument)
    }
    static let books: [OrderBook] = steps.prefix(300).map { step in
        let best = OrderBook.Level(price: step.price, size: step.size)
        let next = OrderBook.Level(price: step.price - 1, size: 2)
        let ask = OrderBook.Level(price: step.price + 1, size: step.size)
        return OrderBook(
            time: step.time, sequence: step.time, bids: [best, next], asks: [ask], instrument: instrument)
    }
    static let figures: [Figure] = steps.prefix(300).map { step in
        Figure(
            time: step.time, periodEnd: step.time - 1, value: step.price, name: .unnamed, instrument: instrument)
    }
    static let factors: [Factor] = steps.prefix(300).map { step in
        Factor(
            time: step.time, announced: step.time - 1, ratio: step.price, cash: 0.5, rights: 0, rightsPrice: 0,
            instrument: instrument)
    }

    private static func history(_ sample: inout ConformanceSample, _ folders: TemporaryFolders) throws {
        sample.values = ["path": .text(Repository.history), "batch": .integer(100)]
        sample.unavailable = ["path": .text("\(folders.root)/missing")]
        sample.instruments = [Instrument(code: "FB", venue: "US"), Instrument(code: "GOOG", venue: "US")]
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "US")
        // 2012-05-18, 16:00 in New York: 20:00 UTC in summer. The numbers are the first row of FB.csv.
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_337_371_200_000_000_000, open: 42.05, high: 45, low: 38, close: 38.2318, volume: 573_576_400,
                instrument: InstrumentID(rawValue: 0))
        ])
        let texts = [
            ("cut in a row", "date,open,high,low,close,volume\n2013-03-01,1,2,1,2,100\n2013-03-04,1,2"),
            ("letters for a price", "date,open,high,low,close,volume\n2013-03-01,1,2,1,none,100\n"),
            ("no header that is known", "a,b\n1,2\n"), ("zeros", String(repeating: "\0", count: 64)),
        ]
        for (name, text) in texts {
            let folder = try folders.make()
            for code in ["FB", "GOOG"] { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(code).csv")) }
            sample.damaged.append(.init(name, values: ["path": .text(folder)]))
        }
    }

    /// A source of this machine that has the bars the repository ships, and says nothing of anybody else.
    private static func table(_ sample: inout ConformanceSample) throws {
        let rows = { (path: String) -> ReplayServer.Route in
            ReplayServer.Route("/\(path)", ReplayServer.Reply(file: "\(Repository.history)/\(path).csv"))
        }
        let damaged = [
            ("cut in a row", "date,open,high,low,close,volume\n2013-03-01,1,2,1,2,100\n2013-03-04,1,2"),
            ("letters for a price", "date,open,high,low,close,volume\n2013-03-01,1,2,1,much,100\n"),
            ("a web page", "<!DOCTYPE html><html><body>Are you a robot?</body></html>"),
            ("no header that is known", "a,b\n1,2\n"), ("zeros", String(repeating: "\0", count: 64)),
        ]
        let server = try ReplayServer(rows("FB"), rows("GOOG"))
        try server.take(
            [rows("FB"), rows("GOOG")]
                + damaged.enumerated().map { ReplayServer.Route("/damaged\($0.offset)/.*", .init($0.element.1)) })
        // The server lives as long as the sample does.
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
        sample.values = [
            "url": .text("\(server.url)/{code}"), "format": .text("csv"), "columns": .map(["time": .text("date")]),
        ]
        sample.unavailable = ["url": .text("http://127.0.0.1:1/{code}"), "format": .text("csv")]
        sample.instruments = [Instrument(code: "FB", venue: "US"), Instrument(code: "GOOG", venue: "US")]
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "US")
        // As in the history: the first row of FB.csv.
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_337_371_200_000_000_000, open: 42.05, high: 45, low: 38, close: 38.2318, volume: 573_576_400,
                instrument: InstrumentID(rawValue: 0))
        ])
        sample.damaged = damaged.enumerated().map { number, source in
            .init(source.0, values: ["url": .text("\(server.url)/damaged\(number)/{code}")])
        }
    }

    /// Alpha Vantage as it would answer with the bars the repository ships.
    private static func alphaVantage(_ sample: inout ConformanceSample) throws {
        let damaged = [
            ("cut", #"{"Time Series (Daily)":{"2013-0"#), ("no series", #"{"Meta Data":{}}"#), ("a list", "[1]"),
            ("letters for a price", #"{"Time Series (Daily)":{"2013-03-01":{"1. open":"much"}}}"#),
            ("zeros", String(repeating: "\0", count: 64)),
        ]
        let server = try ReplayServer()
        try server.take(
            try ["FB", "GOOG"].map { .init("/query", query: ["symbol": $0], try series(of: $0)) }
                + damaged.enumerated().map { ReplayServer.Route("/damaged\($0.offset)/.*", .init($0.element.1)) } + [
                    .any(.init(#"{"Error Message":"Invalid API call."}"#))
                ])
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
        sample.values = [
            "base_url": .text(server.url), "api_key": .secret(Secret("k3y")),
        ]
        sample.unavailable = ["base_url": .text("http://127.0.0.1:1")]
        sample.instruments = [Instrument(code: "FB", venue: "US"), Instrument(code: "GOOG", venue: "US")]
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "US")
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_337_371_200_000_000_000, open: 42.05, high: 45, low: 38, close: 38.2318, volume: 573_576_400,
                instrument: InstrumentID(rawValue: 0))
        ])
        sample.damaged = damaged.enumerated().map { number, source in
            .init(source.0, values: ["base_url": .text("\(server.url)/damaged\(number)")])
        }
    }

    /// A daily series with the bars of a file.
    private static func series(of code: String) throws -> ReplayServer.Reply {
        let names = ["1. open", "2. high", "3. low", "4. close", "5. volume"]
        let rows = lines("\(Repository.history)/\(code).csv").dropFirst().prefix(300).map { line in
            let cells = line.split(separator: ",")
            let members = zip(names, cells.dropFirst()).map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
            return "\"\(cells[0])\":{\(members)}"
        }
        return .init("{\"Time Series (Daily)\":{\(rows.joined(separator: ","))}}")
    }

    /// Binance as it would answer with made-up bars.
    private static func binance(_ sample: inout ConformanceSample) throws {
        let rows = (0..<300).map { number in
            let open = 1_704_067_200_000 + number * 86_400_000
            return #"[\#(open),"1.5","2","1","1.25","\#(number + 1)",\#(open + 86_399_999),"4.5",7,"1","2","0"]"#
        }
        let damaged = [
            ("cut", #"[[1704067200000,"1.5","2""#), ("another shape", "{}"), ("a row of nulls", "[[null,null]]"),
            ("letters for a price", #"[[1704067200000,"much","2","1","1","1",1704153599999,"1"]]"#),
            ("zeros", String(repeating: "\0", count: 64)),
        ]
        let klines = ReplayServer.Reply("[\(rows.joined(separator: ","))]")
        let invalid = #"{"code":-1121,"msg":"Invalid symbol."}"#
        let server = try ReplayServer()
        try server.take(
            [.init("/api/v3/klines", query: ["symbol": "BTCUSDT|ETHUSDT"], klines)]
                + damaged.enumerated().map { ReplayServer.Route("/damaged\($0.offset)/.*", .init($0.element.1)) } + [
                    .any(.init(invalid, status: 400))
                ])
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
        sample.values = ["base_url": .text(server.url)]
        sample.unavailable = ["base_url": .text("http://127.0.0.1:1")]
        sample.instruments = ["BTCUSDT", "ETHUSDT"].map { Instrument(code: $0, venue: "BINANCE") }
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "BINANCE")
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_704_153_600_000_000_000, open: 1.5, high: 2, low: 1, close: 1.25, volume: 1, amount: 4.5,
                instrument: InstrumentID(rawValue: 0))
        ])
        sample.damaged = damaged.enumerated().map { number, source in
            .init(source.0, values: ["base_url": .text("\(server.url)/damaged\(number)")])
        }
    }

    /// Yahoo as it would answer with the bars the repository ships.
    private static func yahoo(_ sample: inout ConformanceSample) throws {
        let damaged = [
            ("cut", #"{"chart":{"result":[{"meta":{},"timest"#), ("another shape", "{}"), ("a list", "[1, 2]"),
            (
                "columns of two lengths",
                #"{"chart":{"result":[{"timestamp":[1,2],"indicators":{"quote":[{"open":[1]}]}}]}}"#
            ),
            ("zeros", String(repeating: "\0", count: 64)),
        ]
        let unknown = #"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}"#
        let server = try ReplayServer()
        try server.take(
            try ["FB", "GOOG"].map { .init("/v8/finance/chart/\($0)", try chart(of: $0)) }
                + damaged.enumerated().map { ReplayServer.Route("/damaged\($0.offset)/.*", .init($0.element.1)) } + [
                    .init("/v8/.*", .init(unknown, status: 404))
                ])
        let makeFolder = sample.makeFolder
        sample.makeFolder = { try withExtendedLifetime(server) { try makeFolder() } }
        for name in ["base_url", "crumb_url", "cookie_url"] { sample.values[name] = .text(server.url) }
        sample.unavailable = ["base_url": .text("http://127.0.0.1:1")]
        sample.instruments = [Instrument(code: "FB", venue: "US"), Instrument(code: "GOOG", venue: "US")]
        sample.unknownInstrument = Instrument(code: "NONESUCH", venue: "US")
        sample.expected[.bar] = .bars([
            Bar(
                time: 1_337_371_200_000_000_000, open: 42.05, high: 45, low: 38, close: 38.2318, volume: 573_576_400,
                instrument: InstrumentID(rawValue: 0))
        ])
        sample.damaged = damaged.enumerated().map { number, source in
            .init(source.0, values: ["base_url": .text("\(server.url)/damaged\(number)")])
        }
    }

    /// A chart of Yahoo's with the bars of a file; each dated at noon UTC, which is that day in New York.
    private static func chart(of code: String) throws -> ReplayServer.Reply {
        let rows = lines("\(Repository.history)/\(code).csv").dropFirst().map { $0.split(separator: ",") }
        let stamps = rows.map { row in
            let day = (try? Date("\(row[0])T12:00:00Z", strategy: .iso8601)) ?? .distantPast
            return "\(Int(day.timeIntervalSince1970))"
        }
        let columns = ["open", "high", "low", "close", "volume"].enumerated().map { place, name in
            "\"\(name)\":[\(rows.map { String($0[place + 1]) }.joined(separator: ","))]"
        }
        return .init(
            #"{"chart":{"result":[{"meta":{"currency":"USD"},"timestamp":["# + stamps.joined(separator: ",")
                + #"],"indicators":{"quote":[{"# + columns.joined(separator: ",") + "}]}}],\"error\":null}}")
    }

    private static func files(
        _ sample: inout ConformanceSample, ending: String,
        closes: @escaping @Sendable (ConformanceSample.Outside) throws -> [Double]
    ) {
        sample.values = ["path": .text("records.\(ending)")]
        sample.unavailable = ["path": .text("/dev/null/records.\(ending)")]
        sample.isIdempotent = false
        sample.keptCloses = closes
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    @Sendable private static func closesOfCSV(_ outside: ConformanceSample.Outside) throws -> [Double] {
        let lines = lines("\(outside.folder)/records.csv")
        guard let header = lines.first?.split(separator: ",", omittingEmptySubsequences: false),
            let column = header.firstIndex(of: "close")
        else { return [] }
        return lines.dropFirst().map {
            Double($0.split(separator: ",", omittingEmptySubsequences: false)[column]) ?? .nan
        }
    }

    @Sendable private static func closesOfNDJSON(_ outside: ConformanceSample.Outside) throws -> [Double] {
        try lines("\(outside.folder)/records.ndjson").map { try close(ofJSON: String($0)) ?? .nan }
    }

    @Sendable private static func closesOfSQLite(_ outside: ConformanceSample.Outside) throws -> [Double] {
        let path = "\(outside.folder)/records.db"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try DatabaseQueue(path: path).read { database in
            try Double.fetchAll(database, sql: "SELECT COALESCE(close, 0) FROM bars ORDER BY time")
        }
    }

    static func close(ofJSON text: String) throws -> Double? {
        struct Row: Decodable {
            let kind: String?
            let close: Double?
        }
        let row = try JSONDecoder().decode(Row.self, from: Data(text.utf8))
        return row.close ?? .nan
    }
}
