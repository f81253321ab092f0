import Glibc

/// The least of HTTP that a test needs, over a socket of its own.
enum HTTP {
    struct Reply {
        let status: Int
        let head: String
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Asks for a path; the connection is closed after the answer.
    static func get(_ path: String, port: UInt16) throws -> Reply {
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        return try reply(try exchange(request, port: port) { _ in false })
    }

    /// Sends a body; the connection is closed after the answer.
    static func put(
        _ path: String, _ body: String, port: UInt16, host: String = "127.0.0.1", fields: String = "",
        method: String = "PUT"
    ) throws -> Reply {
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(fields)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        return try reply(try exchange(request, port: port) { _ in false })
    }

    /// Upgrades to a WebSocket and returns the head and the bytes up to the end of the first text frame.
    static func webSocket(_ path: String, port: UInt16) throws -> Reply {
        let request =
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        let bytes = try exchange(request, port: port) { bytes in
            guard let body = split(bytes)?.body else { return false }
            return frame(body) != nil
        }
        let whole = try reply(bytes)
        return Reply(status: whole.status, head: whole.head, body: frame(whole.body) ?? [])
    }

    /// Reads a stream of events until a text has come; returns all of it, chunks and all.
    static func events(_ path: String, port: UInt16, until text: String) throws -> String {
        let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        let bytes = try exchange(request, port: port) { String(decoding: $0, as: UTF8.self).contains(text) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func reply(_ bytes: [UInt8]) throws -> Reply {
        guard let (head, body) = split(bytes) else { throw Failure("no HTTP head in \(bytes.count) bytes") }
        let text = String(decoding: head, as: UTF8.self)
        let words = text.split(separator: " ")
        let isChunked = text.lowercased().contains("transfer-encoding: chunked")
        return Reply(
            status: words.count > 1 ? Int(words[1]) ?? 0 : 0, head: text, body: isChunked ? try joined(body) : body)
    }

    private static func split(_ bytes: [UInt8]) -> (head: [UInt8], body: [UInt8])? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        return (Array(bytes[..<end.lowerBound]), Array(bytes[end.upperBound...]))
    }

    /// The payload of a whole unmasked text frame at the start of the bytes.
    private static func frame(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 2, bytes[0] == 0x81 else { return nil }
        let extra = [126: 2, 127: 8][Int(bytes[1])] ?? 0
        guard bytes.count >= 2 + extra else { return nil }
        let long = bytes[2..<2 + extra].reduce(0) { $0 << 8 | Int($1) }
        let length = extra == 0 ? Int(bytes[1]) : long
        guard bytes.count >= 2 + extra + length else { return nil }
        return Array(bytes[(2 + extra)..<(2 + extra + length)])
    }

    private static func joined(_ chunked: [UInt8]) throws -> [UInt8] {
        var rest = chunked[...]
        var all: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
            guard let length = Int(digits, radix: 16), line.upperBound + length + 2 <= rest.endIndex else { break }
            if length == 0 { return all }
            all += rest[line.upperBound..<line.upperBound + length]
            rest = rest[(line.upperBound + length + 2)...]
        }
        throw Failure("the chunks of the body end too early")
    }

    /// Opens a connection whose reads wait 20 s at most; `nil` where it cannot be had.
    static func connection(port: UInt16) -> Int32? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard socket >= 0, isConnected else {
            close(socket)
            return nil
        }
        return socket
    }

    /// Sends a request and reads until the other side closes or `isEnough` says so; each read waits 20 s at most.
    private static func exchange(_ request: String, port: UInt16, isEnough: ([UInt8]) -> Bool) throws -> [UInt8] {
        guard let socket = connection(port: port) else {
            throw Failure("port \(port): \(String(cString: strerror(errno)))")
        }
        defer { close(socket) }
        let bytes = Array(request.utf8)
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure("port \(port): the request was not sent")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(answer) {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure("port \(port): \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        return answer
    }
}
