import AccessScopes
import HTTPTypes
import HostCore
import HostSecurity
import HostWebSocket
import TestSupport
import Testing

@testable import HostGateway

/// Who is let in at the door, and who is not: every route for every role, and requests that mean harm.
@Suite struct AccessTests {
    /// A gateway whose host has a key for each role.
    private struct Door: Sendable {
        let server: RunningGateway
        let keys: [String: String]
        let folder: TemporaryFolder
        /// The lines of the log of changes.
        let log: Guarded<[(who: AuditEntry.Actor, event: AuditEntry.Event)]>
        /// The lines of what was only read.
        let reads: Guarded<[(who: AuditEntry.Actor, event: AuditEntry.Event)]>

        func ask(
            _ method: String, _ target: String, role: String? = nil, fields: [String] = []
        ) async throws -> TestClient.Answer {
            let proof = role.flatMap { keys[$0] }.map { ["Authorization: Bearer \($0)"] } ?? []
            return try await server.connect { client in
                try await client.request(target, method: method, headers: ["Content-Length: 0"] + proof + fields)
            }
        }
    }

    private static let roles = RoleTable.builtin.map(\.name) + ["watcher", "scraper", "auditor"]
    private static let table = RoleTable(
        own: ["watcher": [.statusRead], "scraper": [.metricsRead], "auditor": [.auditRead]])

    /// Keys take time to hash: those that no test revokes are made once.
    private static let shared = Result { try make(roles) }

    private static func make(_ roles: [String]) throws -> (folder: TemporaryFolder, keys: [String: String]) {
        let folder = try TemporaryFolder()
        let desk = KeyDesk(stateFolder: folder.path, roles: table)
        var keys: [String: String] = [:]
        for role in roles { keys[role] = try desk.create(name: role, role: role, lifetime: nil).text }
        return (folder, keys)
    }

    private static func open(
        _ own: (folder: TemporaryFolder, keys: [String: String])? = nil, isReadingLogged: Bool = false,
        _ body: @Sendable (Door) async throws -> Void
    ) async throws {
        let (folder, keys) = try own ?? shared.get()
        let log = Guarded<[(who: AuditEntry.Actor, event: AuditEntry.Event)]>([])
        let reads = Guarded<[(who: AuditEntry.Actor, event: AuditEntry.Event)]>([])
        try await withGateway { gateway in
            gateway.access = AccessControl(stateFolder: folder.path, roles: table)
            gateway.audit = { who, event in log.change { $0.append((who, event)) } }
            if isReadingLogged { gateway.auditOfData = { who, event in reads.change { $0.append((who, event)) } } }
        } _: { server in
            try await body(Door(server: server, keys: keys, folder: folder, log: log, reads: reads))
        }
    }

    private static func login(_ door: Door, _ body: String) async throws -> TestClient.Answer {
        try await door.server.connect { client in
            try await client.send(
                "POST /api/v2/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            return try await client.readAnswer()
        }
    }

    /// The answers out of memory, which no route makes, and WebSockets too.
    @Test func readingIsLoggedWhereThatIsAsked() async throws {
        try await Self.open(isReadingLogged: true) { door in
            let key = ["Authorization: Bearer \(try #require(door.keys["reader"]))"]
            try await door.server.connect { client in
                let quotes = "/api/v2/stocks/quotes?symbols=AAPL"
                for target in [quotes, quotes, "/health", "/metrics", "/api/v2/stocks/NONE/historical"] {
                    _ = try await client.request(target, headers: key)
                }
            }
            #expect(
                door.reads.value.map { "\($0.who.name) \($0.event.action) \($0.event.target) \($0.event.result)" } == [
                    "reader data:read /api/v2/stocks/quotes?symbols=AAPL done",
                    "reader data:read /api/v2/stocks/quotes?symbols=AAPL done",
                    "reader data:read /api/v2/stocks/NONE/historical failed",
                ])
            let upgrade =
                key + [
                    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ]
            try await door.server.connect { client in
                let answer = try await client.request("/ws/enhanced", headers: upgrade)
                #expect(answer.status == 101)
            }
            #expect(door.reads.value.last?.event.target == "/ws/enhanced" && door.log.value.isEmpty)
        }
    }

