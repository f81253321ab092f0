import HostCore
import HostWebSocket
import NIOCore
import TestSupport
import Testing

@testable import HostGateway

@Suite struct LiveTests {
    @Test func marketClientsGetASnapshotFirst() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                let welcome = try await client.readFrame()
                #expect(welcome["kind"] == "welcome")
                #expect(welcome["channel"] == "/ws/enhanced")
                #expect(welcome["instruments"] == 2)
                #expect(welcome["quotes"]?[0]?["instrument"] == "AAPL.US")
                #expect(welcome["quotes"]?[0]?["close"] == 443.66)
            }
        }
    }

    @Test func predictionClientsGetASnapshotFirst() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/ai-predictions")
                let welcome = try await client.readFrame()
                #expect(welcome["predictions"]?[0]?["value"] == 0.0125)
            }
        }
    }

    @Test func aClientGetsOnlyWhatItSubscribedTo() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                _ = try await client.readFrame()
                server.publish("first", topic: "IBM.US")
                try await client.expect("name", "first")
                try await client.send(text: #"{"subscribe":["sh600519","AAPL"]}"#)
                try await client.expect("subscribed", ["600519.SH", "AAPL.US"])
                server.publish("hidden", topic: "IBM.US")
                server.publish("second", topic: "AAPL.US")
                try await client.expect("name", "second")
                try await client.send(text: #"{"unsubscribe":["AAPL"]}"#)
                try await client.expect("subscribed", ["600519.SH"])
                server.publish("hidden", topic: "AAPL.US")
                server.publish("third", topic: "600519.SH")
                try await client.expect("name", "third")
                try await client.send(text: #"{"subscribe":["*"]}"#)
                try await client.expect("subscribed", "*")
                server.publish("fourth", topic: "IBM.US")
                try await client.expect("name", "fourth")
            }
        }
    }

    @Test func aClientNamesInstrumentsAsAnswersDo() async throws {
        let host = TestHost()
        host.add("00700.HK", time: TestHost.lastClose, close: 10)
        try await withGateway(host) { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                _ = try await client.readFrame()
                try await client.send(text: #"{"subscribe":["00700"]}"#)
                try await client.expect("subscribed", ["00700.HK"])
            }
        }
    }

    @Test(arguments: [
        (#"{"ping":1}"#, JSONValue.number(1)), (#"{"ping":"abc"}"#, "abc"), (#"{"ping":-2.5}"#, -2.5),
    ])
    func pingIsSentBack(text: String, pong: JSONValue) async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                _ = try await client.readFrame()
                try await client.send(text: text)
                try await client.expect("pong", pong)
            }
        }
    }

    @Test(arguments: [
        "", "hello", "[]", "{}", #"{"subscribe":"AAPL"}"#, #"{"subscribe":[1]}"#, #"{"buy":["AAPL"]}"#, #"{"ping":{}}"#,
        #"{"unsubscribe":["AAPL"]}"#, "{\"subscribe\":[\"\\u0000\"]}", #"{"subscribe":["A B"]}"#,
    ])
    func whatIsNotUnderstoodIsSaid(text: String) async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                _ = try await client.readFrame()
                try await client.send(text: text)
                let error = try await client.readFrame()["error"]
                #expect(error?["code"]?.text?.isEmpty == false)
                #expect(error?["message"]?.text?.isEmpty == false)
                try await client.send(text: #"{"ping":1}"#)
                try await client.expect("pong", 1)
            }
        }
    }

    @Test func topicsOfOneClientAreBounded() async throws {
        try await withGateway { server in
            try await server.connect { client in
                try await client.upgrade("/ws/enhanced")
                _ = try await client.readFrame()
                let symbols = (0...1000).map { "\"A\($0)\"" }.joined(separator: ",")
                try await client.send(text: "{\"subscribe\":[\(symbols)]}")
                let answer = try await client.readFrame()
                #expect(answer["error"]?["code"] == "too_many_topics")
            }
        }
    }
}

extension RunningGateway {
    /// Publishes a named message on the market channel.
    func publish(_ name: String, topic: String) {
        hub.publish(LiveChannels.market, ByteBuffer(string: "{\"name\":\"\(name)\"}"), topic: topic)
    }
}
