import CivilTime
import DelimitedText
import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// Adjusted prices of real US stocks against Lean's own factor files.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct AdjustmentTests {
    /// A row of a factor file: the factors hold up to the end of the day.
    private struct Row {
        let time: Int64
        let price, split, reference: Double
    }

    private static let night: Int64 = 12 * 3_600_000_000_000

    private static func rows(_ code: String) throws -> [Row] {
        let reader = RecordReader(path: "\(Repository.market)/lean/factor_files/\(code).csv")
        var rows: [Row] = []
        while try reader.next() {
            guard let text = reader.text(0), let number = Int(text),
                let day = CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
            else { continue }
            rows.append(
                Row(
                    time: day.daysSinceEpoch * 86_400_000_000_000, price: reader.number(1) ?? .nan,
                    split: reader.number(2) ?? .nan, reference: reader.number(3) ?? 0))
        }
        return rows
    }

    /// What happened after each row, as dividends and splits.
    private static func factors(_ rows: [Row]) -> [Factor] {
        zip(rows, rows.dropFirst()).compactMap { row, next in
            let (ratio, cash) = (next.split / row.split, row.reference * (1 - row.price / next.price))
            guard abs(ratio - 1) > 1e-9 || abs(cash) > 1e-9 else { return nil }
            return Factor(
                time: row.time + night, ratio: ratio, cash: cash, instrument: InstrumentID(rawValue: 0))
        }
    }

    @Test(arguments: ["aapl", "aig", "eem", "goog", "ibm", "iwm", "spy", "uso"])
    func agreesWithLean(code: String) throws {
        let bars = try #require(RealSeries.lean()[code])
        let rows = try Self.rows(code)
        let factors = Self.factors(rows)
        func lean(_ bar: Bar) -> Double {
            rows.first { $0.time >= bar.time }.map { $0.price * $0.split } ?? 1
        }
        let last = lean(bars[bars.count - 1])
        let qfq = PriceAdjustment.qfq.adjusted(bars, by: factors.reversed())
        let worst = zip(qfq, bars).map { mine, raw in abs(mine.close / (raw.close * lean(raw) / last) - 1) }.max() ?? 1
        #expect(worst < 1e-5, "\(code): \(worst) over \(factors.count) factors")
        #expect(qfq.last?.close == bars.last?.close, "the last bar is as traded")
    }

    /// Returns are those of raw prices but where something was paid out or split; both directions have the same.
    @Test func returnsAreRawOnesButForFactors() throws {
        let bars = try #require(RealSeries.lean()["aapl"])
        let factors = Self.factors(try Self.rows("aapl"))
        let hfq = PriceAdjustment.hfq.adjusted(bars, by: factors)
        let qfq = PriceAdjustment.qfq.adjusted(bars, by: factors)
        let total = PriceAdjustment.totalReturn.adjusted(bars, by: factors)
        var events = 0
        for index in 1..<bars.count {
            let isEvent = factors.contains { bars[index - 1].time <= $0.time && $0.time < bars[index].time }
            events += isEvent ? 1 : 0
            let raw = bars[index].close / bars[index - 1].close
            let returns = [hfq, qfq, total].map { $0[index].close / $0[index - 1].close }
            #expect(abs(returns[0] - returns[1]) < 1e-12)
            if !isEvent { for adjusted in returns { #expect(abs(adjusted - raw) < 1e-12) } }
            if isEvent { for adjusted in returns { #expect(adjusted > raw, "something was given to the holder") } }
        }
        #expect(events == factors.count)
        #expect(hfq[0].close == bars[0].close && total[0].close == bars[0].close)
        #expect(PriceAdjustment.raw.adjusted(bars, by: factors).map(\.close) == bars.map(\.close))
    }

    /// Rights are worth what the exchange says: (10 + 3 x 0.2) / 1.2 after 2 for 10 at 3.
    @Test func rightsAndSeveralFactorsOfADay() {
        func bar(_ day: Int64, _ close: Double) -> Bar {
            Bar(
                time: day * 100, open: close, high: close, low: close, close: close, volume: 1,
                instrument: InstrumentID(rawValue: 0))
        }
        func factor(_ ratio: Double = 1, cash: Double = 0, rights: Double = 0, at price: Double = 0) -> Factor {
            Factor(
                time: 150, ratio: ratio, cash: cash, rights: rights, rightsPrice: price,
                instrument: InstrumentID(rawValue: 0))
        }
        let bars = [bar(1, 10), bar(2, 9)]
        func first(_ factors: Factor...) -> Double { PriceAdjustment.qfq.adjusted(bars, by: factors)[0].close }
        #expect(abs(first(factor(rights: 0.2, at: 3)) - 10.6 / 1.2) < 1e-12)
        #expect(abs(first(factor(cash: 1), factor(2)) - 4.5) < 1e-12, "a dividend of 1, then a split of 2:1")
        #expect(first(factor(cash: 12)) == 10, "no price is left: passed over")
    }
}
