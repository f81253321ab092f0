import Deflation
import HostCore
import HostWebSocket
import NIOCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

/// Clients that come back, that want less, and that speak no WebSocket.
@Suite struct ResumeTests {
    private static let alert = #"{"kind":"alerts","severity":"warning","rule":"stale"}"#

    @Test func whatIsSentBeginsWithChannelAndID() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                try await client.expect("id", 0)
                server.publish("first", topic: "IBM.US")
                let frame = try await client.readFrame()
                #expect(
                    String(decoding: frame.payload, as: UTF8.self)
                        == #"{"channel":"/ws/enhanced","id":1,"name":"first"}"#)
            }
        }
    }

    @Test func aClientThatComesBackMissesNothing() async throws {
        try await withGateway { server in
            for number in 1...2_000 { server.publish("\(number)", topic: "IBM.US") }
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced?after=500")
                for number in 501...2_000 { try await client.expect("id", .number(Double(number))) }
                server.publish("next", topic: "IBM.US")
                try await client.expect("id", 2_001)
            }
        }
    }

    @Test func aClientThatComesBackGetsOnlyItsInstruments() async throws {
        try await withGateway { server in
            for number in 1...10 { server.publish("\(number)", topic: number % 5 == 0 ? "AAPL.US" : "IBM.US") }
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced?after=0&symbols=aapl")
                try await client.expect("id", 5)
                try await client.expect("id", 10)
            }
        }
    }

    @Test(arguments: ["99", "9007199254740992"]) func anIDThatWasNeverGivenIsAGapAndASnapshot(id: String) async throws {
        try await withGateway { server in
            server.publish("first", topic: "IBM.US")
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced?after=\(id)")
                let gap = try await client.readFrame()
                #expect(gap["kind"] == "gap" && gap["channel"] == "/ws/enhanced")
                let welcome = try await client.readFrame()
                #expect(welcome["kind"] == "welcome" && welcome["id"] == 1)
                server.publish("second", topic: "IBM.US")
                try await client.expect("id", 2)
            }
        }
    }

    @Test func alertsAreChosenBySeverityAndTheSnapshotHasTheLast() async throws {
        try await withGateway { server in
            server.hub.publish(LiveChannels.alerts, ByteBuffer(string: Self.alert))
            let info = Self.alert.replacing("warning", with: "info")
            server.hub.publish(LiveChannels.alerts, ByteBuffer(string: info))
            try await server.connect { client in
                try await client.upgrade("/ws/risk-alerts?severity=warning,critical")
                let welcome = try await client.readFrame()
                #expect(welcome["alerts"]?.count == 1 && welcome["alerts"]?[0]?["severity"] == "warning")
                server.hub.publish(LiveChannels.alerts, ByteBuffer(string: info))
                server.hub.publish(LiveChannels.alerts, ByteBuffer(string: Self.alert))
                try await client.expect("id", 4)
            }
        }
    }

    @Test func aStateThatChangesIsSent() async throws {
        let host = TestHost.filled()
        try await withGateway(host) { server in
            try await server.connect { client in
                try await client.upgrade("/ws/pipeline-status")
                let welcome = try await client.readFrame()
                #expect(welcome["instances"]?.count == 3)
                host.board.set(.sink, "keep", .degraded, "the disk is full.")
                let change = try await client.readFrame()
                #expect(change["kind"] == "status" && change["instance"]?["state"] == "degraded")
                #expect(change["time"]?.text?.hasSuffix("Z") == true)
            }
        }
    }

    @Test func countersComeAsTheyChange() async throws {
        let host = TestHost.filled()
        try await withGateway(host) { server in
            try await server.connect { client in
                try await client.upgrade("/ws/stream-metrics")
                let welcome = try await client.readFrame()
                #expect(welcome["pipelines"]?.count == 0)
                host.flows.set([FlowSnapshot(pipeline: "main")])
                // What was published before may come first.
                var message = try await client.readFrame()
                while message["counters"]?["pipelines"]?.count == 0 { message = try await client.readFrame() }
                #expect(message["kind"] == "metrics" && message["counters"]?["pipelines"]?[0]?["pipeline"] == "main")
            }
        }
    }

    @Test(arguments: ["after=-1", "after=x", "symbols=A%20B", "severity=loud", "conflate=maybe", "after=1&after=2"])
    func aChoiceThatIsNotUnderstoodIsRefused(query: String) async throws {
        try await withGateway { server in
            for path in ["/ws/enhanced", "/sse/enhanced"] {
                let answer = try await server.connect { client in
                    try await client.request(
                        "\(path)?\(query)",
                        headers: path.hasPrefix("/ws")
                            ? [
                                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                            ] : [])
                }
                #expect(answer.status == 400)
                #expect(try answer.json["error"]?["code"] == "bad_parameter")
            }
        }
    }
}

