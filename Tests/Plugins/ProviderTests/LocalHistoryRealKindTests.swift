import CZlib
import Glibc
import LocalHistoryProvider
import PluginKit
import TestSupport
import Testing

/// Ticks and minutes that other projects publish, row by row against a reading of the test's own.
@Suite(.enabled(if: TestData.hasMarket, "../shared/data/market is not there"))
struct RealKindTests {
    private static let lean = "\(TestData.market)/lean"
    private static let names: [String: ConfigurationValue] = [
        "preset": .text("lean"),
        "files": .map([
            "bar": .text("{code}_{date}_trade.zip"), "trade": .text("{code}_{date}_trade.zip"),
            "quote": .text("{code}_{date}_quote.zip"),
        ]),
    ]
    /// 2013-10-07 in New York, summer time.
    private static let midnight = nanoseconds(1_381_118_400)

    @Test(arguments: [("BAC", 88_172), ("IBM", 24_293)]) func leanTradeTicks(code: String, count: Int) async throws {
        let recorder = try await replay(try history("\(Self.lean)/tick", Self.names), .trade, [code])
        #expect(recorder.defects.isEmpty)
        let trades = recorder.deliveries.flatMap { Trade.events(of: $0.batch) ?? [] }
        let rows = try Self.rows("tick/\(code.lowercased())_20131007_trade.zip")
        #expect(rows.count == count && trades.count == count)
        for (trade, row) in zip(trades, rows) {
            let isSame = trade.time == Self.midnight + row[0] * 1_000_000 && trade.price == Double(row[1]) / 10_000
            guard isSame, trade.size == Double(row[2]), trade.side == .unknown, trade.flags.isEmpty else {
                Issue.record("\(trade) of \(row)")
                return
            }
        }
    }

    @Test(arguments: [("BAC", 476_855, 0), ("IBM", 109_067, 1)])
    func leanQuoteTicksKeepTheSideThatARowLeavesOut(code: String, count: Int, doubted: Int) async throws {
        let recorder = try await replay(try history("\(Self.lean)/tick", Self.names), .quote, [code])
        #expect(recorder.defects.isEmpty)
        let quotes = recorder.deliveries.flatMap { Quote.events(of: $0.batch) ?? [] }
        let rows = try Self.rows("tick/\(code.lowercased())_20131007_quote.zip")
        #expect(rows.count == count && quotes.count == count)
        #expect(quotes.filter { $0.flags.contains(.suspect) }.count == doubted)
        var (bid, ask): (Int64?, Int64?)
        for (quote, row) in zip(quotes, rows) {
            if row[1] != 0 { bid = row[1] }
            if row[3] != 0 { ask = row[3] }
            let isBid = bid.map { quote.bid == Double($0) / 10_000 } ?? quote.bid.isNaN
            let isAsk = ask.map { quote.ask == Double($0) / 10_000 } ?? quote.ask.isNaN
            let isSize = row[1] == 0 || quote.bidSize == Double(row[2])
            guard isBid, isAsk, isSize, quote.time == Self.midnight + row[0] * 1_000_000 else {
                Issue.record("\(quote) of \(row)")
                return
            }
        }
    }

