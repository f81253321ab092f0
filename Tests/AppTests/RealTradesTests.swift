import CivilTime
import DelimitedText
import HostApp
import HostCore
import PluginKit
import TestSupport
import Testing

/// Bars out of the trades of Shanghai on 2019-02-01, against the minutes that the same source published.
///
/// Source: fasiondog/hikyuu, test data: trades with the second they were printed in, lots of 100; minutes named by their
/// start, with the close and the lots.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct RealTradesTests {
    /// A trade or a minute of the files.
    private struct Row {
        let time: Int64
        let price: Double
        let lots: Double
        let side: Int
    }

    private static let folder = "\(Repository.market)/hikyuu"
    private static let day = CivilDate(year: 2019, month: 2, day: 1)?.daysSinceEpoch ?? 0
    private static let minute = Int64(60_000_000_000)

    @Test(arguments: ["SH600000", "SH600004"]) func tradesBecomeThePublishedMinutes(symbol: String) throws {
        let bars = try Self.bars(symbol, Timeframe(1, .minute))
        let minutes = try Self.read("sh_time_1m.csv.gz", symbol)
        // A minute without a trade is published with no lots; here it gives no bar.
        #expect(bars.count == minutes.filter { $0.lots > 0 }.count)
        let published = Dictionary(uniqueKeysWithValues: minutes.map { ($0.time + Self.minute, $0) })
        let same = bars.filter { bar in
            guard let minute = published[bar.time] else { return false }
            return minute.price == bar.close && minute.lots * 100 == bar.volume
        }
        // The source's own minutes and trades differ where a second lies on the border of two minutes.
        #expect(same.count * 10 >= bars.count * 7, "\(same.count) of \(bars.count)")
        let ends = [try #require(bars.first), try #require(bars.last)]
        for bar in ends { #expect(same.contains(bar), "the opening and the closing auction belong to \(bar)") }
    }

    @Test func minutesBecomeTheDay() throws {
        let hours = try #require(VenueHours.shared.finder(Instrument(code: "600000", venue: "SH")))
        var builder = TimeBars<Bar>(timeframe: Timeframe(1, .day), hours: hours)
        var (days, tally) = ([Bar](), ShapingTally())
        let minutes = try Self.bars("SH600000", Timeframe(1, .minute))
        builder.take(minutes.span, into: &days, tally: &tally)
        builder.close(through: .max, into: &days)
        let direct = try Self.bars("SH600000", Timeframe(1, .day))
        #expect(tally == ShapingTally())
        // The value is added in another order.
        let pair = try [#require(days.only), #require(direct.only)].map { bar in
            var bar = bar
            bar.amount = bar.amount.rounded()
            return bar
        }
        #expect(pair[0] == pair[1] && pair[0].close == 10.77)
    }

    @Test func hoursEndWithTheMorningAndTheDay() throws {
        // Minutes of the day, UTC.
        let times = try Self.bars("SH600000", Timeframe(1, .hour)).map { bar -> Int64 in bar.time / Self.minute % 1_440
        }
        #expect(times == [150, 210, 360, 420])
    }

    private static func bars(_ symbol: String, _ timeframe: Timeframe) throws -> [Bar] {
        let hours = try #require(VenueHours.shared.finder(Instrument(code: String(symbol.dropFirst(2)), venue: "SH")))
        var builder = TimeBars<Trade>(timeframe: timeframe, hours: hours)
        var (bars, tally) = ([Bar](), ShapingTally())
        let trades = try trades(symbol)
        builder.take(trades.span, into: &bars, tally: &tally)
        builder.close(through: .max, into: &bars)
        #expect(!trades.isEmpty && tally == ShapingTally())
        return bars
    }

    private static func trades(_ symbol: String) throws -> [Trade] {
        let sides: [Trade.Side] = [.buy, .sell, .unknown]
        return try read("sh_trans.csv.gz", symbol).map { row in
            Trade(
                time: row.time, price: row.price, size: row.lots * 100, side: sides[row.side],
                instrument: InstrumentID(rawValue: 0))
        }
    }

    /// The rows of the day.
    private static func read(_ file: String, _ symbol: String) throws -> [Row] {
        let reader = RecordReader(path: "\(folder)/\(file)")
        var rows: [Row] = []
        while try reader.next() {
            guard reader.text(0) == symbol, let time = time(reader.text(1) ?? "") else { continue }
            rows.append(
                Row(
                    time: time, price: reader.number(2) ?? .nan, lots: reader.number(3) ?? .nan,
                    side: reader.fieldCount > 4 ? Int(reader.number(4) ?? 0) : 0))
        }
        return rows
    }

    /// `20190201093002` or `201902010930` in Shanghai; `nil` on another day.
    private static func time(_ text: String) -> Int64? {
        guard text.hasPrefix("20190201"), let clock = Int64(text.dropFirst(8)) else { return nil }
        let seconds = text.utf8.count == 14 ? clock : clock * 100
        let second = seconds / 10_000 * 3_600 + seconds / 100 % 100 * 60 + seconds % 100 - 8 * 3_600
        return (day * 86_400 + second) * 1_000_000_000
    }
}

extension Array {
    /// Its element where it has just one.
    fileprivate var only: Element? { count == 1 ? first : nil }
}
