import HostApp
import HostCore
import PluginKit
import Testing

@Suite struct VenueHoursTests {
    private let hours: @Sendable (Instrument) -> (any TradingHours)? = VenueHours.shared.finder

    @Test func givesTheHoursOfAnInstrumentsVenue() throws {
        let apple = try #require(hours(try Instrument(parsing: "AAPL")))
        // 2013-03-01, a Friday: 14:30 to 21:00, UTC.
        let session: Range<Int64> = 1_362_148_200_000_000_000..<1_362_171_600_000_000_000
        #expect(apple.isOpen(at: session.lowerBound) == true)
        #expect(apple.isOpen(at: session.upperBound) == false)
        #expect(apple.hours(containing: session.lowerBound) == session)
        #expect(apple.hours(containing: session.upperBound) == nil)
        #expect(apple.hours(before: session.upperBound) == session)
        #expect(apple.hours(after: session.lowerBound - 1) == session)
        #expect(apple.barEnd(atOrAfter: session.lowerBound, timeframe: Timeframe(1, .week)) == session.upperBound)
    }

    @Test func knowsNothingOfAVenueWithoutACalendar() throws {
        #expect(hours(try Instrument(parsing: "EURUSD.FX")) == nil)
        let maotai = try #require(hours(try Instrument(parsing: "600519.SH")))
        // 2027-01-04, which the mainland has not published.
        #expect(maotai.isOpen(at: 1_799_028_000_000_000_000) == nil)
    }
}
