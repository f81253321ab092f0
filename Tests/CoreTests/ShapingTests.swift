import HostCore
import PluginKit
import Testing

/// A venue that trades each day from hour 9 to 15 UTC with a break from 11 to 13; nothing is known before 1970.
private struct OfficeHours: TradingHours {
    private static let (hour, day) = (Int64(3_600_000_000_000), Int64(86_400_000_000_000))

    func isOpen(at instant: Int64) -> Bool? {
        guard instant >= 0 else { return nil }
        let time = instant % Self.day
        return (9 * Self.hour..<11 * Self.hour).contains(time) || (13 * Self.hour..<15 * Self.hour).contains(time)
    }

    func hours(containing instant: Int64) -> Range<Int64>? { session(of: instant) { $0.contains(instant) } }

    func hours(after instant: Int64) -> Range<Int64>? {
        session(of: instant) { $0.lowerBound > instant } ?? session(of: instant + Self.day) { _ in true }
    }

    func hours(before instant: Int64) -> Range<Int64>? {
        session(of: instant) { $0.upperBound <= instant } ?? session(of: instant - Self.day) { _ in true }
    }

    func pause(containing instant: Int64) -> Range<Int64>? {
        let start = instant - instant % Self.day
        let pause = start + 11 * Self.hour..<start + 13 * Self.hour
        return start >= 0 && pause.contains(instant) ? pause : nil
    }

    func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? {
        guard instant >= 0 else { return nil }
        if timeframe.unit == .day { return (hours(containing: instant - 1) ?? hours(after: instant - 1))?.upperBound }
        var end = instant - instant % Self.day + 9 * Self.hour
        repeat { end += timeframe.nanoseconds } while end < instant || isOpen(at: end - 1) != true
        return end
    }

    private func session(of instant: Int64, _ isMeant: (Range<Int64>) -> Bool) -> Range<Int64>? {
        let start = instant - instant % Self.day
        let session = start + 9 * Self.hour..<start + 15 * Self.hour
        return start >= 0 && isMeant(session) ? session : nil
    }
}

/// Bars out of trades: hours, minutes and seconds of 1970-01-01 and so on, prices, sizes.
private func trade(
    _ clock: String, day: Int64 = 0, _ price: Double, _ size: Double = 1, _ side: Trade.Side = .unknown
)
    -> Trade
{
    let parts = clock.split(separator: ":").compactMap { Int64($0) }
    let seconds = parts.reduce(0) { $0 * 60 + $1 } * (parts.count == 2 ? 60 : 1) + day * 86_400
    return Trade(
        time: seconds * 1_000_000_000, price: price, size: size, side: side, instrument: InstrumentID(rawValue: 0))
}

extension BarBuilder {
    fileprivate mutating func bars(of events: [Input], closing time: Int64? = nil) -> (bars: [Bar], tally: ShapingTally)
    {
        var (bars, tally) = ([Bar](), ShapingTally())
        take(events.span, into: &bars, tally: &tally)
        if let time { close(through: time, into: &bars) }
        return (bars, tally)
    }
}

extension Bar {
    /// End as `day hour`, then the prices.
    fileprivate var short: String {
        let hours = time / 3_600_000_000_000
        return "\(hours / 24)d\(hours % 24)h \(open) \(high) \(low) \(close) \(volume)"
    }
}

struct ShapingTests {
    private let hourly = TimeBars<Trade>(timeframe: Timeframe(1, .hour), hours: OfficeHours())

    @Test func tradesOutsideSessionsAreFlaggedAndCountedWhereNoBarsAreBuilt() throws {
        let listed = InstrumentReference(
            id: InstrumentID(rawValue: 0), instrument: Instrument(code: "A", venue: "OFFICE"))
        let watch = try #require(SessionWatch(1, [listed]) { _ in OfficeHours() })
        var stage = QualityStage<Trade>(isKnown: [true], sessions: watch)
        var accepted: [Trade] = []
        // Before the auction, in it, while trading is on, in the break's auction, in the break, at night, and where nobody knows.
        let clocks = ["8:00", "8:55", "9:00", "9:00:10", "10:59:59", "11:05", "12:00", "13:30", "15:05", "18:00"]
        let unknown = Trade(time: -5, price: 10, size: 1, instrument: InstrumentID(rawValue: 0))
        stage.process(([unknown] + clocks.map { trade($0, 10) }).span, into: &accepted) { _ in
            Issue.record("nothing is refused")
        }
        let flagged = zip(["none"] + clocks, accepted).filter { $1.flags.contains(.suspect) }.map(\.0)
        #expect(flagged == ["8:00", "12:00", "18:00"])
        #expect(stage.doubts == [.outsideSession: 3])
        #expect(SessionWatch(1, [listed]) { _ in nil } == nil)
    }

    @Test func tradesBecomeTheBarsOfTheirHours() {
        var builder = hourly
        let (bars, tally) = builder.bars(of: [
            trade("9:00", 10, 5), trade("9:30", 12, 1), trade("9:59:59", 9, 2), trade("10:00", 11, 4),
            trade("13:00", 8, 1),
        ])
        #expect(bars.map(\.short) == ["0d10h 10.0 12.0 9.0 9.0 8.0", "0d11h 11.0 11.0 11.0 11.0 4.0"])
        #expect(bars.first?.amount == 80.0)
        #expect(builder.forming?.short == "0d14h 8.0 8.0 8.0 8.0 1.0" && builder.forming?.flags == .partial)
        #expect(tally == ShapingTally())
    }

