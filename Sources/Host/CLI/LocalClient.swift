import FoundationEssentials
import Glibc
import HostApp
import PluginKit

/// Asks the host on this machine: the least of HTTP/1.1 over the socket in its state folder, one request a connection.
enum LocalClient {
    /// An answer.
    struct Answer {
        let status: Int
        let body: [UInt8]
    }

    /// Sends a request and reads until the host closes.
    ///
    /// - Parameter patience: the longest wait for a part of the answer; `nil` for as long as the host works on it.
    static func ask(
        _ host: RunningHost, _ method: String, _ path: String, body: [UInt8] = [], patience: Duration? = nil
    ) throws -> Answer {
        let socket = try connected(to: host)
        defer { close(socket) }
        try send(Array(head(host, method, path, body.count).utf8) + body, to: socket, of: host)
        if let patience {
            let microseconds = Int(patience / .microseconds(1))
            var wait = timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        }
        return try read(socket, of: host)
    }

    /// Hands over each line of a stream as it comes, until the host closes it or `take` says that it is enough.
    static func lines(of host: RunningHost, _ path: String, _ take: (Substring) throws -> Bool) throws {
        let socket = try connected(to: host)
        defer { close(socket) }
        try send(Array(head(host, "GET", path, 0).utf8), to: socket, of: host)
        var (raw, text): ([UInt8], [UInt8]) = ([], [])
        var body: ChunkedBody?
        while let part = received(socket) {
            if body != nil {
                text += body?.take(part) ?? []
            } else {
                raw += part
                guard let end = raw.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
                guard status(raw[..<end.lowerBound]) == 200 else { break }
                body = ChunkedBody()
                text += body?.take(raw[end.upperBound...]) ?? []
            }
            while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: text[..<end], as: UTF8.self)
                text.removeSubrange(...end)
                guard try take(line[...]) else { return }
            }
        }
        guard body == nil else { return }
        while let part = received(socket) { raw += part }
        let answer = try answer(raw, of: host)
        throw HostError(
            exitCode: 1,
            "penstock: the host (process \(host.pid)) answered \(answer.status) to \(path): "
                + PluginError.shown(String(decoding: answer.body, as: UTF8.self), limit: 400))
    }

    private static func head(_ host: RunningHost, _ method: String, _ path: String, _ length: Int) -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: \(host.address)\r\nConnection: close\r\n" + proof(host)
            + "Content-Length: \(length)\r\n\r\n"
    }

    /// What an answer that is none says: the message of the error in it, else all of it.
    static func message(_ body: [UInt8]) -> String {
        struct Problem: Decodable {
            struct Fault: Decodable { let message: String }
            let error: Fault
        }
        return (try? JSONDecoder().decode(Problem.self, from: Data(body)))?.error.message
            ?? String(decoding: body, as: UTF8.self)
    }

    /// A key of the environment, else the token of the host, where this user may read it; without either the host says what is
    /// missing.
    private static func proof(_ host: RunningHost) -> String {
        (ClientKey.found ?? host.control.token).map { "Authorization: Bearer \($0)\r\n" } ?? ""
    }

    /// Connects to the socket, or to the port where the socket's path is too long for the system.
    private static func connected(to host: RunningHost) throws -> Int32 {
        // Somebody else than the host's user cannot reach the socket; with a key the port will do where it is plain.
        let isClosed = access(host.control.socket, R_OK | W_OK) != 0 && ClientKey.found != nil && host.isSecure != true
        guard !isClosed, var address = sockaddr_un(path: host.control.socket) else {
            return try connectedToPort(of: host)
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard descriptor >= 0, isConnected else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw silent(host, reason)
        }
        return descriptor
    }

    private static func connectedToPort(of host: RunningHost) throws -> Int32 {
        let split = host.address.lastIndex(of: ":") ?? host.address.endIndex
        let name = String(host.address[..<split]).filter { $0 != "[" && $0 != "]" }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, String(host.address[split...].dropFirst()), &hints, &found) == 0, let first = found
        else {
            throw silent(host, "its address is not readable")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(first.pointee.ai_family, first.pointee.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw silent(host, reason)
        }
        return descriptor
    }

    private static func send(_ bytes: [UInt8], to socket: Int32, of host: RunningHost) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw silent(host, String(cString: strerror(errno))) }
            sent += count
        }
    }

    private static func read(_ socket: Int32, of host: RunningHost) throws -> Answer {
        var all: [UInt8] = []
        while let part = received(socket) { all += part }
        return try answer(all, of: host)
    }

    /// What comes next; `nil` at the end.
    private static func received(_ socket: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    private static func answer(_ all: [UInt8], of host: RunningHost) throws -> Answer {
        guard let end = all.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw silent(host, "it closed without an answer")
        }
        return Answer(status: status(all[..<end.lowerBound]), body: Array(all[end.upperBound...]))
    }

    private static func status(_ head: ArraySlice<UInt8>) -> Int {
        let words = String(decoding: head, as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }

    private static func silent(_ host: RunningHost, _ reason: String) -> HostError {
        HostError(
            exitCode: 3,
            "penstock: the host (process \(host.pid)) does not answer on \(host.control.socket): \(reason). Look into its log, "
                + "and ask as the user it runs as."
        )
    }
}

extension sockaddr_un {
    /// Creates the address of a path; `nil` where it is too long for the system.
    fileprivate init?(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let isShort = withUnsafeMutableBytes(of: &sun_path) { target in
            guard bytes.count < target.count else { return false }
            target.copyBytes(from: bytes)
            return true
        }
        guard isShort else { return nil }
    }
}
