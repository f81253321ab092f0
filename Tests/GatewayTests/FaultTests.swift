import AccessScopes
import HostCore
import HostWebSocket
import Logging
import NIOCore
import NIOPosix
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

@Suite struct FaultTests {
    @Test(arguments: [
        "/nowhere", "/a/b", "/api/v2/shares", "/api/v2/stocks/AAPL", "/health/x", "/api/v2/ai/models//status",
    ])
    func refusesAnUnknownRouteWithTheKnownOnes(path: String) async throws {
        try await withGateway { server in
            let answer = try await server.get(path)
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(try answer.json["error"]?["code"] == "unknown_route")
            #expect(try answer.json["error"]?["message"]?.text?.contains("/api/v2/stocks/quotes") == true)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    func refusesAMethodTheRouteDoesNotHave(method: String) async throws {
        try await withGateway { server in
            for path in ["/health", "/api/v2/stocks/quotes?symbols=AAPL", "/api/v2/stocks/AAPL/historical"] {
                let answer = try await server.connect { client in
                    try await client.request(path, method: method, headers: ["Content-Length: 0"])
                }
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == "GET, HEAD")
                #expect(try answer.json["error"]?["code"] == "method_not_allowed")
            }
        }
    }

    @Test func headHasTheHeadOfGet() async throws {
        try await withGateway { server in
            let get = try await server.get("/api/v2/plugins")
            let head = try await server.get("/api/v2/plugins", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == get.headers["content-length"])
        }
    }

    @Test func thatTheHostStartsIsNoLineOfTheLog() {
        #expect(!GatewayError.starting(["pipeline/main: it is starting."]).isLogged)
        #expect(!GatewayError(.unknownSymbol, "none").isLogged)
        #expect(GatewayError(.storeUnavailable, "none").isLogged && GatewayError(.internalFault, "none").isLogged)
    }

    @Test func requestIDsDiffer() async throws {
        try await withGateway { server in
            let first = try await server.get("/nowhere").json["error"]?["request_id"]
            let second = try await server.get("/nowhere").json["error"]?["request_id"]
            #expect(first != nil && first != second)
        }
    }

    @Test func aPlainRequestToAChannelIsToldToUpgrade() async throws {
        try await withGateway { server in
            let answer = try await server.get("/ws/enhanced")
            #expect(answer.status == 426)
            #expect(try answer.json["error"]?["code"] == "upgrade_required")
        }
    }

    @Test func anAddedRouteAnswersAndItsFaultHidesTheCause() async throws {
        struct Cause: Error {}
        let configure = { (gateway: inout Gateway) in
            gateway.addedRoutes = [
                Gateway.Route("POST", "/publish", scope: .open) { query in Array("{\"query\":\"\(query)\"}".utf8) },
                Gateway.Route("POST", "/broken", scope: .open) { _ in throw Cause() },
            ]
        }
        try await withGateway(.filled(), configure) { server in
            let published = try await server.get("/publish?n=3", method: "POST")
            #expect(published.body == #"{"query":"n=3"}"#)
            let refused = try await server.get("/publish")
            #expect(refused.headers["allow"] == "POST")
            let answer = try await server.get("/broken", method: "POST")
            #expect(answer.status == 500)
            #expect(try answer.json["error"]?["code"] == "internal")
            #expect(!answer.body.contains("Cause"))
        }
    }

    @Test func namesThePortThatIsInUseAndTheRemedy() async throws {
        try await withGateway { server in
            var configuration = GatewayConfiguration()
            configuration.port = server.port
            let host = TestHost.filled()
            let hub = LiveChannels.makeHub(host.view)
            let second = Gateway(view: host.view, hub: hub, configuration: configuration) { [] }
            let error = await #expect(throws: PluginError.self) { try await second.run() }
            #expect(error?.code == .environment)
            #expect(
                error?.message == "gateway: 127.0.0.1:\(server.port) is in use by another process. Stop it, or choose "
                    + "another with --listen HOST:PORT or host.listen.")
        }
    }

    @Test(arguments: [
        "0.0.0.0:8080", "[::]:8080", "192.168.1.5:80", "example.org:80", "127.0.0.1.example.org:80", "127.1:80",
    ])
    func refusesToListenBeyondLoopback(listen: String) async throws {
        let configuration = try GatewayConfiguration(listen: listen)
        let host = TestHost.filled()
        let gateway = Gateway(view: host.view, hub: LiveChannels.makeHub(host.view), configuration: configuration) {
            []
        }
        let error = await #expect(throws: PluginError.self) { try await gateway.run() }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("beyond this machine") == true)
    }

    @Test(arguments: ["", ":", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http"])
    func refusesWhatIsNoAddress(listen: String) throws {
        let error = #expect(throws: PluginError.self) { try GatewayConfiguration(listen: listen) }
        #expect(error?.message.contains("allowed HOST:PORT") == true)
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1", 0), ("localhost:8080", "localhost", 8080), ("[::1]:81", "::1", 81),
        ("127.0.0.9:1", "127.0.0.9", 1),
    ])
    func readsAnAddress(listen: String, host: String, port: Int) throws {
        let configuration = try GatewayConfiguration(listen: listen)
        #expect(configuration.host == host && configuration.port == port)
        #expect(configuration.listen == listen)
    }

    @Test(arguments: [
        "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n", "GET /a b c HTTP/1.1\r\n\r\n",
    ])
    func bytesThatAreNoRequestEndTheirConnectionOnly(text: String) async throws {
        try await withGateway { server in
            let first = try await server.connect { client in
                try await client.send(text)
                return try await client.readAnswer()
            }
            #expect(first.status == 400)
            let later = try await server.connect { client in
                _ = try await client.request("/health")
                try await client.send(text)
                return try await client.readAnswer()
            }
            #expect(later.status == 400)
            let answer = try await server.get("/health")
            #expect(answer.status == 200)
        }
    }

    @Test func aSymbolOfAnyBytesIsNoFaultOfTheHost() async throws {
        try await withGateway { server in
            for byte in 1...255 {
                let digits = String(byte, radix: 16)
                let symbol = "A%" + (digits.count < 2 ? "0" : "") + digits
                for target in ["/api/v2/stocks/quotes?symbols=\(symbol)", "/api/v2/stocks/\(symbol)/historical"] {
                    let answer = try await server.get(target)
                    #expect([400, 404].contains(answer.status), "\(target)")
                    #expect(try answer.json["error"]?["code"]?.text?.isEmpty == false, "\(target)")
                }
            }
        }
    }
}
