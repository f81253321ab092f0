import Glibc

/// The service manager that started this process, spoken to by systemd's protocol: datagrams of `NAME=value` lines to the
/// socket that `NOTIFY_SOCKET` names, a path or `@` and an abstract name.
///
/// Nothing is sent where the variable is not set. Source: `sd_notify(3)`.
struct ServiceManager: Sendable {
    /// How often it wants to hear that the host is alive, or it restarts it; `nil` where it does not ask.
    let watchdog: Duration?
    /// As `NOTIFY_SOCKET` says.
    let socketName: String

    /// Reads what the manager said when it started this process; `nil` where none did, or its socket is of another kind.
    init?(_ variable: (String) -> String?) {
        guard let name = variable("NOTIFY_SOCKET"), name.utf8.count > 1, name.hasPrefix("/") || name.hasPrefix("@"),
            name.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path)
        else { return nil }
        socketName = name
        let isOther = variable("WATCHDOG_PID").map { Int32($0) != getpid() } ?? false
        let span = variable("WATCHDOG_USEC").flatMap(Int64.init)
        watchdog = isOther ? nil : span.flatMap { $0 > 0 ? .microseconds($0) : nil }
    }

    /// The manager of this process.
    static var ofProcess: ServiceManager? { ServiceManager { name in getenv(name).map { String(cString: $0) } } }

    /// Sends lines in one datagram, waiting a second at most; returns why they could not be sent, or `nil`.
    @discardableResult
    func tell(_ lines: [String]) -> String? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let text = Array(lines.map { $0.replacing("\n", with: " ") }.joined(separator: "\n").utf8)
        var (address, length) = address
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return sent == text.count ? nil : String(cString: strerror(errno))
    }

    /// What is said before the host goes over to another manifest; `READY=1` ends it.
    static var reloading: [String] {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return ["RELOADING=1", "MONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)"]
    }

    /// The socket's address; an abstract name begins with a zero byte and has none at its end.
    private var address: (sockaddr_un, socklen_t) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(socketName.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return (address, socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
    }
}
