import Testing

@testable import HostGateway

@Suite struct FormatTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1_364_500_800_000_000_000, "2013-03-28T20:00:00Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
        (1_364_500_800_000_000_001, "2013-03-28T20:00:00.000000001Z"),
        (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func instantsAreWrittenInUTC(nanoseconds: Int64, text: String) {
        #expect(UTCTime(nanoseconds: nanoseconds).iso == text)
        #expect(UTCTime(nanoseconds: nanoseconds).nanoseconds == nanoseconds || nanoseconds == .min)
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: Int64(-100_000), through: 100_000, by: 1) {
            let time = UTCTime(nanoseconds: day * 86_400_000_000_000)
            guard Int64(time.dayNumber) == day, (1...12).contains(time.month), (1...31).contains(time.day) else {
                Issue.record("day \(day) became \(time)")
                return
            }
        }
    }

    @Test(arguments: [
        (1, "2013-02-28T20:00:00Z"), (12, "2012-03-31T20:00:00Z"), (13, "2012-02-29T20:00:00Z"),
        (3, "2012-12-31T20:00:00Z"), (120, "2003-03-31T20:00:00Z"),
    ])
    func monthsEarlierEndWhereTheMonthEnds(months: Int, text: String) {
        let time = UTCTime(nanoseconds: 1_364_760_000_000_000_000)
        #expect(time.iso == "2013-03-31T20:00:00Z")
        #expect(time.subtracting(months: months).iso == text)
    }

    @Test func httpDatesFollowRFC9110() {
        #expect(UTCTime(nanoseconds: 784_111_777_000_000_000).httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(UTCTime(nanoseconds: 0).httpDate == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    @Test func jsonSeparatesAndEscapes() {
        var json = JSONText()
        json.object { json in
            json.field("a", "\"\\\n\u{1}é")
            json.field("b", [String]())
            json.field("c", ["x", "y"])
            json.key("d")
            json.array { json in
                json.object { $0.field("e", 1) }
                json.object { _ in }
                json.null()
                json.value(true)
            }
            json.field("f", ["k": 2, "a": 1])
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"a":"\"\\\n\u0001é","b":[],"c":["x","y"],"d":[{"e":1},{},null,true],"f":{"a":1,"k":2}}"#)
    }

    @Test(arguments: [
        (0.1, "0.1"), (10, "10"), (-0.0, "0"), (-12.5, "-12.5"), (1e16, "1e+16"), (123_456_789_012, "123456789012"),
        (Double.nan, "null"), (Double.infinity, "null"), (Double.leastNonzeroMagnitude, "5e-324"),
        (0.1 + 0.2, "0.30000000000000004"),
    ])
    func numbersReadBackTheSame(number: Double, text: String) {
        var json = JSONText()
        json.value(number)
        #expect(String(decoding: json.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [
        ("symbols=A,B", "A,B"), ("x=1&symbols=A%2CB", "A,B"), ("symbols=A+B", "A B"), ("symbols=%E4%B8%AD", "中"),
        ("symbols=%", "%"), ("symbols=%4", "%4"), ("symbols=%zz", "%zz"), ("symbols=A&symbols=B", "A"),
        ("a&&=&symbols=A", "A"), ("%73ymbols=A", "A"), ("symbols=A=B", "A=B"),
    ])
    func queriesAreDecoded(query: String, value: String) {
        #expect(QueryParameters(query)["symbols"] == value)
    }

    @Test func absentAndEmptyParametersAreNil() {
        #expect(QueryParameters("")["symbols"] == nil)
        #expect(QueryParameters("symbols=&a=1")["symbols"] == nil)
        #expect(QueryParameters("symbols= A, ,B ,")["symbols"] == " A, ,B ,")
        #expect(QueryParameters("symbols= A, ,B ,").list("symbols") == ["A", "B"])
    }

    @Test(arguments: [
        (Duration.milliseconds(250), "250ms"), (.zero, "0s"), (.seconds(10), "10s"), (.seconds(90), "90s"),
        (.seconds(300), "5m"), (.seconds(7200), "2h"), (.seconds(259_200), "3d"), (.milliseconds(1500), "1500ms"),
    ])
    func spansAreWrittenAsInTheManifest(span: Duration, text: String) {
        #expect(span.optionText == text)
    }
}
