import CivilTime
import PluginKit
import Testing
import TradingCalendars

@Suite struct TradingCalendarTests {
    private let book: CalendarBook

    init() throws { book = try CalendarBook() }

    @Test(
        arguments: [
            ("XNYS", "2001-09-11", DayStatus.closed), ("XNYS", "2001-09-17", .trading), ("XNYS", "2012-10-29", .closed),
            ("XNYS", "2012-10-31", .trading), ("XNYS", "2026-11-27", .halfDay), ("XNYS", "2025-01-09", .closed),
            ("XNYS", "1989-12-29", .notKnown), ("XNYS", "2028-01-03", .notKnown),
            ("XSHG", "1990-12-18", .notKnown), ("XSHG", "1990-12-19", .trading), ("XSHG", "2003-05-01", .closed),
            ("XSHG", "2020-01-31", .closed), ("XSHG", "2026-12-31", .trading), ("XSHG", "2027-01-01", .notKnown),
            ("XHKG", "2026-02-16", .halfDay), ("XHKG", "2018-09-17", .trading), ("XHKG", "2017-08-23", .closed),
            ("XTKS", "1996-12-30", .notKnown), ("XTKS", "2019-05-02", .closed), ("XLON", "2022-09-19", .closed),
            ("24/7", "2026-12-25", .trading), ("24/7", "2026-12-27", .trading),
        ])
    func knowsWhatADayIs(calendar: String, day: String, status: DayStatus) throws {
        #expect(try book.calendar(named: calendar).status(of: date(day)) == status)
    }

    @Test(
        arguments: [
            // A winter and a summer day of New York, a half day, and an early close of 1992.
            ("XNYS", "2013-03-01", "14:30 21:00"), ("XNYS", "2013-03-15", "13:30 20:00"),
            ("XNYS", "2025-11-28", "14:30 18:00"), ("XNYS", "1992-12-24", "14:30 19:00"),
            // Summer time in China, in 1991 for the last time.
            ("XSHG", "1991-07-01", "00:30 02:30 04:00 06:00"), ("XSHG", "2026-07-01", "01:30 03:30 05:00 07:00"),
            ("XHKG", "2011-03-04", "02:00 04:00 05:00 08:00"), ("XHKG", "2011-03-07", "01:30 04:00 05:00 08:00"),
            ("XHKG", "2010-12-31", "02:00 04:30"), ("XHKG", "2012-12-24", "01:30 04:00"),
            ("XTKS", "2024-11-01", "00:00 02:30 03:30 06:00"), ("XTKS", "2024-11-05", "00:00 02:30 03:30 06:30"),
            ("XLON", "2026-12-24", "08:00 12:30"),
        ])
    func knowsTheHoursOfADay(calendar: String, day: String, hours: String) throws {
        let session = try #require(try book.calendar(named: calendar).session(on: date(day)))
        let start = session.day.daysSinceEpoch * 86_400_000_000_000
        let instants = [session.open] + (session.pause.map { [$0.lowerBound, $0.upperBound] } ?? []) + [session.close]
        let texts = instants.map { instant in
            let minute = (instant - start) / 60_000_000_000
            return "\(two(minute / 60)):\(two(minute % 60))"
        }
        #expect(texts.joined(separator: " ") == hours)
        #expect(
            session.isHalfDay == ["1992-12-24", "2025-11-28", "2010-12-31", "2012-12-24", "2026-12-24"].contains(day))
    }

    @Test func isOpenFromTheOpenOnAndNotInTheBreakOrAtTheClose() throws {
        let calendar = try book.calendar(named: "XSHG")
        let day = instant("2026-07-01")
        for (minute, isOpen) in [(89, false), (90, true), (209, true), (210, false), (300, true), (420, false)] {
            #expect(calendar.isOpen(at: day + Int64(minute) * minuteLength) == isOpen, "minute \(minute)")
        }
        #expect(calendar.session(containing: day + 250 * minuteLength) != nil)
        #expect(calendar.session(containing: day + 420 * minuteLength) == nil)
        #expect(calendar.isOpen(at: instant("2027-01-04")) == nil)
        #expect(calendar.isOpen(at: .min) == nil && calendar.isOpen(at: .max) == nil)
    }

    @Test func findsTheSessionsBesideAnInstant() throws {
        let calendar = try book.calendar(named: "XNYS")
        let saturday = instant("2001-09-15")
        #expect(calendar.session(before: saturday)?.day == date("2001-09-10"))
        #expect(calendar.session(after: saturday)?.day == date("2001-09-17"))
        let session = try #require(calendar.session(on: date("2001-09-10")))
        #expect(calendar.session(before: session.close)?.day == date("2001-09-10"))
        #expect(calendar.session(before: session.close - 1)?.day == date("2001-09-07"))
        #expect(calendar.session(after: session.open)?.day == date("2001-09-17"))
        #expect(calendar.session(after: session.open - 1)?.day == date("2001-09-10"))
    }

    @Test func knowsNoSessionBeyondWhatIsPublished() throws {
        let calendar = try book.calendar(named: "XSHG")
        let last = try #require(calendar.session(on: date("2026-12-31")))
        #expect(calendar.session(after: last.open) == nil)
        #expect(calendar.session(before: instant("2027-01-04")) == nil)
        #expect(calendar.session(before: .min) == nil && calendar.session(after: .max) == nil)
        let first = try #require(calendar.session(on: date("1990-12-19")))
        #expect(calendar.session(before: first.open) == nil)
    }

    @Test(
        arguments: [
            ("600519.SH", "XSHG"), ("000001.SZ", "XSHG"), ("430047.BJ", "XSHG"), ("00700.HK", "XHKG"),
            ("AAPL.US", "XNYS"),
            ("AAPL.XNAS", "XNYS"), ("7203.JP", "XTKS"), ("VOD.LSE", "XLON"), ("BTCUSDT.BINANCE", "24/7"),
            ("EURUSD.FX", ""),
        ])
    func choosesTheCalendarByTheVenue(instrument: String, calendar: String) throws {
        #expect(book.calendar(of: try Instrument(parsing: instrument))?.name ?? "" == calendar)
    }

    @Test func saysWhichCalendarsThereAre() {
        let error = #expect(throws: CalendarError.self) { try book.calendar(named: "XXXX") }
        #expect(error?.code == .unknownCalendar)
        #expect(error?.description.contains("'XXXX'. Known: 24/7, XSHG, XHKG, XNYS, XTKS, XLON") == true)
        #expect(book.faults.isEmpty)
    }

    private let minuteLength: Int64 = 60_000_000_000

    private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