/// The channels as Server-Sent Events.
@Suite struct EventStreamTests {
    @Test func aStreamBeginsWithASnapshotAndGoesOn() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.send("GET /sse/enhanced HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let head = try await client.readText(until: "\r\n\r\n")
                #expect(head.contains("200 OK") && head.lowercased().contains("content-type: text/event-stream"))
                let welcome = try await client.readText(until: "\n\n")
                #expect(welcome.contains("id: 0\ndata: {\"kind\":\"welcome\""))
                server.publish("first", topic: "IBM.US")
                let event = try await client.readText(until: "\n\n")
                #expect(event.contains("id: 1\ndata: {\"channel\":\"/ws/enhanced\",\"id\":1,\"name\":\"first\"}\n\n"))
            }
        }
    }

    @Test(arguments: [("?after=1997", ""), ("", "Last-Event-ID: 1997\r\n")])
    func aStreamThatComesBackMissesNothing(query: String, field: String) async throws {
        try await withGateway { server in
            for number in 1...2_000 { server.publish("\(number)", topic: "IBM.US") }
            try await server.connect { client in
                try await client.send("GET /sse/enhanced\(query) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(field)\r\n")
                let text = try await client.readText(until: "\"name\":\"2000\"}\n\n")
                #expect(text.matches(of: #/id: (\d+)\n/#).map { String($0.output.1) } == ["1998", "1999", "2000"])
                #expect(!text.contains("welcome"))
            }
        }
    }

    @Test func aGapIsToldAndASnapshotFollows() async throws {
        try await withGateway { server in
            server.publish("1", topic: "IBM.US")
            try await server.connect { client in
                try await client.send("GET /sse/enhanced?after=44 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                let text = try await client.readText(until: "]}\n\n")
                #expect(text.contains(#"data: {"kind":"gap","channel":"/ws/enhanced","after":44}"#))
                #expect(text.contains("id: 1\ndata: {\"kind\":\"welcome\""))
            }
        }
    }

    @Test func aStopEndsStreams() async throws {
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        try await withGateway { server in
            // It ends with the server's stop, which waits for it: no one cancels it.
            Task {
                let rest = try? await server.connect { client in
                    try await client.send("GET /sse/enhanced HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    _ = try await client.readText(until: "\n\n")
                    beginning.finish()
                    return try await client.readToEnd()
                }
                end.yield(rest.map { String(decoding: $0, as: UTF8.self).hasSuffix("0\r\n\r\n") } ?? false)
                end.finish()
            }
            for await _ in begun {}
        }
        for await isWhole in ends { #expect(isWhole) }
    }
}

/// permessage-deflate.
@Suite struct PackedChannelTests {
    private static let offer = ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]

    @Test func messagesArePackedForWhoAsksAndPlainForOthers() async throws {
        try await withGateway { server in
            let long = String(repeating: "a long name ", count: 40)
            try await server.connect { client in
                let answer = try await client.upgrade("/ws/enhanced", headers: Self.offer)
                #expect(
                    answer.headers["sec-websocket-extensions"]
                        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
                let welcome = try await client.readFrame()
                #expect(welcome.isPacked)
                let text = try Deflation.unpacked(message: welcome.payload, limit: 1 << 20)
                #expect(try JSONValue(parsing: String(decoding: text, as: UTF8.self))["kind"] == "welcome")
                try await server.connect { other in
                    try await other.upgrade("/ws/enhanced")
                    let plain = try await other.readFrame()
                    #expect(!plain.isPacked && plain["kind"] == "welcome")
                    server.publish(long, topic: "IBM.US")
                    try await other.expect("name", .text(long))
                }
                let packed = try await client.readFrame()
                #expect(packed.isPacked && packed.payload.count < 120)
                let message = try Deflation.unpacked(message: packed.payload, limit: 1 << 20)
                #expect(String(decoding: message, as: UTF8.self).contains(long))
            }
        }
    }

    @Test func aPackedCommandIsUnderstoodAndADamagedOneEndsTheConnection() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced", headers: Self.offer)
                _ = try await client.readFrame()
                let packed = try #require(Deflation.message(Array(#"{"ping":7}"#.utf8)))
                try await client.send(TestClient.frame(0xC1, packed))
                try await client.expect("pong", 7)
                try await client.send(TestClient.frame(0xC1, [0xFF, 0xFF, 0xFF]))
                let frame = try await client.readFrame()
                #expect(frame == .close(1002))
            }
            let bomb = try #require(Deflation.message(Array(repeating: 0x20, count: 4 << 20)))
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced", headers: Self.offer)
                _ = try await client.readFrame()
                try await client.send(TestClient.frame(0xC1, bomb))
                let frame = try await client.readFrame()
                #expect(frame == .close(1009))
            }
        }
    }

    @Test(arguments: [
        "permessage-deflate; server_max_window_bits=10", "permessage-deflate; colour=red", "x-webkit-deflate-frame",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
    ])
    func anOfferThatCannotBeKeptIsLeftOut(offer: String) async throws {
        try await withGateway { server in
            try await server.connect { client in
                let answer = try await client.upgrade(
                    "/ws/enhanced", headers: ["Sec-WebSocket-Extensions: \(offer)"])
                #expect(answer.headers["sec-websocket-extensions"] == nil)
                let welcome = try await client.readFrame()
                #expect(!welcome.isPacked && welcome["kind"] == "welcome")
            }
        }
    }
}
