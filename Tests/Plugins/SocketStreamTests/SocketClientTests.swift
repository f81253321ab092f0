import HTTPFetch
import PluginKit
import SocketStream
import TestSupport
import Testing

/// A client and a server of this machine, which behaves as told.
struct SocketClientTests {
    private func socket(
        _ server: ReplayServer, _ options: SocketOptions = SocketOptions()
    ) throws -> SocketClient {
        let address = try #require(HTTPAddress(webSocket: server.socketURL + "/hidden?key=hidden"))
        return try SocketClient(address, options, owner: "provider/test", secrets: [Secret("hidden")])
    }

    private func text(_ messages: [SocketMessage]) -> [String] {
        messages.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func messagesGoBothWays() async throws {
        let long = String(repeating: "long ", count: 40_000)
        let server = try ReplayServer(
            .any(.socket(.send("hello"), .expect("sub"), .ping("are you there"), .parts(["a", "b", "c"]), .send(long))))
        let socket = try socket(server)
        try await socket.open()
        socket.send("sub \(long)")
        var heard: [String] = []
        while heard.count < 3 { heard += text(try await socket.receive()) }
        #expect(heard == ["hello", "abc", long])
        let asked = try server.asked()
        #expect(asked.map(\.method) == ["GET", "SOCKET"])
        #expect(asked[0].path == "/hidden" && asked[0].query("key") == "hidden")
        #expect(asked[1].body == "sub \(long)")
        socket.close()
        let error = await fault { try await socket.receive() }
        #expect(error?.code == .cancelled)
        while try server.asked().last?.method != "CLOSE" { await Task.yield() }
        #expect(try server.asked().last?.body == "1000")
    }

    @Test(.enabled(if: TestCertificate.isPossible, "openssl is not in /usr/bin"))
    func messagesGoBothWaysOverTLS() async throws {
        let certificate = try TestCertificate()
        let long = String(repeating: "long ", count: 40_000)
        let server = try ReplayServer(
            .any(.socket(.send("hello"), .expect("sub"), .ping("are you there"), .send(long), .close(1001))),
            certificate: certificate)
        #expect(server.socketURL.hasPrefix("wss://"))
        let untrusting = try socket(server)
        let error = await fault { try await untrusting.open() }
        #expect(error?.code == .environment && error?.cause as? SocketFault == .untrusted, "\(error?.message ?? "")")
        var options = SocketOptions()
        options.trustedFile = certificate.file
        let trusting = try socket(server, options)
        try await trusting.open()
        trusting.send("sub \(long)")
        var heard: [String] = []
        while heard.count < 2 { heard += text(try await trusting.receive()) }
        #expect(heard == ["hello", long])
        #expect(try server.asked().contains { $0.method == "SOCKET" && $0.body == "sub \(long)" })
        #expect(await fault { try await trusting.receive() }?.cause as? SocketFault == .closed)
    }

    private static let endings: [(ReplayServer.Step, SocketFault, PluginError.Code)] = [
        (.close(1001, "hidden goes"), .closed, .transient), (.close(1008), .closed, .rateLimited),
        (.reset, .reset, .transient), (.half("half"), .reset, .transient), (.garbage, .violation, .malformed),
        (.silent, .silent, .transient), (.send(String(repeating: "x", count: 70_000)), .tooLong, .malformed),
    ]

    @Test(arguments: 0..<7)
    func whatCameBeforeAnEndIsTakenAndTheEndIsTold(number: Int) async throws {
        let (step, cause, code) = Self.endings[number]
        let server = try ReplayServer(.any(.socket(.send("one"), .send("two"), .expect("go"), step)))
        let silence = Duration.milliseconds(step.isSilence ? 300 : 600_000)
        let socket = try socket(server, SocketOptions(silence: silence, maximumBytes: 65_536))
        try await socket.open()
        var heard: [String] = []
        while heard.count < 2 { heard += text(try await socket.receive()) }
        #expect(heard == ["one", "two"])
        socket.send("go")
        let error = await fault { try await socket.receive() }
        #expect(error?.cause as? SocketFault == cause, "\(error?.message ?? "no error")")
        #expect(error?.code == code)
        #expect(error?.message.hasPrefix("provider/test: 127.0.0.1:") == true)
        #expect(error?.message.contains("hidden") == false)
    }

    @Test(arguments: [
        (403, PluginError.Code.permission), (429, .rateLimited), (418, .banned), (503, .transient), (200, .malformed),
        (302, .malformed),
    ])
    func aRefusedHandshakeHasTheClassOfItsStatus(status: Int, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init("no", status: status, headers: ["Retry-After": "7"])))
        let socket = try socket(server)
        let error = await fault { try await socket.open() }
        #expect(error?.code == code && error?.cause as? SocketFault == .refused, "\(error?.message ?? "no error")")
        if status != 200 { #expect(error?.retryAfter == .seconds(7)) }
    }

