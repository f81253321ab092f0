import FoundationEssentials
import GRDB
import PluginKit
import PluginKitTesting
import TestSupport

/// What each shipped plugin is run with, by its id; an indicator needs nothing but the bars.
enum Samples {
    /// A plugin without a line here runs with the bars of the repository alone: enough for indicators and models.
    static func sample(for plugin: PluginType, in folders: TemporaryFolders) throws -> ConformanceSample {
        var sample = try sample(in: folders)
        switch plugin.descriptor.id {
        case "provider/local_history": try history(&sample, folders)
        case "model/xgboost": sample.values = ["rounds": .integer(8), "max_depth": .integer(3)]
        case "sink/csv": files(&sample, ending: "csv", closes: closesOfCSV)
        case "sink/ndjson": files(&sample, ending: "ndjson", closes: closesOfNDJSON)
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
        return sample
    }

    /// The bars the repository ships, and folders.
    static func sample(in folders: TemporaryFolders) throws -> ConformanceSample {
        var sample = ConformanceSample { try folders.make() }
        sample.bars = try bars()
        // A guard against a hang, not a measurement: machines that run tests are busy.
        sample.patience = .seconds(30)
        return sample
    }

    /// Daily bars of IBM, 2000 ... 2013, as recorded.
    static func bars() throws -> [Bar] {
        let data = FileManager.default.contents(atPath: "\(Repository.history)/IBM.csv") ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").dropFirst().prefix(600).enumerated().map {
            index, line in
            let cells = line.split(separator: ",").map { Double($0) ?? .nan }
            return Bar(
                time: Int64(index) * 86_400_000_000_000, open: cells[1], high: cells[2], low: cells[3],
                close: cells[4], volume: cells[5], instrument: InstrumentID(rawValue: 0))
        }
    }

    private static let instrument = InstrumentID(rawValue: 0)

    /// Times, prices that move, and sizes.
    private static let steps: [(time: Int64, price: Double, size: Double)] = (0..<300).map { index in
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
    static let books: [OrderBook] = steps.map { step in
        let best = OrderBook.Level(price: step.price, size: step.size)
        let next = OrderBook.Level(price: step.price - 1, size: 2)
        let ask = OrderBook.Level(price: step.price + 1, size: step.size)
        return OrderBook(
            time: step.time, sequence: step.time, bids: [best, next], asks: [ask], instrument: instrument)
    }
    static let figures: [Figure] = steps.map { step in
        Figure(
            time: step.time, periodEnd: step.time - 1, value: step.price, name: .unnamed, instrument: instrument)
    }
    static let factors: [Factor] = steps.map { step in
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

    private static func close(ofJSON text: String) throws -> Double? {
        struct Row: Decodable {
            let kind: String?
            let close: Double?
        }
        let row = try JSONDecoder().decode(Row.self, from: Data(text.utf8))
        return row.close ?? .nan
    }
}
