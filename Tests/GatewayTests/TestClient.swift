import TestSupport
import Testing

extension TestClient {
    /// Sends a request without a body and reads its answer.
    mutating func request(_ target: String, method: String = "GET", headers: [String] = []) async throws -> Answer {
        try await send(
            "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers.map { "\($0)\r\n" }.joined() + "\r\n")
        return try await readAnswer(hasBody: method != "HEAD")
    }

    /// Turns the connection into a WebSocket.
    @discardableResult
    mutating func upgrade(_ path: String, headers: [String] = []) async throws -> Answer {
        let answer = try await request(
            path,
            headers: [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + headers)
        guard answer.status == 101 else { throw Failure(what: "the upgrade was answered with \(answer)") }
        return answer
    }

    /// Reads a text frame, whose field must have this value.
    mutating func expect(
        _ key: String, _ value: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let frame = try await readFrame()
        #expect(frame[key] == value, sourceLocation: sourceLocation)
    }
}

extension TestClient.Answer {
    /// The body as JSON.
    var json: JSONValue {
        get throws { try JSONValue(parsing: body) }
    }
}

extension TestClient.Frame {
    /// A member of the JSON object in the frame.
    subscript(key: String) -> JSONValue? {
        (try? JSONValue(parsing: String(decoding: payload, as: UTF8.self)))?[key]
    }
}