    /// Each endpoint of the table, by each role: 401 without a key, 403 where the role lacks its scope, and neither where it has it.
    @Test func everyRouteAsksForItsScope() async throws {
        try await Self.open { door in
            var (refused, admitted) = (0, 0)
            for endpoint in Endpoint.all where endpoint.scope != .open {
                let target = Self.target(endpoint)
                let method = endpoint.method.rawValue
                let nobody = try await door.ask(method, target)
                #expect(nobody.status == 401, "\(method) \(target)")
                refused += 1
                #expect(try nobody.json["error"]?["code"] == "unauthenticated")
                #expect(nobody.headers["www-authenticate"] == #"Bearer realm="penstock""#)
                for role in Self.roles {
                    let answer = try await door.ask(method, target, role: role)
                    if Self.table[role]?.contains(endpoint.scope) == true {
                        admitted += 1
                        #expect(![401, 403, 429].contains(answer.status), "\(role): \(method) \(target)")
                    } else {
                        refused += 1
                        #expect(answer.status == 403, "\(role): \(method) \(target)")
                        #expect(try answer.json["error"]?["code"] == "scope_missing")
                    }
                }
            }
            #expect(refused > 120 && admitted > 120, "\(refused), \(admitted)")
            // Each refusal has its line, with a name where one was proved.
            let lines = door.log.value.filter { $0.event.result == "refused" }
            #expect(lines.count == refused)
            #expect(lines.count { $0.who.name == "-" } == Endpoint.all.count { $0.scope != .open })
            #expect(lines.allSatisfy { $0.event.target.hasPrefix("/") && $0.who.from == "127.0.0.1" })
        }
    }

    @Test func openRoutesNeedNothingAndTellNothing() async throws {
        try await Self.open { door in
            for path in ["/health", "/health/live", "/api/v2/session"] {
                let answer = try await door.ask("GET", path)
                #expect([200, 503].contains(answer.status))
                #expect(!answer.body.contains("AAPL") && !answer.body.contains("next_day"))
            }
            #expect(Endpoint.all.filter { $0.scope == .open }.map(\.path).count == 8)
        }
    }

