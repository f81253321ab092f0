import Indicators
import PluginKit
import TestSupport
import Testing

/// Where the session of `vwap: { anchor: session }` begins anew: by the gaps of the venue's day, whatever the span of the bars.
@Suite struct SessionTests {
    private static let hour: Int64 = 3_600_000_000_000

    /// The places of bars at which an average over the session is the price of the bar alone.
    private func beginnings(_ hours: [Double], _ options: String = "") throws -> [Int] {
        var indicator = try Subjects.make("vwap", "anchor=session\(options.isEmpty ? "" : "&\(options)")")
        let bars = hours.enumerated().map { place, end in
            let price = Double(10 + place)
            return Bar(
                time: Int64(end * Double(Self.hour)), open: price, high: price, low: price, close: price, volume: 100,
                instrument: InstrumentID(rawValue: 0))
        }
        let values = Subjects.feed(bars, to: &indicator)
        return bars.indices.filter { values[$0][0] == bars[$0].close }
    }

    /// Bars of a span that end in a session, days apart.
    private func ends(_ sessions: [ClosedRange<Double>], every span: Double, days: Int) -> [Double] {
        (0..<days).flatMap { day in
            sessions.flatMap { session in
                stride(from: session.lowerBound + span, through: session.upperBound, by: span).map {
                    Double(24 * day) + $0
                }
            }
        }
    }

    @Test(arguments: [0.5, 1]) func anAmericanSessionIsADay(span: Double) throws {
        let ends = ends([14.5...21], every: span, days: 3)
        #expect(try beginnings(ends) == [0, ends.count / 3, 2 * ends.count / 3])
    }

    @Test(arguments: [1.0 / 12, 0.5]) func aBreakAtNoonEndsNoSession(span: Double) throws {
        let ends = ends([1.5...3.5, 5...7], every: span, days: 2)
        #expect(try beginnings(ends) == [0, ends.count / 2])
    }

    @Test(arguments: [0.5, 1]) func aMarketThatNeverClosesHasDays(span: Double) throws {
        let ends = ends([0...24], every: span, days: 3)
        #expect(try beginnings(ends) == [0, ends.count / 3, 2 * ends.count / 3])
    }

    @Test func aDayMayBeginAtAnotherTime() throws {
        let ends = ends([22...45], every: 1, days: 2).map { $0 - 24 }
        #expect(try beginnings(ends, "day_begins=79200s") == [0, 23])
        #expect(try beginnings(ends) == [0, 2, 25])
    }

    @Test func aGapMayBeShorter() throws {
        let ends = ends([1.5...3.5, 5...7], every: 0.5, days: 1)
        #expect(try beginnings(ends, "session_gap=3600s") == [0, 4])
    }
}
