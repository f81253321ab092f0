import Glibc

/// Many WebSocket clients that only read, on one thread.
final class Crowd {
    /// How long each message was under way, nanoseconds.
    private(set) var latencies: [Double] = []
    /// When the last message came, by `now`.
    private(set) var lastArrival = 0.0
    /// Connections that were not ended by the server.
    private(set) var open = 0
    private var waits: [pollfd] = []
    private var readers: [Int32: FrameReader] = [:]
    private var bytes = [UInt8](repeating: 0, count: 1 << 18)

    /// Connects clients to a path of a server on loopback; every one is upgraded when it returns.
    init(port: Int, path: String, clients: Int) {
        latencies.reserveCapacity(1 << 20)
        for _ in 0..<clients {
            let socket = Self.connected(port: port)
            Self.send(
                socket,
                "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n")
            readers[socket] = FrameReader(answer: Self.answer(of: socket))
            waits.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
            open += 1
        }
    }

    deinit {
        for socket in readers.keys { close(socket) }
    }

    /// Reads until `isDone`.
    func run(until isDone: () -> Bool) {
        take()
        while !isDone() {
            guard poll(&waits, nfds_t(waits.count), 100) > 0 else { continue }
            for place in waits.indices where waits[place].revents != 0 {
                // What is negative is passed over.
                if !read(waits[place].fd) { waits[place].fd = -1 }
            }
        }
    }

    /// Takes what came behind the answers to the upgrades.
    private func take() {
        for socket in readers.keys { readers[socket]?.take([]) { arrived($0) } }
    }

    /// Reads what is there; returns whether the connection is still open.
    private func read(_ socket: Int32) -> Bool {
        let count = recv(socket, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count < 0, errno == EAGAIN { return true }
        guard count > 0 else {
            close(socket)
            readers[socket] = nil
            open -= 1
            return false
        }
        let isPinged = readers[socket]?.take(bytes[..<count]) { arrived($0) } ?? false
        if isPinged { Self.send(socket, [0x8A, 0x80, 0, 0, 0, 0]) }
        return true
    }

    private func arrived(_ stamp: Int) {
        latencies.append(Double(nanoseconds() - stamp))
        lastArrival = now()
    }

    /// Reads the answer to an upgrade; returns what came behind its head.
    private static func answer(of socket: Int32) -> ArraySlice<UInt8> {
        var head: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &part, part.count, 0)
            guard count > 0 else { fail("the server ended a connection before it was upgraded (\(open(head)))") }
            head += part[..<count]
            guard let end = head.indices.first(where: { head[$0...].starts(with: [13, 10, 13, 10]) }) else { continue }
            guard head.starts(with: "HTTP/1.1 101".utf8) else { fail("no upgrade: \(open(head))") }
            return head[(end + 4)...]
        }
    }

    private static func open(_ head: [UInt8]) -> String { String(decoding: head.prefix(64), as: UTF8.self) }

    /// Returns a blocking connection to a port of loopback.
    static func connected(port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { fail("port \(port): \(String(cString: strerror(errno)))") }
        return descriptor
    }

    static func send(_ socket: Int32, _ text: String) { send(socket, Array(text.utf8)) }

    private static func send(_ socket: Int32, _ bytes: [UInt8]) {
        _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