    @Test func leanMinutesAreBarsAndQuotesAtTheirEnd() async throws {
        let provider = try history("\(Self.lean)/minute", Self.names)
        let minute = Timeframe(1, .minute)
        let reply = try await allBars(provider, ["SPY"], timeframe: minute)
        #expect(reply.defects.isEmpty)
        let days = ["20131004", "20131007", "20131008", "20131009", "20131010", "20131011", "20230803"]
        let counts = try days.map { try Self.rows("minute/spy_\($0)_trade.zip").count }
        #expect(reply.events.count == counts.reduce(0, +))
        let bars = reply.events.filter { $0.time > Self.midnight && $0.time <= Self.midnight + nanoseconds(86_400) }
        // 14400000,1674100,1674100,1672500,1672700,3197: from 04:00 on.
        let first = try #require(bars.first)
        #expect(bars.count == 828 && first.time == Self.midnight + nanoseconds(14_460))
        #expect((first.open, first.low, first.close, first.volume) == (167.41, 167.25, 167.27, 3_197))

        let quotes = try await replay(provider, .quote, ["SPY"]).deliveries.flatMap { Quote.events(of: $0.batch) ?? [] }
        let rows = try Self.rows("minute/spy_20131007_quote.zip")
        let day = quotes.filter { $0.time > Self.midnight && $0.time <= Self.midnight + nanoseconds(86_400) }
        #expect(day.count == rows.count && rows.count == 908)
        #expect(
            zip(day, rows).allSatisfy { quote, row in
                quote.time == Self.midnight + (row[0] + 60_000) * 1_000_000
                    && quote.bid == Double(row[4]) / 10_000 && quote.bidSize == Double(row[5])
                    && quote.ask == Double(row[9]) / 10_000 && quote.askSize == Double(row[10])
            })
    }

    @Test func leanFolderAsLeanHasIt() async throws {
        let folder = try TemporaryFolder()
        for (place, source) in [
            ("daily/spy.zip", "daily/spy.zip"), ("minute/spy/20131007_trade.zip", "minute/spy_20131007_trade.zip"),
            ("minute/spy/20131008_trade.zip", "minute/spy_20131008_trade.zip"),
            ("tick/bac/20131007_trade.zip", "tick/bac_20131007_trade.zip"),
            ("tick/bac/20131007_quote.zip", "tick/bac_20131007_quote.zip"),
        ] {
            let path = try folder.write(place, "")
            unlink(path)
            #expect(symlink("\(Self.lean)/\(source)", path) == 0)
        }
        let provider = try history(folder.path, ["preset": .text("lean")])
        #expect(try await allBars(provider, ["SPY"]).events.count == 5_849)
        #expect(try await allBars(provider, ["SPY"], timeframe: Timeframe(1, .minute)).events.count == 828 + 828)
        #expect(try await fetched(provider, .trade, ["BAC"]).batch.count == 88_172)
        let last = try #require(Quote.events(of: try await fetched(provider, .quote, ["BAC"]).batch)?.first)
        #expect(last.time == Self.midnight + 72_000_601 * 1_000_000 && last.ask == 13.86)
        #expect(try await provider.instruments().map { "\($0)" } == ["BAC.US", "SPY.US"])
    }

    @Test func resumedInTheMiddleTheQuotesAreTheSame() async throws {
        let provider = try history("\(Self.lean)/tick", Self.names.merging(["batch": .integer(4_096)]) { $1 })
        let whole = try await replay(provider, .quote, ["IBM"]).deliveries
        let rest = try await replay(provider, .quote, ["IBM"], after: whole[12].position).deliveries
        #expect(rest.flatMap { shown($0.batch) } == whole[13...].flatMap { shown($0.batch) })
    }

    @Test func hikyuuTradesWithTheirSides() async throws {
        let options: [String: ConfigurationValue] = [
            "preset": .text("hikyuu"), "files": .map(["trade": .text("{venue}_trans.csv.gz")]),
        ]
        let provider = try history("\(TestData.market)/hikyuu", options)
        let names = ["600000.SH", "600004.SH", "000001.SZ", "000002.SZ", "000004.SZ", "000005.SZ"]
        let recorder = try await replay(provider, .trade, names)
        #expect(recorder.defects.isEmpty)
        let trades = recorder.deliveries.flatMap { Trade.events(of: $0.batch) ?? [] }
        #expect(zip(trades, trades.dropFirst()).allSatisfy { $0.time <= $1.time })
        let sides: [Trade.Side] = [.buy, .sell, .unknown]
        for (index, name) in names.enumerated() {
            let venue = name.suffix(2).lowercased()
            let symbol = name.suffix(2) + name.prefix(6)
            let text = try Self.inflated("hikyuu/\(venue)_trans.csv.gz", from: 0, window: 31)
            let rows = text.split(separator: "\n").filter { $0.hasPrefix(symbol) }.map { $0.split(separator: ",") }
            let own = trades.filter { $0.instrument.rawValue == UInt32(index) }
            #expect(rows.count == own.count && rows.count > 400)
            #expect(
                zip(own, rows).allSatisfy { trade, row in
                    Double(row[2]) == trade.price && Double(row[3]).map { $0 * 100 } == trade.size
                        && Int(row[4]).map { sides[$0] } == trade.side
                })
        }
        // SH600000,20190201092502,10.82,5368,2
        let first = try #require(trades.first { $0.instrument.rawValue == 0 })
        #expect(first.time == nanoseconds(1_548_984_302) && first.price == 10.82 && first.size == 536_800)
        #expect(Set(try await provider.instruments().map { "\($0)" }).isSuperset(of: names))
    }

    // MARK: Help

    /// The whole numbers of an archive's only file, read without the code under test; letters are 0.
    private static func rows(_ name: String) throws -> [[Int64]] {
        let head = try bytes("lean/\(name)").prefix(30)
        let start = 30 + Int(head[26]) + Int(head[27]) << 8 + Int(head[28]) + Int(head[29]) << 8
        return try inflated("lean/\(name)", from: start, window: -15).split(separator: "\n").map { line in
            line.split(separator: ",").map { Int64($0) ?? 0 }
        }
    }

    private static func bytes(_ name: String) throws -> [UInt8] {
        let handle = try #require(fopen("\(TestData.market)/\(name)", "rb"))
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, handle))
        return bytes
    }

    private static func inflated(_ name: String, from start: Int, window: Int32) throws -> String {
        var input = Array(try bytes(name)[start...])
        var output = [UInt8](repeating: 0, count: 32 << 20)
        var stream = z_stream()
        inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        let status = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
                (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
                return inflate(&stream, Z_FINISH)
            }
        }
        #expect(status == Z_STREAM_END)
        return String(decoding: output.prefix(Int(stream.total_out)), as: UTF8.self)
    }
}
