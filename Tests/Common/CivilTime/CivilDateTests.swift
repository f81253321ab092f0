import CivilTime
import Testing

@Suite struct CivilDateTests {
    @Test func everyDayOfSixCenturiesComesBack() throws {
        var before = CivilDate(daysSinceEpoch: -110_001)
        for day in Int64(-110_000)...110_000 {
            let date = CivilDate(daysSinceEpoch: day)
            guard date.daysSinceEpoch == day, before < date, date.weekday == (before.weekday + 1) % 7,
                CivilDate(year: date.year, month: date.month, day: date.day) == date
            else {
                Issue.record("day \(day) became \(date)")
                return
            }
            before = date
        }
    }

    @Test func takesAnyNumberOfDays() {
        for day in [Int64.min, .min + 1, -719_469, -719_468, -1, 0, .max - 1, .max] {
            #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
        }
    }

    @Test(arguments: [
        (2013, 2, 29), (2013, 0, 1), (2013, 13, 1), (2013, 4, 31), (2013, 1, 0), (.max, 1, 1), (.min, 1, 1),
        (2013, .max, 1), (2013, 1, .max),
    ]) func refusesDaysThatDoNotExist(year: Int, month: Int, day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(arguments: [
        (-1, "2013-02-28"), (-12, "2012-03-31"), (-13, "2012-02-29"), (-3, "2012-12-31"), (-120, "2003-03-31"),
        (11, "2014-02-28"), (0, "2013-03-31"),
    ]) func monthsAwayEndWhereTheMonthEnds(months: Int, text: String) throws {
        let date = try #require(CivilDate(year: 2013, month: 3, day: 31))
        #expect(ISO8601.format(date.adding(months: months)) == text)
    }

    @Test func monthsTooFarAwayEndAtTheLastYear() throws {
        let date = try #require(CivilDate(year: 2013, month: 3, day: 31))
        #expect(date.adding(months: .max) > date && date.adding(months: .min) < date)
    }

    @Test(arguments: [Int64.min, .min + 1, -1, 0, 1, .max]) func instantsComeBack(nanoseconds: Int64) {
        #expect(UTCTime(nanoseconds: nanoseconds).nanoseconds == nanoseconds)
    }

    @Test func instantsThat64BitsCannotHoldAreNone() throws {
        #expect(UTCTime(date: try #require(CivilDate(year: 1677, month: 9, day: 21))).nanoseconds == nil)
        #expect(UTCTime(date: try #require(CivilDate(year: 1677, month: 9, day: 22))).nanoseconds != nil)
        #expect(UTCTime(date: try #require(CivilDate(year: 2262, month: 4, day: 11))).nanoseconds != nil)
        #expect(UTCTime(date: try #require(CivilDate(year: 2262, month: 4, day: 12))).nanoseconds == nil)
        #expect(UTCTime(date: CivilDate(daysSinceEpoch: .max), ofDay: 0).nanoseconds == nil)
        #expect(UTCTime(date: CivilDate(daysSinceEpoch: .min), ofDay: 0).nanoseconds == nil)
    }
}
