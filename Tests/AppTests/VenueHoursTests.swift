import HostApp
import PluginKit
import Testing

@testable import HostCore

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

    /// Breaks, nights and weekends are left out, in seconds of 2013-03-01 and of the Monday after it.
    @Test(
        arguments: [
            ("600519.SH", 1_362_106_800, 1_362_115_800, 3_600), ("600519.SH", 1_362_120_600, 1_362_361_200, 1_200),
            ("AAPL.US", 1_362_171_000, 1_362_408_000, 1_200),
            ("BTC-USDT.BINANCE", 1_362_120_600, 1_362_361_200, 240_600),
        ] as [(String, Int64, Int64, Int64)])
    func countsTheTimeAVenueWasOpen(name: String, start: Int64, end: Int64, seconds: Int64) throws {
        let venue = try #require(hours(try Instrument(parsing: name)))
        #expect(venue.openTime(from: start * 1_000_000_000, to: end * 1_000_000_000) == seconds * 1_000_000_000)
    }

    @Test func knowsNothingOfAVenueWithoutACalendar() throws {
        #expect(hours(try Instrument(parsing: "EURUSD.FX")) == nil)
        let maotai = try #require(hours(try Instrument(parsing: "600519.SH")))
        // 2027-01-04, which the mainland has not published.
        #expect(maotai.isOpen(at: 1_799_028_000_000_000_000) == nil)
    }
}
