import HTTPTypes
import HostCore
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import TestSupport
import Testing

@testable import HostGateway

@Suite struct HotRouteTests {
    private static let target = "/api/v2/stocks/quotes?symbols=AAPL"

    @Test func hotAndOrdinaryAnswersAreTheSame() async throws {
        try await withGateway { server in
            try await server.connect { client in
                let hot = try await client.request(Self.target)
                let head = try await client.request(Self.target, method: "HEAD")
                let ordinary = try await client.request(Self.target, headers: ["Content-Length: 0"])
                let date = try #require(hot.headers["date"])
                #expect(date.count == 29 && date.hasSuffix(" GMT"))
                #expect(hot.body == ordinary.body)
                for name in ["content-type", "content-length"] {
                    #expect(hot.headers[name] == ordinary.headers[name])
                    #expect(hot.headers[name] == head.headers[name])
                }
                #expect(Set(hot.headers.keys) == Set(ordinary.headers.keys))
                #expect(head.body.isEmpty)
            }
        }
    }

    @Test func pipelinedAnswersKeepTheOrderOfRequests() async throws {
        try await withGateway { server in
            try await server.connect { client in
                let paths = [
                    "/health", Self.target, "/api/v2/plugins", Self.target, Self.target, "/nowhere", "/health",
                ]
                try await client.send(paths.map { "GET \($0) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" }.joined())
                var found: [Int] = []
                for path in paths {
                    let answer = try await client.readAnswer()
                    found.append(answer.status)
                    if path == Self.target { #expect(answer.body.contains("AAPL.US")) }
                    if path == "/health" { #expect(answer.body == #"{"status":"ok"}"#) }
                }
                #expect(found == [200, 200, 200, 200, 200, 404, 200])
            }
        }
    }

    @Test func connectionCloseIsHonoured() async throws {
        try await withGateway { server in
            try await server.connect { client in
                let answer = try await client.request(Self.target, headers: ["Connection: close"])
                #expect(answer.status == 200)
                await #expect(throws: (any Error).self) { try await client.request(Self.target) }
            }
        }
    }

    @Test func requestsAreCountedOnBothWays() async throws {
        try await withGateway { server in
            for headers in [[], [], ["Content-Length: 0"]] as [[String]] {
                _ = try await server.connect { client in try await client.request(Self.target, headers: headers) }
            }
            _ = try await server.get("/api/v2/stocks/quotes?symbols=NOSUCH")
            let counts = server.gateway.requests.snapshot
            #expect(counts.map(\.count) == [3, 1])
            #expect(counts.map(\.status) == [200, 404])
            #expect(Set(counts.map(\.route)) == ["/api/v2/stocks/quotes"])
            // Those that memory answers are not timed.
            #expect(server.gateway.requests.spans["/api/v2/stocks/quotes"]?.count == 2)
        }
    }

    @Test func leavesToOthersWhileTheyOweAnAnswer() throws {
        let channel = try Self.channel()
        try channel.writeInbound(HTTPRequestPart.head(Self.request("/slow")))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        try channel.writeInbound(HTTPRequestPart.head(Self.request("/hot")))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(try Self.passedOn(channel) == ["/slow", "/hot"])
        for _ in 0..<2 {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }
        while try channel.readOutbound(as: HTTPResponsePart.self) != nil {}
        try channel.writeInbound(HTTPRequestPart.head(Self.request("/hot")))
        try channel.writeInbound(HTTPRequestPart.end(nil))
        #expect(try Self.passedOn(channel).isEmpty)
        let head = try #require(try channel.readOutbound(as: HTTPResponsePart.self))
        guard case .head(let response) = head else { throw TestClient.Failure(what: "\(head)") }
        #expect(response.status == .ok)
        #expect(response.headerFields[.contentLength] == "3")
    }

    @Test(arguments: ["POST", "HEAD", "PUT"])
    func leavesOtherMethodsToOthers(method: String) throws {
        let channel = try Self.channel()
        var request = Self.request("/hot")
        request.method = try #require(HTTPRequest.Method(method))
        try channel.writeInbound(HTTPRequestPart.head(request))
        #expect(try Self.passedOn(channel) == ["/hot"])
    }

    @Test func cacheForgetsAnswersOfAnotherVersionAndStaysBounded() {
        let cache = AnswerCache(maxCount: 3, maxBytes: 4000)
        let answer = Self.answer("abc")
        cache.keep(answer, "/a", version: 1)
        #expect(cache.answer("/a", version: 1) != nil)
        #expect(cache.answer("/a", version: 2) == nil)
        cache.keep(answer, "/b", version: 2)
        #expect(cache.answer("/a", version: 2) == nil)
        for index in 0..<10 { cache.keep(answer, "/\(index)", version: 2) }
        #expect((0..<10).filter { cache.answer("/\($0)", version: 2) != nil }.count <= 3)
        cache.keep(Self.answer(String(repeating: "0", count: 2000)), "/large", version: 2)
        #expect(cache.answer("/large", version: 2) == nil)
    }

    private static func answer(_ text: String) -> HotAnswer {
        HotAnswer(Reply(contentType: "text/plain", Array(text.utf8)), of: Endpoint.quotes)
    }

    private static func channel() throws -> EmbeddedChannel {
        let routes = HotRoutes(
            answer: { $0 == "/hot" ? Self.answer("hot") : nil },
            fields: [:], admission: { _ in [:] }, date: DateField())
        let channel = EmbeddedChannel(handler: HotRouteHandler(routes: routes))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func request(_ path: String) -> HTTPRequest {
        HTTPRequest(method: .get, scheme: "http", authority: "x", path: path)
    }

    private static func passedOn(_ channel: EmbeddedChannel) throws -> [String] {
        var paths: [String] = []
        while let part = try channel.readInbound(as: HTTPRequestPart.self) {
            if case .head(let request) = part { paths.append(request.path ?? "") }
        }
        return paths
    }
}
