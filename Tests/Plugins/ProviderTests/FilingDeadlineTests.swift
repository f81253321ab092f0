import CivilTime
import EventTiming
import Testing

/// The last days for reports, as the venues' rules have them.
struct FilingDeadlineTests {
    @Test(
        arguments: [
            // CSRC: annual and first quarter by 30 April, half-year by 31 August, third quarter by 31 October.
            ("2023-03-31", false, "SH", "2023-04-30"), ("2023-06-30", false, "SZ", "2023-08-31"),
            ("2023-09-30", false, "BJ", "2023-10-31"), ("2023-12-31", true, "SH", "2024-04-30"),
            ("2023-12-31", false, "SH", "2024-04-30"),
            // SEC: 10-Q 45 days, 10-K 90 days; 2023-06-30 and 45 days is Monday the 14th, 2023-12-30 and 90 days Friday.
            ("2023-06-30", false, "US", "2023-08-14"), ("2023-12-30", true, "US", "2024-03-29"),
            // Saturday 2024-03-30 and Sunday 2024-02-11 go to Monday.
            ("2023-12-31", true, "US", "2024-04-01"), ("2023-12-28", false, "US", "2024-02-12"),
            // Half-year 3 months, year 4 months; from the end of a month to the end of a month.
            ("2023-06-30", false, "HK", "2023-09-30"), ("2023-12-31", true, "HK", "2024-04-30"),
            ("2024-02-29", true, "HK", "2024-06-30"), ("2023-09-28", true, "LSE", "2024-01-28"),
        ])
    func figuresCountFromTheLastDayForThem(end: String, isAnnual: Bool, venue: String, day: String) throws {
        let end = try #require(ISO8601.date(end))
        let found = FilingDeadline.day(after: end, isAnnual: isAnnual, venue: venue)
        #expect(ISO8601.format(found) == day)
    }
}