    /// What is not there, and the same path written otherwise, tells nobody anything without a key.
    @Test(arguments: [
        "/nothing", "/api", "/api/v2", "/api/v2/config/", "//api/v2/config", "/api//v2/config",
        "/api/v2/config/../config",
        "/API/V2/CONFIG", "/api/v2/c%6Fnfig", "/api/v2/config%00", "/api/v2/config;x", "/api/v2/stocks/%2e%2e/trades",
        "/assets", "/health/live/", "/metrics/", "/ws/enhanced", "/sse/enhanced", "/ws/nothing", "/sse/../metrics",
        "/health/../metrics",
        "/assets/../metrics", "/api/v2/session/../config", "/.git/config", "/api/v2/quarantine/release/x",
    ])
    func otherPathsAreRefusedWithoutAKey(path: String) async throws {
        try await Self.open { door in
            for method in ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"] {
                let answer = try await door.server.connect { client in
                    let fields = "Host: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    try await client.send("\(method) \(path) HTTP/1.1\r\n" + fields)
                    return try await client.readAnswer(hasBody: method != "HEAD")
                }
                let isOpen = path == "/health/live/" && ["GET", "HEAD"].contains(method)
                #expect(isOpen || [400, 401, 403, 501].contains(answer.status), "\(method) \(path): \(answer.status)")
            }
        }
    }

    @Test(arguments: [
        "Authorization: Bearer", "Authorization: Bearer ", "Authorization: Basic YWRtaW46YWRtaW4=",
        "Authorization: Bearer null",
        "Authorization: penstock_0123456789ab_0",
        "Authorization: Bearer penstock_000000000000_" + String(repeating: "0", count: 64),
        "Cookie: penstock_session=", "Cookie: penstock_session=" + String(repeating: "0", count: 64),
        "Cookie: penstock_session=../../etc/passwd", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1",
        "X-Original-URL: /health",
        "X-Websocket-Refusal: 200 ok ok", "X-HTTP-Method-Override: GET", "Authorization: Digest username=admin",
        "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", "Forwarded: for=127.0.0.1",
        "Authorization: Bearer " + String(repeating: "A", count: 6_000),
    ])
    func otherProofsAreNone(field: String) async throws {
        try await Self.open { door in
            for (method, path) in [
                ("GET", "/metrics"), ("PUT", "/api/v2/config"), ("GET", "/api/v2/stocks/quotes?symbols=AAPL"),
            ] {
                let answer = try await door.ask(method, path, fields: [field])
                #expect(answer.status == 401, "\(method) \(path)")
                #expect(!answer.body.contains("443.66"))
            }
        }
    }

    @Test func answersFromMemoryAreForThoseWhoMayReadThem() async throws {
        try await Self.open { door in
            let target = "/api/v2/stocks/quotes?symbols=AAPL"
            for (role, status) in [("reader", 200), ("watcher", 403)] {
                for _ in 0..<3 { #expect(try await door.ask("GET", target, role: role).status == status) }
            }
            // Many requests on one connection: what one was let in for lets no other in.
            try await door.server.connect { client in
                let key = door.keys["reader"] ?? ""
                for fields in [["Authorization: Bearer \(key)"], [], ["Authorization: Bearer \(key)"], ["Cookie: a=b"]]
                {
                    let answer = try await client.request(target, headers: fields)
                    #expect(answer.status == (fields.first?.hasPrefix("Auth") == true ? 200 : 401))
                }
            }
        }
    }

    @Test func aRevokedKeyIsRefusedSoon() async throws {
        try await Self.open(Self.make(["reader", "admin"])) { door in
            #expect(try await door.ask("GET", "/metrics", role: "reader").status == 200)
            _ = try KeyDesk(stateFolder: door.folder.path, roles: Self.table).revoke("reader")
            var status = 200
            for _ in 0..<200 where status == 200 {
                try await Task.sleep(for: .milliseconds(20))
                status = try await door.ask("GET", "/metrics", role: "reader").status
            }
            #expect(status == 401)
        }
    }

    @Test func channelsAskForTheirScope() async throws {
        try await Self.open { door in
            let upgrade = [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ]
            for channel in door.server.hub.channels {
                let scope = LiveChannels.scope(of: channel)
                for role in [nil, "reader", "watcher"] as [String?] {
                    let mayIn = role.flatMap { Self.table[$0] }?.contains(scope) ?? false
                    let proof = role.flatMap { door.keys[$0] }.map { ["Authorization: Bearer \($0)"] } ?? []
                    let head = try await door.server.connect { client in
                        let lines = ["GET \(channel) HTTP/1.1", "Host: 127.0.0.1"] + upgrade + proof
                        try await client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
                        return try await client.readAnswer().status
                    }
                    #expect(head == (mayIn ? 101 : role == nil ? 401 : 403), "\(role ?? "nobody"): \(channel)")
                    guard !mayIn else { continue }
                    let stream = try await door.ask("GET", EventStreams.path(channel), role: role)
                    #expect(stream.status == (role == nil ? 401 : 403))
                }
            }
        }
    }

    @Test func aBrowserLogsInAndItsChangesShowThatTheyAreItsOwn() async throws {
        try await Self.open { door in
            let login = try await Self.login(door, #"{"key":"\#(door.keys["operator"] ?? "")"}"#)
            #expect(login.status == 200)
            let cookie = try #require(login.headers["set-cookie"])
            #expect(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && !cookie.contains("Secure"))
            let session = "Cookie: other=1; " + String(cookie.prefix { $0 != ";" })
            let csrf = try #require(try login.json["csrf"]?.text)
            #expect(try await door.ask("GET", "/api/v2/stocks/quotes?symbols=AAPL", fields: [session]).status == 200)
            #expect(try await door.ask("GET", "/api/v2/session", fields: [session]).json["name"] == "operator")
            for (fields, status) in [
                ([], 403), (["X-CSRF-Token: "], 403), (["X-CSRF-Token: 0"], 403), (["X-CSRF-Token: \(csrf)x"], 403),
                (["X-CSRF-Token: \(csrf)", "Origin: http://evil.example"], 403), (["X-CSRF-Token: \(csrf)"], 409),
            ] as [([String], Int)] {
                let answer = try await door.ask("PUT", "/api/v2/config", fields: [session] + fields)
                #expect(answer.status == status, "\(fields): \(answer.body)")
            }
            #expect(try await door.ask("DELETE", "/api/v2/session", fields: [session]).status == 403)
            let out = try await door.ask("DELETE", "/api/v2/session", fields: [session, "X-CSRF-Token: \(csrf)"])
            #expect(out.status == 200 && out.headers["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await door.ask("GET", "/metrics", fields: [session]).status == 401)
        }
    }

    @Test(arguments: ["", "{}", "[]", #"{"key":1}"#, #"{"key":""}"#, #"{"key":"admin"}"#, #"{"key":null}"#, "key=x"])
    func loginsThatAreNoneAreRefused(body: String) async throws {
        try await Self.open { door in
            let answer = try await Self.login(door, body)
            #expect([400, 401].contains(answer.status) && answer.headers["set-cookie"] == nil)
        }
    }

    @Test func whoGuessesHasToWait() async throws {
        try await Self.open { door in
            var statuses: [Int] = []
            for number in 0..<8 {
                let field = "Authorization: Bearer penstock_00000000000\(number)_" + String(repeating: "0", count: 64)
                let answer = try await door.ask("GET", "/metrics", fields: [field])
                statuses.append(answer.status)
                if answer.status == 429 { #expect(answer.headers["retry-after"] != nil) }
            }
            #expect(statuses.prefix(6).allSatisfy { $0 == 401 } && statuses.contains(429))
        }
    }

    private static func target(_ endpoint: Endpoint) -> String {
        let places = [
            "symbol": "AAPL", "model": "next_day", "version": "1", "kind": "sink", "id": "keep", "name": "keep",
            "provider": "history", "pipeline": "main",
        ]
        return places.reduce(endpoint.path) { $0.replacing("{\($1.key)}", with: $1.value) }
    }
}
