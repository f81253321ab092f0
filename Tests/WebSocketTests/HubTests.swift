import NIOCore
import TestSupport
import Testing

@testable import HostWebSocket

/// What a hub sends to whom, over real sockets.
@Suite(.timeLimit(.minutes(15)))
struct HubTests {
    @Test func sendsToClientsOfTheChannelOnlyAndInOrder() async throws {
        let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/a"), ChannelDefinition(path: "/ws/b")])
        try await withServer(hub) { server in
            try await server.open("/ws/a") { a in
                try await server.open("/ws/b") { b in
                    await awaitClients(2, of: hub)
                    for i in 0..<100 { hub.publish("/ws/a", ByteBuffer(string: "a\(i)")) }
                    hub.publish("/ws/b", ByteBuffer(string: "b"))
                    hub.publish("/ws/none", ByteBuffer(string: "nobody"))
                    try await b.expect(.text("b"))
                }
                for i in 0..<100 { try await a.expect(.text("a\(i)")) }
                #expect(hub.subscriberCount("/ws/a") == 1)
            }
        }
        #expect(hub.deliveredTotal == 101)
        #expect(hub.droppedTotal == 0)
        #expect(hub.channels == ["/ws/a", "/ws/b"])
        #expect(hub.subscriberCount("/ws/none") == 0)
    }

    @Test func welcomesClientBeforeAnythingElse() async throws {
        let definition = ChannelDefinition(path: "/ws/test") { ByteBuffer(string: "snapshot \($0.query)") }
        try await withServer(ChannelHub(channels: [definition])) { server in
            try await server.open("/ws/test?x=1") { client in
                try await client.expect(.text("snapshot x=1"))
            }
        }
    }

    @Test func filtersByTopicOfClient() async throws {
        let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")]) { hub, message in
            hub.setTopics(
                message.client, message.text == "*" ? nil : Set(message.text.split(separator: ",").map(String.init)))
            return ByteBuffer(string: "now \(message.text) on \(message.channel)")
        }
        try await withServer(hub) { server in
            try await server.open { client in
                try await client.send(text: "AAPL.US,IBM.US")
                try await client.expect(.text("now AAPL.US,IBM.US on /ws/test"))
                hub.publish("/ws/test", ByteBuffer(string: "1"), topic: "MSFT.US")
                hub.publish("/ws/test", ByteBuffer(string: "2"), topic: "IBM.US")
                hub.publish("/ws/test", ByteBuffer(string: "3"))
                try await client.expect(.text("2"))
                try await client.expect(.text("3"))
                try await client.send(text: "*")
                _ = try await client.readFrame()
                hub.publish("/ws/test", ByteBuffer(string: "4"), topic: "MSFT.US")
                try await client.expect(.text("4"))
            }
        }
    }

    @Test func carriesOneMessageToManyClients() async throws {
        let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")])
        try await withServer(hub) { server in
            try await withThrowingTaskGroup(of: TestClient.Frame.self) { group in
                for _ in 0..<40 {
                    group.addTask { try await server.open { try await $0.readFrame() } }
                }
                await awaitClients(40, of: hub)
                hub.publish("/ws/test", ByteBuffer(string: "to all"))
                for try await frame in group { #expect(frame == .text("to all")) }
            }
        }
        #expect(hub.deliveredTotal == 40)
    }

    /// Trap 6: 200 messages of 64 KiB for one reader that reads and one that does not.
    @Test func slowReaderLosesOldFramesAndNobodyElseDoes() async throws {
        let limit = 16
        let hub = ChannelHub(channels: [ChannelDefinition(path: "/ws/test")], queueLimit: limit)
        let padding = String(repeating: "x", count: 64 * 1024)
        try await withServer(hub) { server in
            try await server.connect(receiveBuffer: 4096) { slow in
                #expect(try await slow.upgrade("/ws/test").status == 101)
                try await server.open { fast in
                    await awaitClients(2, of: hub)
                    for i in 0..<200 {
                        hub.publish("/ws/test", ByteBuffer(string: "\(i) \(padding)"))
                        try await fast.expect(.text("\(i) \(padding)"))
                    }
                }
                try await settleLoops()
                #expect(hub.droppedTotal > 0)
                #expect((0...limit).contains(400 - hub.deliveredTotal - hub.droppedTotal))
            }
        }
    }
}
