import HTTPFetch
import PluginKit
import TestSupport
import Testing

/// What goes wrong between a client and a source, and how it is told.
struct HTTPFaultTests {
    private struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let fault: HTTPFault
        let code: PluginError.Code
        let reply: ReplayServer.Reply

        init(
            _ name: String, _ fault: HTTPFault, as code: PluginError.Code = .transient, _ reply: ReplayServer.Reply
        ) {
            testDescription = name
            self.fault = fault
            self.code = code
            self.reply = reply
        }
    }

    private static let text = String(repeating: "date,close\n", count: 2_000)

    private static let cases: [Case] = [
        Case("hangs", .timeout, .init(fault: "hang")),
        Case("drips", .timeout, ReplayServer.Reply(text).with { $0.drip = 0.05 }),
        Case("no HTTP", .notHTTP, as: .malformed, .init(fault: "garbage")),
        Case("closes without a reply", .closedWithoutReply, .init(fault: "close")),
        Case("resets without a reply", .closedWithoutReply, .init(fault: "reset")),
        Case("resets within", .reset, ReplayServer.Reply(text).with { $0.fault = "reset_within" }),
        Case("cut", .truncated, ReplayServer.Reply(text).with { $0.cut = 100 }),
        Case(
            "cut in chunks", .truncated,
            ReplayServer.Reply(text).with {
                $0.cut = 1_500
                $0.chunked = true
            }),
        Case(
            "cut gzip", .truncated,
            ReplayServer.Reply(text).with {
                $0.gzip = true
                $0.cutPacked = 40
            }),
        Case("no gzip", .damagedEncoding, as: .malformed, .init(text, headers: ["Content-Encoding": "gzip"])),
        Case(
            "packing not asked for", .damagedEncoding, as: .malformed, .init(text, headers: ["Content-Encoding": "br"])),
        Case("too long", .tooLong, as: .malformed, .init(String(repeating: text, count: 10))),
        Case(
            "too long when unpacked", .tooLong, as: .malformed,
            ReplayServer.Reply(String(repeating: text, count: 10)).with { $0.gzip = true }),
        Case("to another host", .redirect, as: .malformed, redirect("http://127.0.0.2:1/b")),
        Case("to another scheme", .redirect, as: .malformed, redirect("file:///etc/passwd")),
        Case("in a circle", .redirect, as: .malformed, redirect("/a")),
    ]

    private static func redirect(_ target: String) -> ReplayServer.Reply {
        .init("", status: 302, headers: ["Location": target])
    }

    @Test(arguments: cases) private func tellsWhatWentWrong(with test: Case) async throws {
        let server = try ReplayServer(.init("/hidden|/a", test.reply))
        let bounds = HTTPOptions(timeout: .seconds(test.fault == .timeout ? 1 : 30), maximumBytes: 64 << 10)
        let client = try HTTPClient(bounds, owner: "provider/test", secrets: [Secret("hidden")])
        let address = try #require(HTTPAddress(server.url)).path("hidden").query([("apikey", "hidden")])
        let error = await fault { try await client.fetch(HTTPRequest(get: address)) }
        #expect(error?.cause as? HTTPFault == test.fault, "\(error?.message ?? "no error")")
        #expect(error?.code == test.code)
        #expect(error?.message.hasPrefix("provider/test: 127.0.0.1:") == true)
        #expect(error?.message.contains("hidden") == false)
    }

    @Test func followsRedirectsWithinTheHost() async throws {
        let server = try ReplayServer(.init("/a", Self.redirect("/b?x=1")), .init("/b", .init("here")))
        let client = try HTTPClient(HTTPOptions(), owner: "provider/test")
        let response = try await client.fetch(HTTPRequest(get: try #require(HTTPAddress(server.url)).path("a")))
        #expect(response.text == "here")
        #expect(response.place.hasSuffix("/b"))
    }

    @Test func followsToOtherHostsWhereTheRequestAllowsIt() async throws {
        let other = try ReplayServer(.init("/b", .init("there")))
        let server = try ReplayServer(.init("/a", Self.redirect("\(other.url)/b")))
        let client = try HTTPClient(HTTPOptions(), owner: "provider/test")
        var request = HTTPRequest(get: try #require(HTTPAddress(server.url)).path("a"))
        request.followsToOtherHosts = true
        #expect(try await client.fetch(request).text == "there")
    }

    @Test func nobodyListens() async throws {
        let client = try HTTPClient(HTTPOptions(), owner: "provider/test")
        let address = try #require(HTTPAddress("http://127.0.0.1:1/a"))
        let error = await fault { try await client.fetch(HTTPRequest(get: address)) }
        #expect(error?.cause as? HTTPFault == .unreachable)
        #expect(error?.isTransient == true)
    }
}
