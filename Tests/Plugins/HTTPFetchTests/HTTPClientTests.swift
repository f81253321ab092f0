import HTTPFetch
import PluginKit
import Synchronization
import TestSupport
import Testing

struct HTTPClientTests {
    private let options = HTTPOptions(timeout: .seconds(600))

    private func client(_ options: HTTPOptions? = nil, secrets: [Secret] = []) throws -> HTTPClient {
        try HTTPClient(options ?? self.options, owner: "provider/test", secrets: secrets)
    }

    private func request(_ server: ReplayServer, _ path: String = "a") throws -> HTTPRequest {
        HTTPRequest(get: try #require(HTTPAddress(server.url)).path(path))
    }

    @Test func givesStatusHeadersAndBody() async throws {
        let server = try ReplayServer(.init("/a", .init("hello", status: 201, headers: ["X-Kind": "test"])))
        let response = try await client().fetch(request(server))
        #expect(response.status == 201)
        #expect(response.header("x-kind") == "test")
        #expect(response.text == "hello")
        #expect(response.place.hasSuffix("/a"))
    }

    @Test func saysWhoItIsAndAsksForGzip() async throws {
        let server = try ReplayServer(.init("/a", .init("hello")))
        var options = options
        options.userAgent = "someone/1"
        _ = try await client(options).fetch(request(server))
        let asked = try #require(try server.asked().first)
        #expect(asked.header("User-Agent") == "someone/1")
        #expect(asked.header("Accept-Encoding") == "gzip")
    }

    @Test func sendsABody() async throws {
        let server = try ReplayServer(.init("/a", .init("ok")))
        let address = try #require(HTTPAddress(server.url)).path("a")
        let header = HTTPRequest.Header("Content-Type", "application/json")
        _ = try await client().fetch(HTTPRequest(post: address, headers: [header], body: Array("{\"a\":1}".utf8)))
        let asked = try #require(try server.asked().first)
        #expect(asked.method == "POST")
        #expect(asked.body == "{\"a\":1}")
        #expect(asked.header("Content-Type") == "application/json")
    }

    @Test func unpacksGzip() async throws {
        let text = String(repeating: "0123456789", count: 50_000)
        let server = try ReplayServer(.init("/a", ReplayServer.Reply(text).with { $0.gzip = true }))
        let response = try await client().fetch(request(server))
        #expect(response.text == text)
    }

    @Test func keepsCookiesAndForgetsThemWhenTold() async throws {
        let cookie = ReplayServer.Reply("", headers: ["Set-Cookie": "A3=d1; Path=/"])
        let server = try ReplayServer(.init("/cookie", cookie), .init("/a", .init("ok")))
        let client = try client()
        for path in ["cookie", "a"] { _ = try await client.fetch(request(server, path)) }
        client.forgetCookies()
        _ = try await client.fetch(request(server))
        #expect(try server.asked().map { $0.header("Cookie") } == [nil, "A3=d1", nil])
    }

    @Test func sendsIdenticalRequestsInFlightOnce() async throws {
        let server = try ReplayServer(.init("/a", ReplayServer.Reply("same").with { $0.hold = true }))
        let client = try client()
        let request = try request(server)
        let (asking, asks) = AsyncStream<Void>.makeStream()
        let tasks = (0..<20).map { _ in
            Task {
                asks.yield()
                return try await client.fetch(request).text
            }
        }
        for await _ in asking.prefix(20) {}
        try await Task.sleep(for: .seconds(1))
        try server.release()
        var bodies: [String] = []
        for task in tasks { bodies.append(try await task.value) }
        #expect(bodies == Array(repeating: "same", count: 20))
        #expect(try server.asked().count == 1)
    }

    @Test func serves200RequestsAtOnce() async throws {
        let server = try ReplayServer(.init("/[0-9]+", .init("ok")))
        let client = try client()
        let count = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { (try? await client.fetch(request(server, "\(number)")).text) == "ok" }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(count == 200)
    }

    @Test func aCancelledCallEndsAtOnceAndCallsTheRequestOff() async throws {
        let server = try ReplayServer(.init("/a", .init(fault: "hang")))
        let client = try client()
        let request = try request(server)
        let task = Task { await fault { try await client.fetch(request) } }
        while try server.asked().isEmpty { await Task.yield() }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test func oneOfTwoWaitersMayLeave() async throws {
        let server = try ReplayServer(.init("/a", ReplayServer.Reply("ok").with { $0.hold = true }))
        let client = try client()
        let request = try request(server)
        let leaves = Task { await fault { try await client.fetch(request) } }
        let stays = Task { try await client.fetch(request).text }
        while try server.asked().isEmpty { await Task.yield() }
        leaves.cancel()
        #expect(await leaves.value?.code == .cancelled)
        try server.release()
        #expect(try await stays.value == "ok")
    }

    @Test func aStoppedClientEndsWhatWaitsAndTakesNoMore() async throws {
        let server = try ReplayServer(.init("/a", .init(fault: "hang")))
        let client = try client()
        let request = try request(server)
        let task = Task { await fault { try await client.fetch(request) } }
        while try server.asked().isEmpty { await Task.yield() }
        client.stop()
        client.stop()
        #expect(await task.value?.cause as? HTTPFault == .stopped)
        #expect(await fault { try await client.fetch(request) }?.code == .cancelled)
    }

    @Test func hidesSecrets() throws {
        let client = try client(secrets: [Secret("k/1"), Secret("")])
        #expect(client.redacted("your key k/1 (k%2F1) is used up") == "your key <secret> (<secret>) is used up")
    }

    @Test func refusesHeadersWithLineEnds() async throws {
        let address = try #require(HTTPAddress("http://127.0.0.1:1"))
        let request = HTTPRequest(get: address, headers: [.init("X-Key", "a\r\nX-Other: b")])
        #expect(await fault { try await client().fetch(request) }?.code == .badRequest)
    }

    @Test(.enabled(if: TestCertificate.isPossible, "openssl is not in /usr/bin"))
    func whoIsTrustedIsAskedOverTLSAndNobodyElse() async throws {
        let certificate = try TestCertificate()
        let server = try ReplayServer(
            .init("/a", .init("hello")), .init("/b", .events(.send("data: hello\n\n"), .silent)),
            certificate: certificate)
        let error = await fault { try await client().fetch(request(server)) }
        #expect(error?.code == .environment && error?.cause as? HTTPFault == .untrusted, "\(error?.message ?? "")")
        var options = options
        options.trustedFile = certificate.file
        #expect(try await client(options).fetch(request(server)).text == "hello")
        let source = try EventSource(options, StreamOptions(), owner: "provider/test")
        source.open(0, try request(server, "b"))
        var texts: [String] = []
        while texts.isEmpty {
            for arrival in try await source.receive() {
                guard case .events(let events) = arrival.content else { continue }
                texts += events.map { String(decoding: $0.data, as: UTF8.self) }
            }
        }
        #expect(texts == ["hello"])
    }
}
