import HTTPTypes
import TestSupport
import Testing

@testable import HostWebSocket

/// Trap 1: a refused upgrade gets an ordinary HTTP answer; and HTTP goes on beside WebSocket.
@Suite(.timeLimit(.minutes(15)))
struct UpgradeTests {
    private let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")])

    @Test func acceptsHandshakeWithKeyOfRFC() async throws {
        try await withServer(hub) { server in
            try await server.connect { client in
                let answer = try await client.upgrade("/ws/test?symbols=AAPL.US")
                #expect(answer.status == 101)
                #expect(answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                #expect(answer.headers["upgrade"] == "websocket")
            }
        }
    }

    @Test(arguments: ["connection:keep-alive, Upgrade", "upgrade:WebSocket", "origin:http://127.0.0.1"])
    func acceptsHeaderFormsOfBrowsers(_ header: String) async throws {
        try await withServer(hub) { server in
            try await server.open(headers: [header]) { client in
                try await client.send(TestClient.frame(0x89, [7]))
                try await client.expect(.pong([7]))
            }
        }
    }

    @Test(arguments: [
        ("sec-websocket-version:8", 400, "bad_handshake"), ("sec-websocket-version:", 400, "bad_handshake"),
        ("sec-websocket-key:", 400, "bad_handshake"), ("sec-websocket-key:c2hvcnQ=", 400, "bad_handshake"),
        ("sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ*=", 400, "bad_handshake"),
        ("content-length:5", 400, "bad_handshake"), ("upgrade:", 426, "upgrade_required"),
        ("upgrade:h2c", 426, "upgrade_required"), ("connection:keep-alive", 426, "upgrade_required"),
        ("origin:https://elsewhere.example", 403, "origin_not_allowed"), ("origin:null", 403, "origin_not_allowed"),
    ])
    func answersRefusedUpgradeWithJSON(_ header: String, status: Int, code: String) async throws {
        try await withServer(hub) { server in
            try await server.connect { client in
                let answer = try await client.upgrade("/ws/test", headers: [header])
                #expect(answer.status == status)
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.body.contains(#""error":{"code":"\#(code)","message":"websocket: "#))
                #expect(answer.body.contains(#""request_id":""#))
            }
        }
    }

    @Test func namesTheVersionItSpeaks() async throws {
        try await withServer(hub) { server in
            let answer = try await server.connect {
                try await $0.upgrade("/ws/test", headers: ["sec-websocket-version:8"])
            }
            #expect(answer.headers["sec-websocket-version"] == "13")
            #expect(answer.body.contains("'Sec-WebSocket-Version' is '8'; allowed 13."))
        }
    }

    @Test func answersPlainGetOfChannelWith426() async throws {
        try await withServer(hub) { server in
            let answer = try await server.connect { try await $0.request("GET /ws/test HTTP/1.1") }
            #expect(answer.status == 426)
            #expect(answer.headers["upgrade"] == "websocket")
        }
    }

    @Test func ordinaryRouteAnswersUpgradeOfUnknownPath() async throws {
        try await withServer(hub) { server in
            let unknown = try await server.connect { try await $0.upgrade("/ws/none") }
            #expect(unknown.status == 404)
            let plain = try await server.connect { try await $0.upgrade("/health") }
            #expect(plain.status == 200 && plain.body == "ok")
            let posted = try await server.connect { try await $0.upgrade("/ws/test", method: "POST") }
            #expect(posted.status == 404)
        }
    }

    @Test func ignoresForgedRefusal() async throws {
        try await withServer(hub) { server in
            try await server.open(headers: ["x-websocket-refusal:503 forged text"]) { client in
                try await client.send(TestClient.frame(0x89, []))
                try await client.expect(.pong([]))
            }
        }
    }

    @Test func hookRefusesWithItsOwnAnswer() async throws {
        let admit: WebSocketUpgradeChannel.Admit = { request in
            request.query == "token=good"
                ? nil : UpgradeRefusal(status: .unauthorized, code: "unauthorized", message: "no \"token\"")
        }
        try await withServer(hub, admit: admit) { server in
            let refused = try await server.connect { try await $0.upgrade("/ws/test?token=bad") }
            #expect(refused.status == 401)
            #expect(refused.body.contains(#""code":"unauthorized","message":"no \"token\"""#))
            let admitted = try await server.connect { try await $0.upgrade("/ws/test?token=good") }
            #expect(admitted.status == 101)
        }
    }

    @Test func allowsListedOrigin() async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.allowedOrigins = ["https://desk.example"]
        try await withServer(hub, configuration) { server in
            try await server.open(headers: ["origin:https://desk.example"]) { _ in }
        }
    }

    @Test func refusesConnectionsAboveTheLimitAndTakesThemAgain() async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.maxConnections = 1
        try await withServer(hub, configuration) { server in
            try await server.open { client in
                let refused = try await server.connect { try await $0.upgrade("/ws/test") }
                #expect(refused.status == 503)
                #expect(refused.body.contains(#""code":"too_many_connections""#))
                let plain = try await server.connect { try await $0.request("GET /health HTTP/1.1") }
                #expect(plain.status == 200)
                try await client.sendClose(1000)
                try await client.expect(.close(1000))
                _ = try await client.readToEnd()
            }
            try await settleLoops()
            try await server.open { _ in }
        }
    }

    @Test func limitsConnectionsOfOneAddress() {
        let limit = ConnectionLimit(maxTotal: 3, maxPerAddress: 1)
        #expect(limit.reserve(address: "10.0.0.1"))
        #expect(!limit.reserve(address: "10.0.0.1"))
        #expect(limit.reserve(address: "10.0.0.2"))
        limit.release(address: "10.0.0.1")
        #expect(limit.reserve(address: "10.0.0.1"))
        #expect(limit.reserve(address: nil))
        #expect(!limit.reserve(address: nil))
    }

    @Test func keepsHTTPConnectionAlive() async throws {
        try await withServer(hub) { server in
            try await server.connect { client in
                for _ in 0..<3 {
                    let answer = try await client.request("GET /health HTTP/1.1")
                    #expect(answer.status == 200 && answer.body == "ok")
                }
                #expect(try await client.upgrade("/ws/test").status == 426)
            }
        }
    }

    @Test func answersBytesThatAreNoHTTPWith400() async throws {
        try await withServer(hub) { server in
            try await server.connect { client in
                try await client.send(Array("\u{1}\u{2} nonsense\r\n\r\n".utf8))
                #expect(try await client.readAnswer().status == 400)
            }
        }
    }

    @Test func closesConnectionThatSendsNoRequest() async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.times.head = .milliseconds(1)
        try await withServer(hub, configuration) { server in
            let received = try await server.connect { try await $0.readToEnd() }
            #expect(received.isEmpty)
        }
    }
}
