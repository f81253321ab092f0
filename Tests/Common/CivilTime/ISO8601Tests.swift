import CivilTime
import Foundation
import Testing

@Suite struct ISO8601Tests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (march, "2013-03-01T21:00:00Z"), (march + 1_500_000, "2013-03-01T21:00:00.0015Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ]) func formatsAndReadsInstants(nanoseconds: Int64, text: String) {
        #expect(ISO8601.format(nanoseconds) == text)
        #expect(ISO8601.parse(text) == nanoseconds)
    }

    @Test(arguments: [
        ("2013-03-01", march - 21 * 3_600_000_000_000), ("2013-03-01 21:00Z", march),
        ("2013-03-01T16:00:00-05:00", march), ("2013-03-02T05:00:00.000+08:00", march),
    ]) func readsOtherSpellings(text: String, nanoseconds: Int64) {
        #expect(ISO8601.parse(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "2013", "2013-02-29", "2013-13-01", "2013-00-01", "2013-03-01T", "2013-03-01T21:00:00",
        "2013-03-01T24:00:00Z",
        "2013-03-01T21:60:00Z", "2013-03-01T21:00:60Z", "2013-03-01T21:00:00.Z", "2013-03-01T21:00:00.1234567890Z",
        "2013-03-01T21:00:00Zx", "9999-01-01", "1600-01-01", "2013-3-01", "+013-03-01", "2013-03-01T21:00:00+0500",
    ]) func refusesWhatIsNoInstant(text: String) {
        #expect(ISO8601.parse(text) == nil)
    }

    @Test func agreesWithFoundationOnEveryDayOfFiveCenturies() throws {
        let formatter = ISO8601DateFormatter()
        for number in stride(from: Int64(-106_000), to: 106_000, by: 7) {
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            #expect(ISO8601.format(number * day) == formatter.string(from: date))
            #expect(ISO8601.parse(ISO8601.format(number * day + 1)) == number * day + 1)
        }
    }

    @Test(arguments: [
        (0, "2013-03-01T21:00:00Z"), (3, "2013-03-01T21:00:00.001Z"), (9, "2013-03-01T21:00:00.001500000Z"),
    ]) func writesAsManyDecimalsAsAsked(decimals: Int, text: String) {
        #expect(ISO8601.format(march + 1_500_000, decimals: decimals) == text)
        #expect(ISO8601.format(march, decimals: 3) == "2013-03-01T21:00:00.000Z")
    }

    @Test func readsAndWritesDays() {
        #expect(ISO8601.date("2012-02-29").map(ISO8601.format) == "2012-02-29")
        for text in ["2013-02-29", "2013-3-1", "2013-03-01T00:00Z", "2013-03-01 ", "", "２013-03-01"] {
            #expect(ISO8601.date(text) == nil, "\(text)")
        }
    }
}

private let day = UTCTime.nanosecondsPerDay
private let march: Int64 = 1_362_171_600_000_000_000
