import TestSupport
import Testing

@testable import HostWebSocket

/// Each request gets exactly one answer, and a connection ends when an answer says so (RFC 9112), over raw sockets.
@Suite(.timeLimit(.minutes(15)))
struct RequestRulesTests {
    private let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")])

    /// What is sent and the statuses of all answers until the server closes by itself.
    static let ending: [(name: String, bytes: String, statuses: [Int])] = [
        ("unknown coding", put("Transfer-Encoding: xchunked", "5\r\nhello\r\n0\r\n\r\n"), [400]),
        ("coding beside chunked", put("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), [501]),
        ("chunked not last", put("Transfer-Encoding: chunked, gzip", "0\r\n\r\n"), [400]),
        ("chunked twice", put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), [400]),
        ("identity", put("Transfer-Encoding: identity\r\nContent-Length: 5", "hello"), [400]),
        ("coding and length", put("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"), [400]),
        ("length and coding", put("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), [400]),
        ("two lengths", put("Content-Length: 5\r\nContent-Length: 6", "hello"), [400]),
        ("the same length twice", put("Content-Length: 5\r\nContent-Length: 5", "hello"), [400]),
        ("list of lengths", put("Content-Length: 5, 5", "hello"), [400]),
        ("signed length", put("Content-Length: +5", "hello"), [400]),
        ("length that overflows", put("Content-Length: 99999999999999999999999", "hello"), [400]),
        ("coding in HTTP/1.0", "PUT /health HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
        ("folded field", get("X-A: a\r\n b"), [400]),
        ("folded coding", put("Transfer-Encoding:\r\n chunked", ""), [400]),
        ("bare CR", get("X-A: a\rb"), [400]), ("bare LF", "GET /health HTTP/1.1\nHost: x\n\n", [400]),
        ("NUL", get("X-A: a\0b"), [400]), ("blank before the colon", get("X-A : b"), [400]),
        ("blank before the first field", "GET /health HTTP/1.1\r\n Host: x\r\n\r\n", [400]),
        ("field without a name", get(": b"), [400]),
        ("no host", "GET /health HTTP/1.1\r\n\r\n", [400]), ("two hosts", get("Host: y"), [400]),
        ("the same host twice", get("Host: x"), [400]), ("empty host", "GET /health HTTP/1.1\r\nHost:\r\n\r\n", [400]),
        ("list of hosts", "GET /health HTTP/1.1\r\nHost: a, b\r\n\r\n", [400]),
        ("host with a path", "GET /health HTTP/1.1\r\nHost: a/b\r\n\r\n", [400]),
        ("host with a user", "GET /health HTTP/1.1\r\nHost: a@b\r\n\r\n", [400]),
        ("target that is a host", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
        ("target of another scheme", "GET ftp://x/health HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
        ("target without a slash", "GET health HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
        ("bad size of a chunk", put("Transfer-Encoding: chunked", "zz\r\nhello\r\n0\r\n\r\n"), [400]),
        ("negative size", put("Transfer-Encoding: chunked", "-5\r\nhello\r\n0\r\n\r\n"), [400]),
        ("size that overflows", put("Transfer-Encoding: chunked", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), [400]),
        ("size ended by LF", put("Transfer-Encoding: chunked", "5\nhello\r\n0\r\n\r\n"), [400]),
        ("chunk longer than its size", put("Transfer-Encoding: chunked", "5\r\nhello!\r\n0\r\n\r\n"), [400]),
        ("CR in an extension", put("Transfer-Encoding: chunked", "5;a\rb\r\nhello\r\n0\r\n\r\n"), [400]),
        ("method in lower case", "get /health HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]), ("no HTTP", "\u{1}\u{2}\u{3}\r\n\r\n", [400]),
        ("good, then bad", get("A: b") + "nonsense\r\n\r\n", [200, 400]),
        (
            "good, then bad, then good", get("A: b") + put("Transfer-Encoding: x", "0\r\n\r\n") + get("A: b"),
            [200, 400]
        ),
        ("close, then another", get("Connection: close") + get("A: b"), [200]),
        ("close in a list", get("Connection: keep-alive, Close") + get("A: b"), [200]),
        ("close, missing", "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [404]),
        ("close, then bytes that are no HTTP", get("Connection: close") + "\u{1}\u{2}", [200]),
        ("HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", [200]),
        ("another protocol", get("Upgrade: h2c\r\nConnection: Upgrade") + get("A: b"), [200]),
        (
            "refused upgrade", "GET /ws/test HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            [400]
        ),
        ("absolute target", "GET http://x/health HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n", [200]),
        ("absolute target without a path", "GET HTTP://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [404]),
        ("body of GET", get("Content-Length: 5", "hello") + get("Connection: close"), [200, 200]),
        (
            "chunks", put("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n") + get("Connection: close"),
            [404, 200]
        ),
        ("answered before its body", put("Content-Length: 5\r\nConnection: close", "hel"), [404]),
    ]

    @Test(arguments: ending)
    func answersEachRequestOnceAndEnds(name: String, bytes: String, statuses: [Int]) async throws {
        try await withServer(hub) { server in
            let received = try await server.connect { client in
                try await client.send(bytes)
                return try await client.readToEnd()
            }
            let answers = try Answers(received)
            #expect(answers.statuses == statuses, "\(name): \(String(decoding: received, as: UTF8.self))")
            let ends = (1...statuses.count).map { $0 == statuses.count }
            #expect(answers.saysClose == ends, "\(name)")
        }
    }

    @Test(arguments: ["/health", "/none"])
    func headHasNoBody(path: String) async throws {
        try await withServer(hub) { server in
            let received = try await server.connect { client in
                try await client.send("HEAD \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return try await client.readToEnd()
            }
            #expect(received.suffix(4) == Array("\r\n\r\n".utf8)[...])
            #expect(String(decoding: received, as: UTF8.self).lowercased().contains("content-length: "))
        }
    }

    @Test(arguments: ["localhost", "LOCALHOST:80", "127.0.0.1:8080"])
    func servesTheNamesItHas(host: String) async throws {
        try await withServer(hub, Self.named) { server in
            let answer = try await server.connect { client in
                try await client.send("GET /health HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                return try await client.readAnswer()
            }
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: [
        "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /ws/test HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ])
    func refusesANameThatLeadsHereFromOutside(bytes: String) async throws {
        try await withServer(hub, Self.named) { server in
            let received = try await server.connect { client in
                try await client.send(bytes)
                return try await client.readToEnd()
            }
            #expect(try Answers(received).statuses == [403])
        }
    }

    private static var named: WebSocketConfiguration {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.allowsHost = { ["localhost", "127.0.0.1"].contains($0.lowercased().prefix { $0 != ":" }) }
        return configuration
    }

    private static func get(_ field: String, _ body: String = "") -> String {
        "GET /health HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n\(body)"
    }

    private static func put(_ field: String, _ body: String) -> String {
        "PUT /health HTTP/1.1\r\nHost: x\r\n\(field)\r\n\r\n\(body)"
    }
}

/// All answers in what a connection received; bytes that belong to none are a fault.
private struct Answers {
    var statuses: [Int] = []
    var saysClose: [Bool] = []

    init(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                throw TestClient.Failure(what: "bytes behind the last answer: \(String(decoding: rest, as: UTF8.self))")
            }
            let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self).lowercased()
            let words = head.split(separator: " ")
            guard words.first == "http/1.1", let status = Int(words[1]) else {
                throw TestClient.Failure(what: "no answer: \(head)")
            }
            let fields = head.split(separator: "\r\n")
            let length = fields.first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
            statuses.append(status)
            saysClose.append(fields.contains { $0.hasPrefix("connection:") && $0.hasSuffix("close") })
            rest = rest[(end.upperBound + length)...]
        }
    }
}
