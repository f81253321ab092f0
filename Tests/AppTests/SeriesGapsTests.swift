import CivilTime
import HostApp
import HostCore
import PluginKit
import TestSupport
import Testing

/// What is missing in the bars that the repository ships, by the calendar of New York.
@Suite struct SeriesGapsTests {
    private static let daily = Timeframe(1, .day)

    private static func hours() throws -> any TradingHours {
        try #require(VenueHours.shared.finder(Instrument(code: "IBM", venue: "US")))
    }

    /// The ends of the sessions of the days that IBM's file has.
    private static func times() throws -> [Int64] {
        let hours = try hours()
        return try Repository.text("data/history/IBM.csv").split(separator: "\n").dropFirst().map { line in
            let day = try #require(EventTimeText.day(String(line.prefix(10)), isEnd: false))
            return try #require(hours.barEnd(atOrAfter: day + 10 * 3_600_000_000_000, timeframe: daily))
        }
    }

    @Test func aWholeSeriesHasNone() throws {
        let times = try Self.times()
        let gaps = SeriesGaps(times: times, hours: try Self.hours(), timeframe: Self.daily)
        // 2001-09-11 to 14 and 2012-10-29 and 30 were no trading days: nothing is missing there.
        #expect(gaps.found == times.count && gaps.unexpected == 0 && gaps.notKnown == 0)
        #expect(gaps.missing == 0, "\(gaps.gaps.map { EventTimeText.utc($0.first) })")
    }

    @Test func tellsSpansWithTheirCounts() throws {
        var times = try Self.times()
        let gone = [times[100], times[101], times[102], times[500]]
        times.removeAll { gone.contains($0) }
        times.insert(times[200] + 1, at: 201)
        let gaps = SeriesGaps(times: times, hours: try Self.hours(), timeframe: Self.daily)
        #expect(gaps.gaps.map(\.count) == [3, 1] && gaps.missing == 4 && gaps.unexpected == 1)
        #expect(gaps.gaps.map(\.first) == [gone[0], gone[3]] && gaps.gaps.map(\.last) == [gone[2], gone[3]])
    }

    @Test func whatTheCalendarDoesNotKnowIsNoGap() throws {
        let times = [-4_000_000_000_000_000_000, -3_999_000_000_000_000_000] + (try Self.times().prefix(2))
        let gaps = SeriesGaps(times: times, hours: try Self.hours(), timeframe: Self.daily)
        #expect(gaps.notKnown == 2 && gaps.missing == 0 && gaps.found == 2)
        #expect(SeriesGaps(times: [], hours: try Self.hours(), timeframe: Self.daily).gaps.isEmpty)
    }
}
