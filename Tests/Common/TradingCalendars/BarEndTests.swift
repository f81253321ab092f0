import CivilTime
import PluginKit
import Testing
import TradingCalendars

@Suite struct BarEndTests {
    private let book: CalendarBook

    init() throws { book = try CalendarBook() }

    @Test(
        arguments: [
            // Hours from the open on, and anew after the break; what is left over is a bar of its own.
            ("XNYS", "1h", "2013-03-01", "15:30 16:30 17:30 18:30 19:30 20:30 21:00"),
            ("XNYS", "1h", "2025-11-28", "15:30 16:30 17:30 18:00"),
            ("XSHG", "60m", "2026-07-01", "02:30 03:30 06:00 07:00"),
            ("XSHG", "4h", "2026-07-01", "03:30 07:00"),
            ("XHKG", "1h", "2026-07-02", "02:30 03:30 04:00 06:00 07:00 08:00"),
            ("24/7", "8h", "2026-07-04", "00:00 08:00 16:00"),
            ("XNYS", "1h", "2026-07-04", ""), ("XSHG", "1h", "2027-01-04", ""),
        ])
    func givesTheEndsOfADay(calendar: String, timeframe: String, day: String, ends: String) throws {
        let start = instant(day)
        let found = try book.calendar(named: calendar).barEnds(
            in: start...start + 86_399_999_999_999, timeframe: try #require(Timeframe(timeframe)))
        let texts = found.map { end in
            let minute = (end - start) / 60_000_000_000
            return "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
        }
        #expect(texts.joined(separator: " ") == ends)
    }

    @Test(
        arguments: [
            // Good Friday, the fourth of July, and the days after the attacks end their weeks and months early.
            ("XNYS", "1d", "2001-09-10", "2001-09-10"), ("XNYS", "1d", "2001-09-11", "2001-09-17"),
            ("XNYS", "1w", "2001-09-11", "2001-09-21"), ("XNYS", "1w", "2001-09-10", "2001-09-10"),
            ("XNYS", "1w", "2024-03-25", "2024-03-28"), ("XNYS", "1mo", "2024-03-04", "2024-03-28"),
            ("XSHG", "1w", "2024-02-05", "2024-02-08"), ("XSHG", "1w", "2024-02-12", "2024-02-23"),
            ("XSHG", "1mo", "2026-10-05", "2026-10-30"), ("XSHG", "3mo", "2024-01-02", "2024-03-29"),
            ("24/7", "1w", "2026-07-01", "2026-07-05"), ("24/7", "1mo", "2026-02-10", "2026-02-28"),
        ])
    func endsDaysWeeksAndMonthsWithTheirLastSession(
        calendar: String, timeframe: String, day: String, end: String
    ) throws {
        let calendar = try book.calendar(named: calendar)
        // Noon of the day, UTC.
        let instant = instant(day) + 12 * 3_600_000_000_000
        let found = calendar.barEnd(atOrAfter: instant, timeframe: try #require(Timeframe(timeframe)))
        let close = try #require(calendar.session(on: date(end))).close
        #expect(found == close)
    }

    @Test func anEndIsItsOwnNextEnd() throws {
        let calendar = try book.calendar(named: "XSHG")
        for timeframe in [Timeframe(5, .minute), Timeframe(1, .day), Timeframe(1, .week), Timeframe(1, .month)] {
            let ends = Array(calendar.barEnds(in: instant("2026-01-01")...instant("2026-03-01"), timeframe: timeframe))
            #expect(!ends.isEmpty && zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 })
            #expect(ends.allSatisfy { calendar.barEnd(atOrAfter: $0, timeframe: timeframe) == $0 })
        }
    }

    @Test func givesNoEndOfAWeekThatIsNotPublishedWhole() throws {
        let calendar = try book.calendar(named: "XSHG")
        #expect(calendar.barEnd(atOrAfter: instant("2026-12-28"), timeframe: Timeframe(1, .week)) == nil)
        #expect(calendar.barEnd(atOrAfter: instant("2026-12-28"), timeframe: Timeframe(1, .month)) != nil)
        #expect(calendar.barEnd(atOrAfter: instant("2027-01-01"), timeframe: Timeframe(1, .day)) == nil)
        #expect(calendar.barEnd(atOrAfter: instant("1990-01-01"), timeframe: Timeframe(1, .day)) == nil)
    }

    @Test func takesAnyRangeAndAnySpan() throws {
        let calendar = try book.calendar(named: "24/7")
        for unit in Timeframe.Unit.allCases {
            #expect(calendar.barEnd(atOrAfter: .max, timeframe: Timeframe(10_000, unit)) == nil)
            #expect(calendar.barEnd(atOrAfter: .min, timeframe: Timeframe(10_000, unit)) == nil)
            #expect(calendar.barEnd(atOrAfter: 0, timeframe: Timeframe(.max, unit)) == nil)
            #expect(calendar.barEnd(atOrAfter: 0, timeframe: Timeframe(0, unit)) == nil)
            let last = instant("2261-12-31")
            #expect(Array(calendar.barEnds(in: last...Int64.max, timeframe: Timeframe(10_000, unit))).count <= 10)
        }
        #expect(calendar.barEnds(in: .min ... .max, timeframe: Timeframe(1, .month)).first { $0 > 0 } != nil)
        let newYork = try book.calendar(named: "XNYS")
        #expect(
            newYork.barEnds(in: .min ... .max, timeframe: Timeframe(1, .day)).reduce(0) { sum, _ in sum + 1 } == 9_569)
    }
}
