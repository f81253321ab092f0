import HTTPFetch

/// The request that turns a connection into a WebSocket, and the reply that does (RFC 6455, section 4).
struct SocketHandshake {
    /// Longest head of a reply.
    private static let maximumHead = 16_384

    let request: [UInt8]
    private let accepted: String

    init(to address: HTTPAddress, userAgent: String) {
        let key = Base64.text((0..<16).map { _ in UInt8.random(in: 0...255) })
        accepted = Self.answer(to: key)
        let target = (address.path.isEmpty ? "/" : address.path) + (address.query.isEmpty ? "" : "?\(address.query)")
        let host = address.authority.split(separator: "@").last ?? ""
        let lines = [
            "GET \(target) HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13", "User-Agent: \(userAgent)",
        ]
        request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// What the server must say to a key.
    static func answer(to key: String) -> String {
        Base64.text(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// A reply's head.
    struct Head {
        let status: Int
        let headers: [HTTPRequest.Header]
        /// Bytes of the reply before what follows the head.
        let count: Int
    }

    /// Reads the head of a reply; `nil` until all of it is there, throws where it is none.
    static func head(_ bytes: [UInt8]) throws(FrameReader.Violation) -> Head? {
        let mark = Array("\r\n\r\n".utf8)
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else {
            guard bytes.count < maximumHead, "HTTP/".utf8.starts(with: bytes.prefix(5)) else { throw none }
            return nil
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { throw none }
        let headers = lines.dropFirst().compactMap { line -> HTTPRequest.Header? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return HTTPRequest.Header(line[..<colon].lowercased(), String(value))
        }
        return Head(status: status, headers: headers, count: end + mark.count)
    }

    /// Whether a head is that of this handshake's WebSocket.
    func isAccepted(_ head: Head) -> Bool {
        func header(_ name: String) -> String? { head.headers.first { $0.name == name }?.value }
        return head.status == 101 && header("upgrade")?.lowercased() == "websocket"
            && header("sec-websocket-accept") == accepted && header("sec-websocket-extensions") == nil
    }

    private static var none: FrameReader.Violation {
        FrameReader.Violation(fault: .violation, message: "it answered with what is no HTTP")
    }
}