    @Test func anAuctionBelongsToTheBarBesideIt() {
        var builder = hourly
        let (bars, tally) = builder.bars(
            of: [
                trade("8:49", 1), trade("8:55", 10), trade("9:10", 11), trade("11:00:01", 12), trade("11:11", 1),
                trade("14:59", 13), trade("15:08", 14), trade("15:11", 1), trade("8:50", day: 1, 15),
            ], closing: 86_400_000_000_000 * 2)
        #expect(
            bars.map(\.short) == [
                "0d10h 10.0 11.0 10.0 11.0 2.0", "0d11h 12.0 12.0 12.0 12.0 1.0", "0d15h 13.0 14.0 13.0 14.0 2.0",
                "1d10h 15.0 15.0 15.0 15.0 1.0",
            ])
        #expect(tally.outsideSession == 3)
    }

    @Test func theClockClosesABarAndAnAuctionWaitsForIt() {
        var builder = hourly
        let hour = Int64(3_600_000_000_000)
        #expect(builder.bars(of: [trade("9:30", 1)], closing: 10 * hour - 1).bars.isEmpty)
        #expect(builder.bars(of: [], closing: 10 * hour).bars.count == 1)
        #expect(builder.bars(of: [trade("14:30", 1)], closing: 15 * hour + 599_999_999_999).bars.isEmpty)
        #expect(builder.bars(of: [], closing: 15 * hour + 600_000_000_000).bars.count == 1)
        #expect(builder.bars(of: [], closing: .max).bars.isEmpty)
    }

    @Test func lateTradesAndUnknownTimesAreCounted() {
        var builder = hourly
        let (bars, tally) = builder.bars(of: [
            trade("9:30", 1), trade("10:30", 2), trade("9:45", 9), trade("10:10", 3), trade("9:00", day: -2, 1),
        ])
        #expect(bars.map(\.close) == [1] && builder.forming?.close == 3)
        #expect(tally.late == 1 && tally.notKnown == 1)
        #expect(builder.bars(of: [trade("9:50", 1)], closing: .max).tally.late == 1)
    }

    @Test func cuttingIntoDeliveriesChangesNothing() {
        var trades: [Trade] = []
        for number in 0..<600 {
            let (hour, price) = (9 + number / 100 % 6, Double(number % 17) + 1)
            trades.append(trade("\(hour):\(number % 60)", day: Int64(number / 100), price))
        }
        trades.sort { $0.time < $1.time }
        var (whole, cut) = (hourly, hourly)
        let expected = whole.bars(of: trades)
        var (bars, tally) = ([Bar](), ShapingTally())
        for start in stride(from: 0, to: trades.count, by: 7) {
            let part = Array(trades[start..<min(start + 7, trades.count)])
            cut.take(part.span, into: &bars, tally: &tally)
            cut.close(through: part.last?.time ?? 0, into: &bars)
        }
        #expect(bars == expected.bars && tally == expected.tally && !bars.isEmpty)
    }

    @Test func hoursBecomeDays() {
        func bar(_ hour: Int64, day: Int64, _ close: Double, amount: Double = 2) -> Bar {
            Bar(
                time: (day * 24 + hour) * 3_600_000_000_000, open: 5, high: close + 1, low: close - 1, close: close,
                volume: 2,
                amount: amount, instrument: InstrumentID(rawValue: 0))
        }
        var builder = TimeBars<Bar>(timeframe: Timeframe(1, .day), hours: OfficeHours())
        let (bars, _) = builder.bars(
            of: [
                bar(10, day: 0, 7), bar(14, day: 0, 3), bar(15, day: 0, 4), bar(10, day: 1, 9, amount: .nan),
                bar(15, day: 1, 2),
            ],
            closing: .max)
        #expect(bars.map(\.short) == ["0d15h 5.0 8.0 2.0 4.0 6.0", "1d15h 5.0 10.0 1.0 2.0 4.0"])
        #expect(bars.map(\.amount.isNaN) == [false, true])
    }

    @Test(
        arguments: [
            (BarThreshold.trades(2), [2.0, 4]), (.volume(5), [2, 3]), (.value(20), [3]), (.tradeImbalance(2), [2]),
            (.volumeImbalance(6), [3]), (.valueImbalance(1_000), []),
        ] as [(BarThreshold, [Double])])
    func aThresholdEndsABar(threshold: BarThreshold, closes: [Double]) {
        var builder = ThresholdBars(threshold)
        let trades = [
            trade("9:00", 1, 1, .buy), trade("9:01", 2, 4, .buy), trade("9:02", 3, 5, .buy), trade("9:03", 4, 1, .sell),
            trade("9:04", 5, 3, .sell),
        ]
        #expect(builder.bars(of: trades, closing: .max).bars.map(\.close) == closes)
    }

    @Test func barsOfOneInstantHaveTimesOfTheirOwn() {
        var builder = ThresholdBars(.trades(1))
        let result = builder.bars(of: [trade("9:00", 1), trade("9:00", 2), trade("9:00", 3), trade("8:00", 4)])
        #expect(result.bars.map { $0.time - 9 * 3_600_000_000_000 } == [0, 1, 2])
        #expect(result.tally.late == 1)
    }

    @Test func theTickRuleTellsTheSideOfATradeWithoutOne() {
        var builder = ThresholdBars(.tradeImbalance(2))
        let prices = [5.0, 4, 4, 5, 6]
        let bars = builder.bars(of: prices.enumerated().map { trade("9:0\($0.offset)", $0.element) }).bars
        // +1 -1 -1 +1 +1: the sum never leaves -1...1.
        #expect(bars.isEmpty && builder.forming?.close == 6)
    }
}
