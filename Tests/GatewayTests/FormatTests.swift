import Testing

@testable import HostGateway

@Suite struct FormatTests {
    @Test func instantsAreWrittenInUTC() {
        var json = JSONText()
        json.array { json in
            json.value(time: 1_364_500_800_000_000_000)
            json.value(time: 1_364_500_800_500_000_000)
        }
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"["2013-03-28T20:00:00Z","2013-03-28T20:00:00.5Z"]"#)
    }

    @Test func httpDatesFollowRFC9110() {
        #expect(HTTPDate.text(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(seconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
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
        #expect(QueryParameters.parts(" A, ,B ,") == ["A", "B"])
    }

    @Test(arguments: [
        ("1970-01-01", 0, 86_399_999_999_999),
        ("2013-03-01T21:00:00Z", 1_362_171_600_000_000_000, 1_362_171_600_000_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000, -500_000_000),
        ("2013-03-01T21:00:00.000000001Z", 1_362_171_600_000_000_001, 1_362_171_600_000_000_001),
    ])
    func timesAreReadAsDaysAndInstants(text: String, first: Int64, last: Int64) {
        #expect(ParameterType.times(text) == first...last)
    }

    @Test(arguments: [
        "", "2013", "2013-3-1", "2013-02-29", "2013-13-01", "2013-03-01T", "2013-03-01T21:00:00",
        "2013-03-01T24:00:00Z",
        "2013-03-01T21:00:00.Z", "2013-03-01T21:00:00.0000000001Z", "1677-01-01", "2263-01-01",
        "２013-03-01", "2013-03-01Z",
    ])
    func whatIsNoTimeIsRefused(text: String) { #expect(ParameterType.times(text) == nil) }

    @Test(arguments: [
        (Duration.milliseconds(250), "250ms"), (.zero, "0s"), (.seconds(10), "10s"), (.seconds(90), "90s"),
        (.seconds(300), "5m"), (.seconds(7200), "2h"), (.seconds(259_200), "3d"), (.milliseconds(1500), "1500ms"),
    ])
    func spansAreWrittenAsInTheManifest(span: Duration, text: String) {
        #expect(span.optionText == text)
    }
}
