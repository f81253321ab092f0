import HTTPFetch
import PluginKit
import TestSupport
import Testing

/// Streams of server-sent events from a server of this machine, which behaves as told.
struct EventSourceTests {
    private func request(_ server: ReplayServer, _ path: String = "a") throws -> HTTPRequest {
        HTTPRequest(get: try #require(HTTPAddress(server.url)).path(path).query([("key", "hidden")]))
    }

    private func source(
        _ bounds: StreamOptions = StreamOptions(), maximumBytes: Int = 32 << 20, timeout: Duration = .seconds(600)
    ) throws -> EventSource {
        try EventSource(
            HTTPOptions(timeout: timeout, maximumBytes: maximumBytes), bounds, owner: "provider/test",
            secrets: [Secret("hidden")])
    }

    /// What comes over stream 0 until it ends; `event` is called for each arrival of events.
    private func heard(
        _ source: EventSource, event: () throws -> Void = {}
    ) async throws -> (texts: [String], end: PluginError) {
        var texts: [String] = []
        while true {
            for arrival in try await source.receive() {
                switch arrival.content {
                case .opened: texts.append("opened")
                case .events(let events):
                    texts += events.map { String(decoding: $0.data, as: UTF8.self) }
                    try event()
                case .ended(let error): return (texts, error)
                }
            }
        }
    }

    @Test func eventsComeWhileTheStreamIsOpen() async throws {
        let long = String(repeating: "long ", count: 40_000)
        let server = try ReplayServer(
            .any(.events(.send("data: one\n\ndata: tw"), .send("o\n\n"), .hold, .send("data: \(long)\n\n"))))
        let source = try source()
        source.open(0, try request(server))
        var texts: [String] = []
        while texts.count < 2 {
            for arrival in try await source.receive() {
                guard case .events(let events) = arrival.content else { continue }
                texts += events.map { String(decoding: $0.data, as: UTF8.self) }
            }
        }
        // The server has not ended its reply yet.
        #expect(texts == ["one", "two"])
        try server.release()
        let rest = try await heard(source)
        #expect(rest.texts == [long])
        #expect(rest.end.code == .transient && rest.end.cause as? HTTPFault == .ended)
        let asked = try #require(try server.asked().first)
        #expect(asked.header("Accept") == "text/event-stream" && asked.header("Accept-Encoding") == "identity")
    }

    private static let endings: [(step: ReplayServer.Step, cause: HTTPFault, code: PluginError.Code)] = [
        (.reset, .reset, .transient), (.silent, .silent, .transient),
        (.send("data: " + String(repeating: "x", count: 70_000)), .tooLong, .malformed),
    ]

    @Test(arguments: 0..<3) func whatCameBeforeAnEndIsTakenAndTheEndIsTold(number: Int) async throws {
        let ending = Self.endings[number]
        let server = try ReplayServer(.any(.events(.send("data: one\n\n"), .hold, ending.step)))
        // Held until the first event was taken: a reset would overtake it.
        let silence = Duration.milliseconds(ending.cause == .silent ? 300 : 600_000)
        let source = try source(StreamOptions(silence: silence), maximumBytes: 65_536)
        source.open(0, try request(server))
        let (texts, end) = try await heard(source) { try server.release() }
        #expect(texts == ["opened", "one"])
        #expect(end.code == ending.code && end.cause as? HTTPFault == ending.cause, "\(end.message)")
        #expect(end.message.hasPrefix("provider/test: 127.0.0.1:") && !end.message.contains("hidden"))
    }

    private static let refusals: [(reply: ReplayServer.Reply, code: PluginError.Code, cause: HTTPFault?)] = [
        (.init("no", status: 403), .permission, nil), (.init("no", status: 429), .rateLimited, nil),
        (.init("no", status: 503), .transient, nil), (.init("<html>Are you a robot?"), .malformed, .noStream),
        (.init(fault: "close"), .transient, .closedWithoutReply), (.init(fault: "garbage"), .malformed, .notHTTP),
        (.init(fault: "hang"), .transient, .timeout),
    ]

    @Test(arguments: 0..<7) func whatIsNoStreamHasAClass(number: Int) async throws {
        let refusal = Self.refusals[number]
        let server = try ReplayServer(.any(refusal.reply))
        let source = try source(timeout: refusal.cause == .timeout ? .milliseconds(300) : .seconds(600))
        source.open(0, try request(server))
        let (texts, end) = try await heard(source)
        #expect(texts.isEmpty && end.code == refusal.code, "\(end.message)")
        if let cause = refusal.cause { #expect(end.cause as? HTTPFault == cause, "\(end.message)") }
    }

    /// More than one host may have connections of at one time, where each is asked something that ends.
    @Test func manyStreamsOfOneHostAreOpenAtOnce() async throws {
        let server = try ReplayServer(.any(.events(.send("data: here\n\n"), .hold)))
        let source = try source()
        for stream in 0..<20 { source.open(stream, try request(server, "\(stream)")) }
        var seen: Set<Int> = []
        while seen.count < 20 {
            for arrival in try await source.receive() {
                if case .events = arrival.content { seen.insert(arrival.stream) }
            }
        }
        try server.release()
    }

    @Test func aSourceIsHeldBackUntilWhatItSentIsTaken() async throws {
        let big = "data: " + String(repeating: "x", count: 999_992) + "\n\n"
        let steps = Array(repeating: ReplayServer.Step.send(big), count: 60)
        let server = try ReplayServer(.any(ReplayServer.Reply().with { $0.events = steps }))
        let source = try source()
        source.open(0, try request(server))
        let (texts, end) = try await heard(source)
        #expect(texts.count == 61 && end.cause as? HTTPFault == .ended, "\(texts.count), \(end.message)")
    }

    @Test func aCancelledTaskEndsTheStreams() async throws {
        let server = try ReplayServer(.any(.events(.send("data: one\n\n"), .silent)))
        let source = try source()
        source.open(0, try request(server))
        let waiting = Task { while true { _ = try await source.receive() } }
        waiting.cancel()
        let error = await fault { try await waiting.value }
        #expect(error?.code == .cancelled)
    }

    /// Notes what comes, and ends the streams when enough did.
    private struct Listener: EventListener {
        var heard: [String] = []
        var lost: [HTTPFault?] = []
        var opened = 0
        let enough: Int

        mutating func opened(_ stream: Int) async throws(PluginError) { opened += 1 }
        mutating func received(_ events: [ServerEvent], from stream: Int) async throws(PluginError) {
            heard += events.map { "\(stream):\(String(decoding: $0.data, as: UTF8.self))" }
        }
        mutating func lost(_ stream: Int, _ fault: PluginError) -> PluginError {
            lost.append(fault.cause as? HTTPFault)
            return fault
        }
        mutating func flush() async throws(PluginError) {
            if heard.count >= enough { throw PluginError(.cancelled, "enough") }
        }
    }

    @Test func aSessionOpensAgainWhatBreaksOff() async throws {
        let server = try ReplayServer(
            .init(
                "/a", .events(.send("data: 1\n\n")), .init("", status: 503), .init("<html>"),
                .events(.send("data: 2\n\n"), .silent)),
            .init("/b", .events(.send("data: 1\n\n"), .silent)))
        var listener = Listener(enough: 3)
        do {
            try await EventSession(HTTPOptions(), StreamOptions(reconnecting: .seconds(600)), owner: "provider/test")
                .run([request(server), request(server, "b")], &listener)
        } catch let error as PluginError { #expect(error.code == .cancelled, "\(error)") }
        #expect(Set(listener.heard) == ["0:1", "1:1", "0:2"])
        #expect(listener.lost == [.ended, nil, .noStream] && listener.opened == 3)
    }

    @Test func aSessionLeavesWhatAWaitDoesNotHealToTheHost() async throws {
        let server = try ReplayServer(.any(.events(.send("data: 1\n\n")), .init("", status: 403)))
        var listener = Listener(enough: 2)
        let requests = [try request(server)]
        do {
            try await EventSession(HTTPOptions(), StreamOptions(), owner: "provider/test").run(requests, &listener)
            Issue.record("it ended without a fault")
        } catch { #expect(error.code == .permission, "\(error)") }
        #expect(listener.heard == ["0:1"])
    }
}
