import Foundation
import TestSupport
import Testing
import TimeZones

@Suite struct TimePatternTests {
    @Test(
        arguments: [
            ("yyyy-MM-dd", "2013-03-01", 1_362_096_000), ("yyyyMMdd", "20130301", 1_362_096_000),
            ("yyyy-M-d H:m:s", "2017-3-3 13:22:0", 1_488_547_320),
            ("yyyy-MM-dd HH:mm:ss", "2013-03-01 16:00:00", 1_362_153_600),
            ("MM/dd/yyyy", "03/01/2013", 1_362_096_000), ("yyyyMMddHHmm", "201812030930", 1_543_829_400),
            ("yyyyMMddHHmmss", "20190201092502", 1_549_013_102),
            ("iso8601", "2013-03-01T16:00:00-05:00", 1_362_171_600),
            ("iso8601", "2013-03-01 00:00:00+08:00", 1_362_067_200), ("iso8601", "2013-03-01T21:00:00Z", 1_362_171_600),
            ("epoch_s", "1362171600", 1_362_171_600), ("epoch_ms", "1362171600000", 1_362_171_600),
            ("epoch_us", "1362171600000000", 1_362_171_600), ("epoch_ns", "1362171600000000000", 1_362_171_600),
            ("epoch_s", "-86401", -86_401), ("yyyy年M月d日", "2013年3月1日", 1_362_096_000),
            ("dd.MM.yyyy HH:mm:ss.S Z", "01.03.2013 16:00:00.5 +0100", 1_362_150_000),
            ("yyyy-MM-dd HH:mm", "2013-03-01 24:00", 1_362_182_400), ("MMM d, yyyy", "Mar 1, 2013", 1_362_096_000),
            ("d MMM yy", "1 MARCH 13", 1_362_096_000), ("d.M.yy", "1.3.70", 5_097_600),
            ("M/d/yyyy h:mm a", "3/1/2013 4:00 PM", 1_362_153_600),
            ("M/d/yyyy h:mm:ss a", "3/1/2013 12:00:00 am", 1_362_096_000), ("yyyyMMdd.0", "20130301.0", 1_362_096_000),
            ("excel", "41334", 1_362_096_000), ("excel", "41334.395833333", 1_362_130_200),
        ] as [(String, String, Int64)])
    func reads(pattern: String, text: String, seconds: Int64) throws {
        let time = try #require(parse(pattern, text)?.instant(in: .utc))
        #expect(time / 1_000_000_000 == seconds)
    }

    @Test(arguments: [
        ("2013-03-01", "yyyy-M-d"), ("2013-3-1", "yyyy-M-d"), ("20130301", "yyyyMMdd"),
        ("2017-3-3 13:22:0", "yyyy-M-d H:m:s"),
        ("2013-03-01T16:00:00-05:00", "iso8601"), ("2013-03-01 16:00:00.123", "iso8601"),
        ("201812030930", "yyyyMMddHHmm"),
        ("03/01/2013", "M/d/yyyy"), ("2013/03/01", "yyyy/M/d"), ("1362171600", "epoch_s"),
        ("1362171600000", "epoch_ms"),
        ("2013年3月1日", "yyyy年M月d日"), (" 2013-03-01 ", "yyyy-M-d"),
    ])
    func tellsHowATimeIsWritten(text: String, pattern: String) {
        #expect(detect(text)?.description == pattern)
    }

    @Test(arguments: [
        "", " ", "2013-13-01", "2013-02-29", "2013-00-10", "20130230", "abc", "2013-03-01x", "12:30", "1362171",
        "13/13/2013",
        "2013-03-01 25:00:00", "2013-03-01 24:00:01", "2013-03-01 10:60:00", "\u{0}", "2013-03-01T",
        "99999999999999999999",
        String(repeating: "1", count: 100),
    ])
    func readsNoTimeWhereThereIsNone(text: String) {
        #expect(detect(text) == nil)
    }

    @Test(arguments: [
        "", "yyyy", "yyyy-MM", "yyyy-MM-dd-dd", "yyy-MM-dd", "yyyyy-MM-dd", "epoch", "yyyy-MMMM-dd", "yyyy-MM-dd h:mm",
        "yyyy-MM-dd HH:mm a", "yyyy-MM-dd hh:HH a",
    ])
    func refusesPattern(text: String) {
        #expect(TimePattern(text) == nil)
    }

    @Test func acceptsLeapDaysOnlyInLeapYears() {
        #expect(parse("yyyy-MM-dd", "2000-02-29") != nil)
        #expect(parse("yyyy-MM-dd", "1900-02-29") == nil)
    }

    @Test func refusesYearsThatNanosecondsCannotHold() {
        #expect(parse("yyyy-MM-dd", "2261-12-31")?.instant(in: .utc) != nil)
        #expect(parse("yyyy-MM-dd", "2262-01-01")?.instant(in: .utc) == nil)
        #expect(parse("yyyy-MM-dd", "1678-01-01")?.instant(in: .utc) != nil)
        #expect(parse("yyyy-MM-dd", "1677-12-31")?.instant(in: .utc) == nil)
        #expect(parse("epoch_ns", "-9223372036854775807").map { $0.instant(in: .utc) == nil } == true)
        #expect(parse("epoch_ns", "9223372036854775807").map { $0.instant(in: .utc) == nil } == true)
        #expect(parse("yyyy-MM-dd", "9999-12-31")?.instant(in: .utc) == nil)
    }

    @Test func readsLocalTimeInItsZone() throws {
        let zone = try Zone(named: "America/New_York")
        #expect(parse("yyyy-MM-dd HH:mm", "2013-03-01 16:00")?.instant(in: zone) == 1_362_171_600_000_000_000)
    }

    @Test func randomTextNeverCrashes() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array("0123456789-:/ TZ+.年".utf8)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...30, using: &generator)
            let text = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            _ = TimePattern.detect(text.span)?.parse(text.span)?.instant(in: .utc)
        }
    }

    private func parse(_ pattern: String, _ text: String) -> WrittenTime? {
        let bytes = Array(text.utf8)
        return TimePattern(pattern)?.parse(bytes.span)
    }

    private func detect(_ text: String) -> TimePattern? {
        let bytes = Array(text.utf8)
        return TimePattern.detect(bytes.span)
    }

    @Test(arguments: ["-9223372036854775807", "-9223372036854775808", "9223372036854775807", "-1", "0"])
    func anyCountOfNanosecondsIsReadOrRefused(text: String) throws {
        let written = parse("epoch_ns", text)
        let count = try #require(Int64(text))
        if let time = written?.instant(in: .utc) { #expect(time == count) }
    }
}
