import Testing

@testable import HostGateway

@Suite struct FormatTests {
    @Test func httpDatesFollowRFC9110() {
        #expect(HTTPDate.text(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(seconds: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
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
