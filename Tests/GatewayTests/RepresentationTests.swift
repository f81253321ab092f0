import Deflation
import HTTPTypes
import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

/// The forms an answer comes in: by ETag, packed, as a table.
@Suite struct RepresentationTests {
    private static let history = "/api/v2/stocks/AAPL/historical"

    private static func long() -> TestHost {
        let host = TestHost.filled()
        for day in 2..<60 { host.add("AAPL", time: TestHost.lastClose - Int64(day) * TestHost.day, close: 400) }
        return host
    }

    @Test(arguments: [
        "/health", "/metrics", "/api/v2/plugins", "/api/v2/stocks/quotes?symbols=AAPL", history, "/openapi.json",
    ])
    func whatTheClientHasIsNotSentAgain(target: String) async throws {
        try await withGateway { server in
            let tag = try #require(try await server.get(target).headers["etag"])
            for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let answer = try await server.ask(target, "If-None-Match: \(known)", hasBody: false)
                #expect(answer.status == 304)
                #expect(answer.headers["etag"] == tag)
            }
            let other = try await server.ask(target, "If-None-Match: \"0123456789abcdef\"")
            #expect(other.status == 200)
        }
    }

    @Test func equalAnswersHaveEqualTagsAndOthersNot() async throws {
        let host = TestHost.filled()
        try await withGateway(host) { server in
            let target = "/api/v2/stocks/quotes?symbols=AAPL"
            let first = try await server.get(target).headers["etag"]
            let again = try await server.get(target).headers["etag"]
            #expect(first == again)
            host.add("AAPL", time: TestHost.lastClose + TestHost.day, close: 450)
            let changed = try await server.get(target).headers["etag"]
            #expect(changed != first)
        }
    }

    @Test(arguments: ["gzip", "deflate, gzip;q=0.5", "*", "GZIP"])
    func aLongAnswerIsPackedWhereThatIsAsked(field: String) async throws {
        try await withGateway(Self.long()) { server in
            let plain = try await server.get(Self.history)
            let packed = try await server.ask(Self.history, "Accept-Encoding: \(field)")
            #expect(packed.headers["content-encoding"] == "gzip")
            #expect(packed.headers["vary"] == "Accept, Accept-Encoding")
            #expect(packed.bytes.count < plain.bytes.count / 4)
            #expect(try Deflation.unpacked(gzip: packed.bytes, limit: 1 << 20) == plain.bytes)
        }
    }

    @Test(arguments: ["identity", "gzip;q=0", "br"]) func itStaysAsItIsOtherwise(field: String) async throws {
        try await withGateway(Self.long()) { server in
            let answer = try await server.ask(Self.history, "Accept-Encoding: \(field)")
            #expect(answer.headers["content-encoding"] == nil)
            #expect(try answer.json["bars"]?.count == 60)
        }
    }

    @Test func aShortAnswerIsNotPacked() async throws {
        try await withGateway { server in
            let answer = try await server.ask("/health", "Accept-Encoding: gzip")
            #expect(answer.headers["content-encoding"] == nil)
        }
    }

    @Test func aTableComesAsLinesOfJSON() async throws {
        try await withGateway { server in
            let answer = try await server.ask(Self.history, "Accept: application/x-ndjson")
            #expect(answer.headers["content-type"] == "application/x-ndjson")
            let lines = answer.body.split(separator: "\n")
            #expect(lines.count == 2)
            let rows = try lines.map { try JSONValue(parsing: String($0)) }
            let whole = try await server.get(Self.history).json["bars"]
            #expect(whole == .array(rows))
        }
    }

    @Test func aTableComesAsCSVInTheOrderOfItsShape() async throws {
        try await withGateway { server in
            let bars = try await server.ask(Self.history, "Accept: text/csv")
            #expect(bars.headers["content-type"] == "text/csv; charset=utf-8")
            let lines = bars.body.split(separator: "\r\n")
            #expect(lines.first == "time,open,high,low,close,volume,source")
            #expect(lines.last == "2013-03-28T20:00:00Z,442.66,445.66,441.16,443.66,11082500.0,history")
            let quotes = try await server.ask("/api/v2/stocks/quotes?symbols=AAPL,600519", "Accept: text/csv")
            #expect(quotes.body.split(separator: "\r\n").count == 3)
            #expect(quotes.body.hasPrefix("symbol,instrument,open,"))
        }
    }

    @Test(arguments: [
        "*/*", "text/html, */*;q=0.8", "application/json", "text/csv;q=0.1, application/json", "image/png",
    ])
    func anotherAcceptGetsJSON(field: String) async throws {
        try await withGateway { server in
            let answer = try await server.ask(Self.history, "Accept: \(field)")
            #expect(answer.headers["content-type"] == "application/json")
        }
    }

    @Test func csvQuotesWhatItMust() {
        let json = #"{"n":1,"rows":[{"a":"x,\"y\"\n","b":null,"c":[1,{"d":2}]},{"a":"plain\\","b":-1.5,"c":[]}]}"#
        let rows = AnswerForm.Rows(keys: ["none", "rows"], columns: ["rows": ["a", "b", "c", "z"]])
        let table = JSONTable(Array(json.utf8), rows)
        let csv = String(decoding: table.text(.csv), as: UTF8.self)
        #expect(csv == "a,b,c\r\n\"x,\"\"y\"\"\n\",,\"[1,{\"\"d\"\":2}]\"\r\nplain\\,-1.5,[]\r\n")
        let named =
            #"{"columns":["sma","z = (a, b)"],"rows":[{"time":"t","values":[1,null]},{"time":"u","values":[2,3.5]}]}"#
        let list = AnswerForm.Rows(keys: ["rows"], columns: ["rows": ["time", "values"]])
        let spread = String(decoding: JSONTable(Array(named.utf8), list).text(.csv), as: UTF8.self)
        #expect(spread == "time,sma,\"z = (a, b)\"\r\nt,1,\r\nu,2,3.5\r\n")
        let empty = JSONTable(Array(#"{"rows":[]}"#.utf8), rows)
        #expect(empty.text(.ndjson).isEmpty)
        #expect(String(decoding: empty.text(.csv), as: UTF8.self) == "a,b,c,z\r\n")
    }
}

/// Pages of lists, and the cursors between them.
@Suite struct CursorTests {
    private static let history = "/api/v2/stocks/AAPL/historical"

    @Test(arguments: ["period=max", "from=2013-01-01", "period=1y&adjust=none"])
    func pagesHaveEveryBarOnce(query: String) async throws {
        let host = TestHost.filled()
        for day in 2..<11 { host.add("AAPL", time: TestHost.lastClose - Int64(day) * TestHost.day, close: 400) }
        try await withGateway(host) { server in
            let whole = try await server.get("\(Self.history)?\(query)").json["bars"]
            var (times, target) = ([JSONValue](), Optional("\(Self.history)?\(query)&limit=4"))
            while let next = target {
                let answer = try await server.get(next)
                let json = try answer.json
                times = (0..<(json["bars"]?.count ?? 0)).compactMap { json["bars"]?[$0]?["time"] } + times
                let cursor = json["next_cursor"]?.text
                target = cursor.map { "\(Self.history)?\(query)&limit=4&cursor=\($0)" }
                let link = target.map { "<\($0)>; rel=\"next\"" }
                #expect(answer.headers["link"] == link)
            }
            #expect(times.count == 11 && Set(times.compactMap(\.text)).count == 11)
            #expect(times == (0..<11).compactMap { whole?[$0]?["time"] })
        }
    }

    @Test func pagesOfPredictionsHaveEachOnce() async throws {
        let host = TestHost.filled()
        host.predict("600519.SH", 0.5)
        host.predict("IBM", -0.25)
        host.add("IBM", time: TestHost.lastClose, close: 200)
        try await withGateway(host) { server in
            let first = try await server.get("/api/v2/ai/predictions?limit=2").json
            #expect(first["count"] == 2)
            let cursor = try #require(first["next_cursor"]?.text)
            let second = try await server.get("/api/v2/ai/predictions?limit=2&cursor=\(cursor)").json
            #expect(second["count"] == 1 && second["next_cursor"] == nil)
        }
    }

    @Test func aCursorOfAnotherQueryIsToldSo() async throws {
        try await withGateway { server in
            let cursor = try #require(try await server.get("\(Self.history)?limit=1").json["next_cursor"]?.text)
            for target in [
                "\(Self.history)?limit=1&period=5d&cursor=\(cursor)",
                "/api/v2/stocks/600519/historical?limit=1&cursor=\(cursor)", "/api/v2/ai/predictions?cursor=\(cursor)",
            ] {
                let answer = try await server.get(target)
                #expect(answer.status == 400)
                #expect(try answer.json["error"]?["message"]?.text?.contains("is of another query") == true)
            }
            let other = try await server.get("\(Self.history)?limit=2&cursor=\(cursor)")
            #expect(other.status == 200)
        }
    }

    @Test(arguments: ["", "x", "0123456789abcdef0123456789abcde", "+123456789abcdef0123456789abcdef", "%00"])
    func aTextThatIsNoCursorIsRefused(text: String) async throws {
        try await withGateway { server in
            let answer = try await server.get("\(Self.history)?cursor=\(text)")
            #expect(answer.status == 400)
        }
    }
}

extension RunningGateway {
    /// Sends one request with a field.
    fileprivate func ask(_ target: String, _ field: String, hasBody: Bool = true) async throws -> TestClient.Answer {
        try await connect { client in
            try await client.send("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(field)\r\n\r\n")
            return try await client.readAnswer(hasBody: hasBody)
        }
    }
}
