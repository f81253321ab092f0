import NIOCore
import TestSupport
import Testing

@testable import HostWebSocket

/// Traps 2, 3 and 4: RFC 6455 as a client sees it.
@Suite(.timeLimit(.minutes(15)))
struct ProtocolTests {
    /// Sends every text back.
    private let hub = ChannelHub(
        channels: [ChannelDefinition(path: "/ws/test")], onText: { _, message in ByteBuffer(string: message.text) })

    private static func frame(_ first: UInt8, _ payload: [UInt8] = []) -> [UInt8] { TestClient.frame(first, payload) }

    /// Bytes that break the protocol, and the code they must end with.
    static let faults: [(String, [UInt8], UInt16)] = [
        ("unmasked frame", TestClient.frame(0x81, [65], masked: false), 1002),
        ("unmasked ping", TestClient.frame(0x89, [], masked: false), 1002),
        ("reserved bit 1", frame(0xC1, [65]), 1002), ("reserved bit 2", frame(0xA1, [65]), 1002),
        ("reserved bit 3", frame(0x91, [65]), 1002), ("reserved bit on ping", frame(0xC9), 1002),
        ("reserved data opcode", frame(0x83, [65]), 1002), ("reserved control opcode", frame(0x8B), 1002),
        ("fragmented ping", frame(0x09), 1002), ("fragmented close", frame(0x08), 1002),
        ("ping of 126 bytes", frame(0x89, Array(repeating: 0, count: 126)), 1002),
        ("continuation without start", frame(0x80, [65]), 1002),
        ("start within a message", frame(0x01, [65]) + frame(0x81, [66]), 1002),
        ("binary start within a message", frame(0x01, [65]) + frame(0x82, [66]), 1002),
        ("binary message", frame(0x82, [1, 2]), 1003),
        ("text not UTF-8", frame(0x81, [0xC3, 0x28]), 1007),
        ("surrogate", frame(0x81, [0xED, 0xA0, 0x80]), 1007),
        ("character cut off", frame(0x01, [65]) + frame(0x80, [0xE2, 0x82]), 1007),
        ("close of one byte", frame(0x88, [3]), 1002), ("close 1004", frame(0x88, [3, 0xEC]), 1002),
        ("close 1005", frame(0x88, [3, 0xED]), 1002), ("close 1006", frame(0x88, [3, 0xEE]), 1002),
        ("close 1015", frame(0x88, [3, 0xF7]), 1002), ("close 999", frame(0x88, [3, 0xE7]), 1002),
        ("close 2000", frame(0x88, [7, 0xD0]), 1002), ("close 5000", frame(0x88, [0x13, 0x88]), 1002),
        ("close reason not UTF-8", frame(0x88, [3, 0xE8, 0xFF]), 1007),
    ]

    @Test(arguments: faults)
    func endsConnectionWithCode(_ name: String, bytes: [UInt8], code: UInt16) async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(bytes)
                try await client.expect(.close(code), "\(name)")
                client.finishOutput()
                try await client.expectEnd()
            }
        }
    }

    @Test func refusesFrameAboveLimitBeforeItsPayloadCame() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x81, [], length: 64 * 1024 + 1))
                try await client.expect(.close(1009))
                client.finishOutput()
                try await client.expectEnd()
            }
        }
    }

    @Test func closeReachesClientThatKeepsSending() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x81, [], length: 1 << 40))
                for _ in 0..<64 { try await client.send(Array(repeating: 0, count: 16384)) }
                try await client.expect(.close(1009))
            }
        }
    }

    @Test func refusesMessageAboveLimitOverFragments() async throws {
        let part = [UInt8](repeating: 65, count: 60 * 1024)
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x01, part))
                for _ in 0..<4 { try await client.send(TestClient.frame(0x00, part)) }
                try await client.expect(.close(1009))
            }
        }
    }

    @Test func joinsFragmentsAndAnswersPingBetweenThem() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                let euro = Array("€".utf8)
                try await client.send(TestClient.frame(0x01, Array("1 ".utf8) + euro.prefix(1)))
                try await client.send(TestClient.frame(0x89, [1, 2, 3]))
                try await client.send(TestClient.frame(0x00, []) + TestClient.frame(0x00, Array(euro.dropFirst())))
                try await client.expect(.pong([1, 2, 3]))
                try await client.send(TestClient.frame(0x80, Array(" = 8".utf8)))
                try await client.expect(.text("1 € = 8"))
            }
        }
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536])
    func carriesTextOfAnyLength(_ count: Int) async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.maxFrameSize = 1 << 20
        let text = String(repeating: "x", count: count)
        try await withServer(hub, configuration) { server in
            try await server.open { client in
                try await client.send(text: text)
                try await client.expect(.text(text))
            }
        }
    }

    @Test func readsFramesThatArriveByteByByte() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                for byte in TestClient.frame(0x81, Array("slow".utf8)) { try await client.send([byte]) }
                try await client.expect(.text("slow"))
            }
        }
    }

    @Test func readsFrameSentTogetherWithTheHandshake() async throws {
        try await withServer(hub) { server in
            try await server.connect { client in
                let request =
                    "GET /ws/test HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                try await client.send(Array(request.utf8) + TestClient.frame(0x81, [65]))
                #expect(try await client.readAnswer().status == 101)
                try await client.expect(.text("A"))
            }
        }
    }

    @Test func answersPingOf125Bytes() async throws {
        let payload = (0..<125).map(UInt8.init)
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x89, payload))
                try await client.expect(.pong(payload))
            }
        }
    }

    @Test func passesOverPongNobodyAskedFor() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x8A, [1]))
                try await client.send(text: "still here")
                try await client.expect(.text("still here"))
            }
        }
    }

    @Test(arguments: [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] as [UInt16])
    func answersCloseWithItsCode(_ code: UInt16) async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.sendClose(code)
                try await client.expect(.close(code))
                try await client.expectEnd()
            }
        }
    }

    @Test func answersCloseWithoutCode() async throws {
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(TestClient.frame(0x88, []))
                try await client.expect(TestClient.Frame(opcode: 8, payload: []))
                try await client.expectEnd()
            }
        }
    }

    /// Trap 4: the read ends only when the server closes too; else the socket would stay in CLOSE-WAIT.
    @Test func closesSocketAfterHalfClose() async throws {
        let hub = hub
        try await withServer(hub) { server in
            try await server.open { client in
                await awaitClients(1, of: hub)
                client.finishOutput()
                try await client.expectEnd()
            }
            try await settleLoops()
            #expect(hub.connectionCount == 0)
        }
    }
}
