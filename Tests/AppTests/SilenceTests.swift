import HostApp
import HostCore
import PluginKit
import Testing

/// How long a live stream may be silent by the calendars of its venues.
@Suite struct SilenceTests {
    /// 2013-03-01 21:00 UTC, a Friday: New York closes.
    private let fridayClose: Int64 = 1_362_171_600_000_000_000
    private let hour = Duration.seconds(3_600)

    private func usual(_ timeframe: Timeframe, _ names: String..., poll: Duration? = nil) throws -> Silence {
        let instruments = try names.map { try Instrument(parsing: $0) }
        let pull = poll.map { PullPlan(interval: $0, isOnce: false) }
        return .usual(timeframe, of: instruments, pull: pull, VenueHours.shared.finder)
    }

    @Test func daysOnWhichTheVenueIsClosedDoNotCount() throws {
        let silence = try usual(Timeframe(1, .day), "AAPL", "IBM")
        #expect(silence.span(after: fridayClose) == hour * (5 * 24 + 1))
    }

    @Test func aNightAndAWeekendDoNotCountForMinutes() throws {
        let silence = try usual(Timeframe(1, .minute), "AAPL")
        // To Monday 14:33, and an hour.
        #expect(silence.span(after: fridayClose) == hour * (2 * 24 + 17 + 1) + .seconds(33 * 60))
        let atNoon = fridayClose - 4 * 3_600_000_000_000
        #expect(silence.span(after: atNoon) == hour + .seconds(180))
    }

    @Test func theVenueThatIsFirstDecides() throws {
        let silence = try usual(Timeframe(1, .day), "AAPL", "EURUSD.FX", "BTCUSDT.BINANCE")
        // A day of crypto ends at midnight, UTC, on weekends too.
        #expect(silence.span(after: fridayClose) == hour * (3 + 2 * 24 + 1))
    }

    @Test func withoutACalendarClosedDaysAreAllowedFor() throws {
        let silence = try usual(Timeframe(1, .day), "EURUSD.FX")
        #expect(silence.span(after: fridayClose) == hour * (24 * 14))
        // 2027-01-04, which the mainland has not published.
        let unpublished = try usual(Timeframe(1, .day), "600519.SH")
        #expect(unpublished.span(after: 1_799_028_000_000_000_000) == hour * (24 * 14))
    }

    @Test func whoIsAskedSeldomMayMissThreeAnswers() throws {
        let silence = try usual(Timeframe(1, .minute), "BTCUSDT.BINANCE", poll: hour)
        #expect(silence.span(after: fridayClose) == hour * 3)
    }

    @Test func aRouteThatSaysHowLongIsTakenAtItsWord() {
        #expect(Silence.span(.seconds(5)).span(after: fridayClose) == .seconds(5))
    }
}
