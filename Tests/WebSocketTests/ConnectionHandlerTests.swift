import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOWebSocket
import Testing

@testable import HostWebSocket

/// A connection without a socket and with a clock that the test moves.
struct ConnectionHandlerTests {
    private let hub = ChannelHub(
        channels: [ChannelDefinition(path: "/ws/test")], queueLimit: 3,
        choose: { request in
            var choice = ChannelChoice()
            choice.conflates = request.query == "conflate=true"
            return choice
        })

    private func connect(
        _ configuration: WebSocketConfiguration = WebSocketConfiguration(), query: String = ""
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws/test?\(query)")
        let request = ChannelRequest(head: head, remoteAddress: nil)
        try channel.pipeline.syncOperations.addHandler(
            ConnectionHandler(hub: hub, channel: 0, request: request, configuration: configuration))
        return channel
    }

    private func publish(_ text: String, _ channel: EmbeddedChannel) {
        hub.publish("/ws/test", ByteBuffer(string: text))
        channel.embeddedEventLoop.run()
    }

    private func read(_ channel: EmbeddedChannel) throws -> [UInt8]? {
        try channel.readOutbound(as: ByteBuffer.self).map { Array($0.readableBytesView) }
    }

    private func frame(_ opcode: WebSocketOpcode, _ bytes: [UInt8] = []) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: opcode, maskKey: [0, 0, 0, 0], data: ByteBuffer(bytes: bytes))
    }

    @Test func pingsEachIntervalWhileAnswered() throws {
        let channel = try connect()
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            #expect(try read(channel) == [0x89, 0])
            try channel.writeInbound(frame(.pong))
        }
        #expect(channel.isActive)
    }

    @Test func closesClientThatAnswersNoPingWith1011() throws {
        let channel = try connect()
        for _ in 0..<2 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            #expect(try read(channel) == [0x89, 0])
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(try read(channel) == [0x88, 2, 0x03, 0xF3])
        #expect(hub.connectionCount == 0)
        #expect(hub.connectionsDropped == ["broken": 0, "unresponsive": 1])
    }

    @Test func aConnectionThatEndsWithoutACloseCountsAsBroken() throws {
        let closing = try connect()
        try closing.writeInbound(frame(.connectionClose, [0x03, 0xE8]))
        #expect(!closing.isActive)
        #expect(hub.connectionsDropped["broken"] == 0)
        let broken = try connect()
        _ = try broken.finish()
        #expect(hub.connectionsDropped == ["broken": 1, "unresponsive": 0])
        #expect(hub.connectionsTotal == 2)
    }

    @Test func unwritableClientKeepsTheNewestFrames() throws {
        let channel = try connect()
        channel.isWritable = false
        for i in 0..<10 { publish("\(i)", channel) }
        #expect(try read(channel) == nil)
        #expect(hub.droppedTotal == 7)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        for digit in UInt8(ascii: "7")...UInt8(ascii: "9") { #expect(try read(channel) == [0x81, 1, digit]) }
        #expect(hub.deliveredTotal == 3)
    }

    @Test func unwritableClientGetsOneAnswerToManyPings() throws {
        let channel = try connect()
        channel.isWritable = false
        for i in UInt8(0)..<100 { try channel.writeInbound(frame(.ping, [i])) }
        #expect(try read(channel) == nil)
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try read(channel) == [0x8A, 1, 99])
        #expect(try read(channel) == nil)
    }

    @Test func closingClientGetsAndSaysNothingMore() throws {
        let channel = try connect()
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try read(channel) == [0x88, 2, 0x03, 0xE9])
        publish("late", channel)
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try read(channel) == nil)
        #expect(hub.subscriberCount("/ws/test") == 0)
    }

    @Test func fullMailboxLosesTheOldestMessages() throws {
        let channel = try connect()
        for i in 0..<10 { hub.publish("/ws/test", ByteBuffer(string: "\(i)")) }
        channel.embeddedEventLoop.run()
        for digit in UInt8(ascii: "7")...UInt8(ascii: "9") { #expect(try read(channel) == [0x81, 1, digit]) }
        #expect(hub.droppedTotal == 7)
    }

    @Test func whatDoesNotFitIsToldAsAGap() throws {
        let channel = try connect()
        channel.isWritable = false
        for i in 0..<10 { publish("{\"n\":\(i)}", channel) }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        #expect(try text(channel) == #"{"kind":"gap","channel":"/ws/test","dropped":7}"#)
        for i in 7...9 { #expect(try text(channel) == #"{"channel":"/ws/test","id":\#(i + 1),"n":\#(i)}"#) }
        for i in 0..<10 { hub.publish("/ws/test", ByteBuffer(string: "{\"n\":\(i)}")) }
        channel.embeddedEventLoop.run()
        #expect(try text(channel) == #"{"kind":"gap","channel":"/ws/test","dropped":7}"#)
        #expect(try text(channel) == #"{"channel":"/ws/test","id":18,"n":7}"#)
    }

    @Test func aClientThatWantsTheNewestGetsOneOfEachSubject() throws {
        let channel = try connect(query: "conflate=true")
        channel.isWritable = false
        for i in 0..<6 {
            let message = ByteBuffer(string: "{\"kind\":\"bars\",\"n\":\(i)}")
            hub.publish("/ws/test", message, topic: i.isMultiple(of: 2) ? "AAPL.US" : "IBM.US")
            channel.embeddedEventLoop.run()
        }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
        for i in 4...5 {
            #expect(try text(channel) == #"{"channel":"/ws/test","id":\#(i + 1),"kind":"bars","n":\#(i)}"#)
        }
        #expect(try read(channel) == nil)
        #expect(hub.conflatedTotal == 4 && hub.droppedTotal == 0)
    }

    /// Reads a short text frame.
    private func text(_ channel: EmbeddedChannel) throws -> String? {
        try read(channel).map { String(decoding: $0.dropFirst(2), as: UTF8.self) }
    }

    @Test func queueIsBoundedInBytes() {
        var queue = OutboundQueue(maxFrames: 100, maxBytes: 10)
        #expect(queue.append(ByteBuffer(string: "123456")).dropped == 0)
        #expect(queue.append(ByteBuffer(string: "1234")).dropped == 0)
        #expect(queue.append(ByteBuffer(string: "5")).dropped == 1)
        #expect(queue.bytes == 5)
        #expect(queue.append(ByteBuffer(string: "more than ten bytes")).dropped == 2)
        #expect(queue.count == 1)
    }

    /// Any bytes end in frames, a Close, or silence: never in a crash, and never in more than one Close.
    @Test func survivesRandomFrames() throws {
        var generator = SplitMix(state: 42)
        for _ in 0..<2000 {
            var machine = FrameMachine(maxMessageSize: 64)
            for _ in 0..<8 {
                let frame = WebSocketFrame(
                    fin: Bool.random(using: &generator), rsv1: generator.next() % 16 == 0,
                    opcode: [.text, .continuation, .ping, .pong, .binary, .connectionClose].randomElement(
                        using: &generator)
                        ?? .text,
                    maskKey: generator.next() % 16 == 0 ? nil : .random(using: &generator),
                    data: ByteBuffer(bytes: (0..<Int(generator.next() % 40)).map { _ in UInt8(generator.next() & 255) })
                )
                if case .text(let text) = machine.receive(frame) { #expect(text.utf8.count <= 64) }
            }
        }
    }
}

/// A small generator with a fixed seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
