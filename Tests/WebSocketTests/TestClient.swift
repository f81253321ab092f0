import TestSupport
import Testing

extension TestClient {
    /// Sends an upgrade request and reads its answer; entries of `headers` replace the defaults, an empty one removes.
    mutating func upgrade(
        _ path: String, method: String = "GET", version: String = "1.1", headers: [String] = []
    ) async throws -> Answer {
        var fields: [(String, String)] = [
            ("host", "127.0.0.1"), ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        for header in headers {
            let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            fields.removeAll { $0.0 == parts[0] }
            if parts.count > 1, !parts[1].isEmpty { fields.append((parts[0], parts[1])) }
        }
        return try await request("\(method) \(path) HTTP/\(version)", fields)
    }

    /// Sends a request without a body and reads its answer.
    mutating func request(_ line: String, _ fields: [(String, String)] = [("host", "127.0.0.1")]) async throws -> Answer
    {
        let text = line + "\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        try await send(Array(text.utf8))
        return try await readAnswer()
    }

    /// Reads a frame, which must be this one.
    mutating func expect(
        _ frame: Frame, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await readFrame()
        #expect(found == frame, comment, sourceLocation: sourceLocation)
    }

    /// Reads until the server closes, before which nothing more may come.
    mutating func expectEnd(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let rest = try await readToEnd()
        #expect(rest.isEmpty, sourceLocation: sourceLocation)
    }
}
