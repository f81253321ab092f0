import Glibc
package import PluginKit

/// A local HTTP server that takes everything and keeps nothing: where a sink under test may write.
///
/// It answers each request with 200 and an empty object, and closes the connection.
package final class DryAddress: Sendable {
    /// `http://127.0.0.1:PORT`.
    package let url: String
    private let socket: Int32

    /// Listens on a free port of this machine.
    package init() throws(PluginError) {
        let made = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(made, $0, size) == 0 && listen(made, 64) == 0 && getsockname(made, $0, &size) == 0
            }
        }
        guard made >= 0, isListening else {
            throw PluginError(
                .environment, "plugins test: no local address can be had: \(String(cString: strerror(errno))).")
        }
        socket = made
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        // Ends when the socket is shut down.
        var thread = pthread_t()
        let place = UnsafeMutableRawPointer(bitPattern: Int(made))
        let fault = pthread_create(
            &thread, nil,
            { place in
                DryAddress.serve(Int32(Int(bitPattern: place)))
                return nil
            }, place)
        guard fault == 0 else {
            throw PluginError(.environment, "plugins test: the system has no thread for its local address.")
        }
        pthread_detach(thread)
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    private static func serve(_ socket: Int32) {
        defer { close(socket) }
        while true {
            let connection = accept(socket, nil, nil)
            if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
            guard connection >= 0 else { return }
            var span = timeval(tv_sec: 2, tv_usec: 0)
            setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &span, socklen_t(MemoryLayout<timeval>.size))
            answer(connection)
            close(connection)
        }
    }

    private static func answer(_ connection: Int32) {
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var rest: Int?
        while rest ?? 1 > 0 {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            if let known = rest {
                rest = known - count
            } else {
                head += buffer[..<count]
                guard head.count <= 1 << 20 else { return }
                rest = missing(head)
            }
        }
        let reply = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Content-Length: 2", "Connection: close"]
        let bytes = Array("\(reply.joined(separator: "\r\n"))\r\n\r\n{}".utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// The bytes of the body that have not come; `nil` while the head is not whole. A body in chunks is not waited for.
    private static func missing(_ bytes: [UInt8]) -> Int? {
        let end = bytes.indices.dropLast(3).first { bytes[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
        guard let end else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(whereSeparator: \.isNewline)
        let line = lines.first { $0.lowercased().hasPrefix("content-length:") } ?? ""
        let length = Int(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) ?? 0
        return max(0, min(length, 1 << 30) - (bytes.count - end - 4))
    }
}
