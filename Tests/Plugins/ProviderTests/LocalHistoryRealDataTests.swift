import Glibc
import LocalHistoryProvider
import PluginKit
import Testing

/// The bars the repository ships.
@Suite struct ShippedHistoryTests {
    private static let names = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]

    @Test(.enabled(if: access(TestData.shipped, R_OK) == 0, "data/history is not there"))
    func everyRowIsABar() async throws {
        let recorder = try await replay(try history(TestData.shipped), Self.names)
        #expect(recorder.defects.isEmpty)
        #expect(recorder.bars.count == 12_154)
        #expect(zip(recorder.bars, recorder.bars.dropFirst()).allSatisfy { $0.time <= $1.time })
        let last = try #require(recorder.bars.last { $0.instrument.rawValue == 0 })
        #expect(last.time == nanoseconds(1_362_171_600))
    }

    @Test(.enabled(if: access(TestData.shipped, R_OK) == 0, "data/history is not there"))
    func adjustedBarsHaveNoJumpAtASplitAndStayConsistent() async throws {
        let bars = try await allBars(try history(TestData.shipped, ["adjust": .text("ratio")]), Self.names).events
        #expect(bars.allSatisfy { $0.low <= min($0.open, $0.close) && $0.high >= max($0.open, $0.close) })
        for name in UInt32(0)..<5 {
            let closes = bars.filter { $0.instrument.rawValue == name }.map(\.close)
            #expect(zip(closes, closes.dropFirst()).allSatisfy { abs($1 / $0 - 1) < 0.55 })
        }
    }
}

/// Market data that other projects publish; not part of the repository.
@Suite(.enabled(if: TestData.hasMarket, "../shared/data/market is not there"))
struct SharedHistoryTests {
    @Test func tushareDailyFilesWithLotsAndThousands() async throws {
        let options: [String: ConfigurationValue] = ["volume_unit": .text("lots"), "amount_unit": .number(1_000)]
        let names = ["600519.SH", "000001.SZ", "300059.SZ"]
        let provider = try history("\(TestData.market)/qbot_a_share_daily", options)
        let recorder = try await replay(provider, names)
        #expect(recorder.defects.isEmpty)
        let first = try #require(recorder.bars.first)
        // 2010-01-04 15:00 in Shanghai; 600519.SH 44304.88 lots, 753405.635 thousand CNY.
        #expect(first.time == nanoseconds(1_262_588_400))
        #expect((first.open, first.close, first.volume, first.amount) == (106.9076, 105.6272, 4_430_488, 753_405_635))
        #expect(recorder.bars.count > 7_500)
    }

    @Test func hikyuuFileForAllInstruments() async throws {
        let columns: [String: ConfigurationValue] = ["volume": .text("volume_hands"), "amount": .text("amount_kcny")]
        let options: [String: ConfigurationValue] = [
            "columns": .map(columns), "volume_unit": .text("lots"), "amount_unit": .number(1_000),
        ]
        let provider = try history("\(TestData.market)/hikyuu/sh_day_raw.csv.gz", options)
        let recorder = try await replay(provider, ["000001.SH", "600000.SH"])
        #expect(recorder.defects.isEmpty)
        let first = try #require(recorder.bars.first)
        #expect((first.open, first.volume, first.amount) == (96.05, 126_000, 494_000))
        #expect(zip(recorder.bars, recorder.bars.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(Set(recorder.bars.map(\.instrument)).count == 2)
    }

    @Test func hikyuuMinutes() async throws {
        let columns: [String: ConfigurationValue] = ["volume": .text("count")]
        let provider = try history("\(TestData.market)/hikyuu/test_min_data.csv", ["columns": .map(columns)])
        let reply = try await allBars(provider, ["000001.SH"], timeframe: Timeframe(1, .minute))
        #expect(reply.defects.isEmpty)
        // 2017-03-03 13:22 in Shanghai.
        #expect(reply.events.first?.time == nanoseconds(1_488_518_520))
    }

    @Test func corruptFileIsDeliveredAsItIs() async throws {
        let reply = try await allBars(try history("\(TestData.market)/dirty_real"), ["000001.SZ"])
        #expect(reply.events.count + reply.defects.count == 260)
    }

    @Test func leanDailyArchivesAsTheyAre() async throws {
        let reply = try await allBars(
            try history("\(TestData.market)/lean/daily", ["preset": .text("lean")]), ["SPY", "AAPL"])
        #expect(reply.defects.isEmpty)
        let bars = reply.events.filter { $0.instrument.rawValue == 0 }
        // 1998-01-02 16:00 in New York; 973100,975300,965300,973600,2150000.
        #expect(bars.count == 5_849)
        let first = try #require(bars.first)
        #expect(first.time == nanoseconds(883_774_800))
        #expect((first.open, first.high, first.low, first.close) == (97.31, 97.53, 96.53, 97.36))
        #expect(first.volume == 2_150_000 && bars.last?.close == 396.33)
    }
}
