import HTTPFetch
import Testing

struct HTTPAddressTests {
    @Test func encodesSegmentsAndQueryItems() throws {
        let base = try #require(HTTPAddress("https://query2.finance.yahoo.com/"))
        let address = base.path("v8", "chart", "^GSPC/A").query([("crumb", "a/b.c"), ("q", "a b&c")])
        #expect(address.text == "https://query2.finance.yahoo.com/v8/chart/%5EGSPC%2FA?crumb=a%2Fb.c&q=a%20b%26c")
    }

    @Test func keepsQueryOfBaseBehindThePath() throws {
        let base = try #require(HTTPAddress("http://127.0.0.1:8080/query?fixed=1"))
        #expect(
            base.path("daily").query([("symbol", "A")]).text == "http://127.0.0.1:8080/query/daily?fixed=1&symbol=A")
    }

    @Test func showsNeitherPasswordNorQuery() throws {
        let address = try #require(HTTPAddress("https://user:secret@host.example/path?apikey=secret"))
        #expect(address.shown == "host.example/path")
    }

    @Test(arguments: [
        "", "host/path", "ftp://host/", "http://", "http:///path", "http://ho st/", "http://host/#part",
        "http://host/\n",
        "file:///etc/passwd", "http://host/{symbol}",
    ])
    func refusesWhatIsNoAddress(text: String) {
        #expect(HTTPAddress(text) == nil)
    }
}
