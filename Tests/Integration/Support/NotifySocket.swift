import Glibc
import Testing

/// A service manager's end of systemd's protocol: a datagram socket with a path or an abstract name.
final class NotifySocket: Sendable {
    /// What `NOTIFY_SOCKET` is to say.
    let name: String
    private let descriptor: Int32

    /// Opens one; a name that begins with `@` is abstract.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
        }
        guard isBound else { throw Failure("no socket '\(name)': \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// The next datagram, waiting so long at most; `nil` where none came.
    func next(within milliseconds: Int32) -> [String]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Reads up to the first datagram that has a line beginning so; returns it.
    func waits(for line: String, of child: Child) async throws -> [String] {
        try await eventually("'\(line)' is told", within: .seconds(120), or: { child.trace }) {
            while let lines = next(within: 0) {
                if lines.contains(where: { $0.hasPrefix(line) }) { return lines }
            }
            return nil
        }
    }
}
