import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import HostWebSocket

/// Time and places: a client that holds a connection and sends nothing, or half of something, keeps nobody out.
@Suite(.timeLimit(.minutes(15)))
struct ConnectionGuardTests {
    @Test func endsAConnectionThatSendsNothing() throws {
        let channel = try Self.channel()
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func endsHalfAHeadWith408() throws {
        let channel = try Self.channel()
        try channel.writeInbound(ByteBuffer(string: "GET /health HTT"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(try Self.sent(channel).contains("408"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive)
    }

    @Test func bytesThatTrickleDoNotProlongAHead() throws {
        let channel = try Self.channel()
        for byte in "GET /heal" {
            try channel.writeInbound(ByteBuffer(string: String(byte)))
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try Self.sent(channel).contains("408"))
    }

    @Test func endsHalfABodyWith408AndForgetsTheLateAnswer() throws {
        let channel = try Self.channel()
        try channel.writeInbound(ByteBuffer(string: "PUT /c HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(try Self.sent(channel).isEmpty)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try Self.sent(channel).contains("408"))
        _ = try? Self.answer(channel)
        #expect(try Self.sent(channel).isEmpty)
    }

    @Test func keepsAConnectionBetweenRequestsAndWhileTheHostWorks() throws {
        let channel = try Self.channel()
        try Self.ask(channel)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        try Self.answer(channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(74))
        #expect(channel.isActive)
        try Self.ask(channel)
        try Self.answer(channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(74))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func halfASecondRequestHasTheTimeOfAHead() throws {
        let channel = try Self.channel()
        try Self.ask(channel)
        try Self.answer(channel)
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        try channel.writeInbound(ByteBuffer(string: "GET /hea"))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try Self.sent(channel).contains("408"))
    }

    @Test func theConnectionThatWaitsLongestGivesItsPlaceToANewOne() throws {
        let table = ConnectionTable(limit: 2)
        let channels = (0..<4).map { _ in EmbeddedChannel() }
        for channel in channels { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }
        let first = table.add(channels[0])
        _ = table.add(channels[1])
        first.work()
        _ = table.add(channels[2])
        #expect(channels[0].isActive && !channels[1].isActive && channels[2].isActive)
        first.wait()
        _ = table.add(channels[3])
        #expect(channels[0].isActive && !channels[2].isActive && channels[3].isActive)
        #expect(table.count == 2)
    }

    @Test func noneIsEndedThatIsBeingAnswered() throws {
        let table = ConnectionTable(limit: 1)
        let channels = (0..<2).map { _ in EmbeddedChannel() }
        for channel in channels { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }
        table.add(channels[0]).work()
        _ = table.add(channels[1])
        #expect(channels[0].isActive && channels[1].isActive)
    }

    @Test(arguments: ["", "GET /health HT", "PUT /none HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"])
    func aCrowdThatWaitsDoesNotKeepOthersOut(bytes: String) async throws {
        var configuration = WebSocketConfiguration.withoutPings
        configuration.maxOpen = 8
        try await withServer(ChannelHub(channels: [ChannelDefinition(path: "/ws/test")]), configuration) { server in
            try await Self.crowd(32, bytes, at: server) {
                for _ in 0..<4 {
                    let isAnswered = try await Self.isAnswered(by: server)
                    #expect(isAnswered)
                }
            }
        }
    }

    /// Asks until it is answered: one of the crowd that is taken in late may end a connection that has not asked yet.
    private static func isAnswered(by server: TestServer) async throws -> Bool {
        for _ in 0..<32 {
            let answer = try? await server.connect { try await $0.request("GET /health HTTP/1.1") }
            if let answer { return answer.status == 200 }
        }
        return false
    }

    /// Holds so many connections that sent these bytes during `body`.
    private static func crowd(
        _ count: Int, _ bytes: String, at server: TestServer, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard count > 0 else { return try await body() }
        try await server.connect { client in
            if !bytes.isEmpty { try await client.send(bytes) }
            try await crowd(count - 1, bytes, at: server, body)
        }
    }

    private static func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        let connection = ConnectionGuard(rules: RequestRules(), times: ConnectionTimes(), slot: ConnectionSlot())
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        try pipeline.addHandler(connection)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func ask(_ channel: EmbeddedChannel) throws {
        try channel.writeInbound(ByteBuffer(string: "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    private static func answer(_ channel: EmbeddedChannel) throws {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
        try channel.writeOutbound(HTTPServerResponsePart.head(head))
        try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    private static func sent(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }
}
