import Foundation
import Synchronization

/// A process on this machine that plays a data source: see `Tests/Support/ReplayServer/replay_server.py`.
///
/// It ends with its owner. Each test starts its own, on a port of its own.
package final class ReplayServer: Sendable {
    /// How a request is answered; see the server's own words for what each part does.
    package struct Reply: Encodable, Sendable {
        package var status = 200
        package var headers: [String: String] = [:]
        package var body: String?
        package var bodyBase64: String?
        package var file: String?
        package var gzip: Bool?
        package var cutPacked: Int?
        package var cut: Int?
        package var chunked: Bool?
        package var delay: Double?
        package var hold: Bool?
        package var drip: Double?
        package var fault: String?
        package var socket: [Step]?
        package var events: [Step]?

        package init(_ body: String = "", status: Int = 200, headers: [String: String] = [:]) {
            self.body = body
            self.status = status
            self.headers = headers
        }

        /// A body of bytes that are no UTF-8.
        package init(bytes: [UInt8], headers: [String: String] = [:]) {
            bodyBase64 = Data(bytes).base64EncodedString()
            self.headers = headers
        }

        /// A body from a file.
        package init(file: String) { self.file = file }

        /// A reply that goes wrong in the given way.
        package init(fault: String) { self.fault = fault }

        /// A WebSocket that plays steps.
        package static func socket(_ steps: Step...) -> Reply { Reply().with { $0.socket = steps } }

        /// A stream of server-sent events that plays steps: `send`, `wait`, `hold`, `reset`, `silent`; then it ends.
        package static func events(_ steps: Step...) -> Reply { Reply().with { $0.events = steps } }

        /// Returns the reply with something changed.
        package func with(_ change: (inout Reply) -> Void) -> Reply {
            var reply = self
            change(&reply)
            return reply
        }
    }

    /// What a WebSocket does next; see the words of `replay_socket.py` for each.
    package enum Step: Encodable, Sendable {
        case send(String)
        case parts([String])
        case file(String, from: Int = 0, to: Int = 1 << 60)
        case expect(String)
        case ping(String)
        case wait(Double)
        case hold
        case close(Int, String = "")
        case reset
        case half(String)
        case garbage
        case silent

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            switch self {
            case .send(let text): try container.encode(text, forKey: .send)
            case .parts(let parts): try container.encode(parts, forKey: .parts)
            case .file(let path, let from, let to):
                try container.encode(path, forKey: .file)
                try container.encode(from, forKey: .from)
                try container.encode(to, forKey: .to)
            case .expect(let rule): try container.encode(rule, forKey: .expect)
            case .ping(let text): try container.encode(text, forKey: .ping)
            case .wait(let seconds): try container.encode(seconds, forKey: .wait)
            case .close(let code, let reason):
                try container.encode(code, forKey: .close)
                try container.encode(reason, forKey: .reason)
            case .half(let text): try container.encode(text, forKey: .half)
            case .hold: try container.encode(true, forKey: .hold)
            case .reset: try container.encode(true, forKey: .reset)
            case .garbage: try container.encode(true, forKey: .garbage)
            case .silent: try container.encode(true, forKey: .silent)
            }
        }

        private enum Key: String, CodingKey {
            case send, parts, file, from, to, expect, ping, wait, hold, close, reason, reset, half, garbage, silent
        }
    }

    /// What is answered by which replies, in turn.
    package struct Route: Encodable, Sendable {
        package var method: String?
        package var path: String?
        package var query: [String: String] = [:]
        package var headers: [String: String] = [:]
        package var cookies: [String: String] = [:]
        package var body: String?
        package var replies: [Reply]

        package init(_ path: String, query: [String: String] = [:], _ replies: Reply...) {
            self.path = path
            self.query = query
            self.replies = replies
        }

        private init(query: [String: String], replies: [Reply]) {
            self.query = query
            self.replies = replies
        }

        /// A route for every path.
        package static func any(query: [String: String] = [:], _ replies: Reply...) -> Route {
            Route(query: query, replies: replies)
        }
    }

    /// A request that arrived.
    package struct Asked: Decodable, Sendable {
        package let method: String
        package let path: String
        package let query: [[String]]
        package let headers: [[String]]
        package let body: String

        /// Returns the first value of a query item.
        package func query(_ name: String) -> String? { query.first { $0[0] == name }?[1] }
        /// Returns the first value of a header, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0[0].lowercased() == name.lowercased() }?[1]
        }
    }

    /// `http://127.0.0.1:PORT`, `https://` over TLS.
    package let url: String
    /// The same for a WebSocket.
    package var socketURL: String { "ws" + url.dropFirst(4) }
    private let process: Mutex<Process>
    private let orders: FileHandle
    private let answers: FileHandle

    /// Starts a server with routes; it speaks TLS where it has a certificate.
    package init(_ routes: Route..., certificate: TestCertificate? = nil) throws {
        let started = Process()
        let (input, output) = (Pipe(), Pipe())
        started.executableURL = URL(filePath: "/usr/bin/env")
        started.arguments =
            ["python3", "-B", "\(Repository.root)/Tests/Support/ReplayServer/replay_server.py"]
            + (certificate.map { [$0.file, $0.key] } ?? [])
        (started.standardInput, started.standardOutput) = (input, output)
        try started.run()
        (orders, answers) = (input.fileHandleForWriting, output.fileHandleForReading)
        struct Start: Decodable { let port: Int }
        url =
            "http\(certificate == nil ? "" : "s")://127.0.0.1:\(try JSONDecoder().decode(Start.self, from: Self.line(answers)).port)"
        process = Mutex(started)
        try take(routes)
    }

    deinit {
        try? orders.close()
        process.withLock { $0.terminate() }
    }

    /// Answers by other routes from now on, and forgets what was asked.
    package func take(_ routes: [Route]) throws { _ = try order(["routes": routes]) }

    /// Returns what was asked so far.
    package func asked() throws -> [Asked] {
        try JSONDecoder().decode([Asked].self, from: order(["requests": true]))
    }

    /// Lets go the replies that are held.
    package func release() throws { _ = try order(["release": true]) }

    private func order(_ order: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try process.withLock { _ in
            try orders.write(contentsOf: encoder.encode(order) + Data("\n".utf8))
            return try Self.line(answers)
        }
    }

    private static func line(_ handle: FileHandle) throws -> Data {
        var line = Data()
        while let byte = try handle.read(upToCount: 1), !byte.isEmpty, byte[0] != UInt8(ascii: "\n") { line += byte }
        return line
    }
}

extension Repository {
    /// What sources answer, as recorded, beside the repository; absent on most machines.
    package static let answers = "\(root)/../shared/providers/fixtures"
    package static let hasAnswers = FileManager.default.fileExists(atPath: answers)
}
