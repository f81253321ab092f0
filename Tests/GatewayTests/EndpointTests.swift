import AccessScopes
import HTTPTypes
import HostWebSocket
import TestSupport
import Testing

@testable import HostGateway

/// What holds for every route, whichever way it is answered.
@Suite struct EndpointTests {
    private static let paths = Endpoint.all.filter { $0.method == .get && $0.scope.isOpenLocally }.map { endpoint in
        endpoint.path.replacing("{symbol}", with: "AAPL").replacing("{model}", with: "next_day")
            .replacing("{version}", with: "1")
    }

    @Test(arguments: paths) func refusesAnUnknownParameterAndSaysWhichThereAre(path: String) async throws {
        try await withGateway { server in
            let answer = try await server.get("\(path)?symbols=AAPL&colour=red")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == "unknown_parameter")
            #expect(try answer.json["error"]?["message"]?.text?.contains("; allowed ") == true)
        }
    }

    @Test(arguments: [
        "/api/v2/stocks/quotes?symbols=AAPL&symbols=600519", "/api/v2/stocks/quotes?symbols=AAPL&symbols=AAPL",
        "/api/v2/stocks/AAPL/historical?limit=1&limit=2", "/api/v2/ai/predictions?model=next_day&model=next_day",
        "/api/v2/stocks/AAPL/historical?from=2013-01-01&%66rom=2013-01-02",
    ])
    func refusesAParameterThatIsThereTwice(target: String) async throws {
        try await withGateway { server in
            let answer = try await server.get(target)
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == "bad_parameter")
            #expect(try answer.json["error"]?["message"]?.text?.contains("more than once") == true)
        }
    }

    @Test func aChannelRefusesAnUnknownParameter() async throws {
        try await withGateway { server in
            let answer = try await server.connect { client in
                try await client.request(
                    "/ws/enhanced?colour=red",
                    headers: [
                        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    ])
            }
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == "unknown_parameter")
        }
    }

    @Test(arguments: [
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1",
    ])
    func refusesAnotherNameOnEveryRoute(host: String) async throws {
        try await withGateway { server in
            for path in Self.paths + ["/api/v2/stocks/quotes?symbols=AAPL", "/nowhere", "/ws/enhanced"] {
                let answer = try await server.connect { client in
                    try await client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                    return try await client.readAnswer()
                }
                #expect(answer.status == 403)
                #expect(try answer.json["error"]?["code"] == "forbidden")
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:8080", true), ("127.0.0.1", "127.9.9.9", true), ("127.0.0.1", "LOCALHOST:1", true),
        ("::1", "[::1]:8080", true), ("127.0.0.1", "[::1]", true), ("127.0.0.1", "[::2]", false),
        ("127.0.0.1", "", false), ("127.0.0.1", "127.1", false), ("127.0.0.1", "0.0.0.0", false),
    ])
    func knowsItsOwnNames(listening: String, name: String, isAllowed: Bool) {
        var configuration = GatewayConfiguration()
        configuration.host = listening
        #expect(configuration.allows(authority: name) == isAllowed)
    }

    @Test func changesAreRefusedWhereThereIsNoToken() async throws {
        try await withGateway { server in
            for endpoint in Endpoint.all where !endpoint.scope.isOpenLocally {
                let answer = try await server.connect { client in
                    try await client.request(
                        endpoint.path, method: endpoint.method.rawValue,
                        headers: ["Content-Length: 0", "Authorization: Bearer x"])
                }
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"] == #"Bearer realm="penstock""#)
            }
        }
    }

    @Test(arguments: [
        (1024, 200, 256, 768, 520), (256, 40, 64, 768, 104), (1 << 20, 40, 256, 768, 768),
        (16_384, 40, 4_096, 6_000, 6_000),
    ])
    func connectionsAreReckonedFromDescriptors(
        descriptors: Int, used: Int, reserved: Int, most: Int, open: Int
    ) throws {
        let limits = try ConnectionLimits(descriptors: descriptors, used: used, reserved: reserved, most: most)
        #expect(limits.open == open)
        #expect(limits.webSockets < limits.open)
        #expect(used + reserved + limits.accepted + ConnectionLimits.local.accepted <= descriptors)
    }

    @Test func tooFewDescriptorsAreRefusedWithTheNumberThatIsNeeded() {
        let error = #expect(throws: (any Error).self) {
            try ConnectionLimits(descriptors: 128, used: 40, reserved: 64)
        }
        #expect("\(error as Any)".contains("allowed 168 or more"))
    }
}