    @Test(arguments: ["hang", "garbage", "close"])
    func whatIsNoHandshakeIsToldInTime(fault name: String) async throws {
        let server = try ReplayServer(.any(.init(fault: name)))
        let socket = try socket(server, SocketOptions(connectTimeout: .milliseconds(name == "hang" ? 300 : 60_000)))
        let error = await fault { try await socket.open() }
        let causes: [String: SocketFault] = ["hang": .unreachable, "garbage": .violation, "close": .reset]
        #expect(error?.cause as? SocketFault == causes[name], "\(error?.message ?? "no error")")
        #expect(name == "garbage" || error?.code == .transient)
    }

    @Test func nobodyListens() async throws {
        let address = try #require(HTTPAddress(webSocket: "ws://127.0.0.1:1/a"))
        let socket = try SocketClient(address, SocketOptions(), owner: "provider/test")
        let error = await fault { try await socket.open() }
        #expect(error?.cause as? SocketFault == .unreachable)
    }

    @Test func aCancelledTaskEndsTheConnection() async throws {
        let server = try ReplayServer(.any(.socket(.send("one"))))
        let socket = try socket(server)
        try await socket.open()
        _ = try await socket.receive()
        let waiting = Task { try await socket.receive() }
        waiting.cancel()
        let error = await fault { try await waiting.value }
        #expect(error?.code == .cancelled)
        while try server.asked().last?.method != "CLOSE" { await Task.yield() }
    }

    /// Notes what comes, and ends the stream when enough did.
    private struct Listener: SocketListener {
        var heard: [String] = []
        var lost: [SocketFault] = []
        let enough: Int

        mutating func opened(_ socket: SocketClient) async throws(PluginError) { socket.send("subscribe") }
        mutating func received(_ messages: [SocketMessage]) async throws(PluginError) {
            heard += messages.map { String(decoding: $0.bytes, as: UTF8.self) }
            if heard.count >= enough { throw PluginError(.cancelled, "enough") }
        }
        mutating func lost(_ fault: PluginError) {
            if let cause = fault.cause as? SocketFault { lost.append(cause) }
        }
    }

    @Test func aSessionSubscribesAgainAfterABreak() async throws {
        let server = try ReplayServer(
            .any(
                .socket(.expect("subscribe"), .send("1"), .reset), .socket(.expect("subscribe"), .send("2"), .garbage),
                .init("", status: 503), .socket(.expect("subscribe"), .send("3"), .close(1001)),
                .socket(.expect("subscribe"), .send("4"))))
        let address = try #require(HTTPAddress(webSocket: server.socketURL))
        let options = SocketOptions(reconnecting: .seconds(600))
        var listener = Listener(enough: 4)
        do {
            try await SocketSession(address, options, owner: "provider/test").run(&listener)
        } catch { #expect(error.code == .cancelled, "\(error)") }
        #expect(listener.heard == ["1", "2", "3", "4"])
        #expect(listener.lost == [.reset, .violation, .refused, .closed])
        #expect(try server.asked().count { $0.method == "SOCKET" } == 4)
    }

    @Test func aSessionLeavesWhatAWaitDoesNotHealToTheHost() async throws {
        let server = try ReplayServer(.any(.socket(.send("1"), .close(1001)), .init("", status: 403)))
        let address = try #require(HTTPAddress(webSocket: server.socketURL))
        var listener = Listener(enough: 2)
        do {
            try await SocketSession(address, SocketOptions(), owner: "provider/test").run(&listener)
            Issue.record("it ended without a fault")
        } catch { #expect(error.code == .permission, "\(error)") }
        #expect(listener.heard == ["1"])
    }
}

extension ReplayServer.Step {
    fileprivate var isSilence: Bool { if case .silent = self { true } else { false } }
}
