import CallQueue
import Glibc
import PluginKit

/// A connection to Redis by its protocol RESP2, many commands at once: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
///
/// No call waits longer than its limit allows; after one that threw it is of no more use.
final class RedisConnection {
    /// How long the socket is waited for between two looks at the limit, milliseconds.
    private static let look: Int32 = 100

    private let faults: RedisFaults
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var position = 0

    /// Connects to the first address of a host that answers.
    init(_ host: String, _ port: Int, _ faults: RedisFaults, _ limit: CallLimit) throws(PluginError) {
        self.faults = faults
        var (found, open): (Int32, Int32) = (ECONNREFUSED, -1)
        for address in try Self.addresses(host, port, faults) where open < 0 {
            (open, found) = try Self.connect(address, faults, limit)
        }
        guard open >= 0 else { throw faults.unreachable(String(cString: strerror(found))) }
        descriptor = open
    }

    deinit { close(descriptor) }

    /// Sends commands and returns the fault of the first that has one; their other answers say nothing.
    func run(_ commands: RedisCommands, _ limit: CallLimit) throws(PluginError) {
        var (sent, answered, fault): (Int, Int, PluginError?) = (0, 0, nil)
        while answered < commands.count {
            // What is answered is read while there is more to send: neither side waits for the other without end.
            let isSending = sent < commands.bytes.count
            try wait(for: isSending ? POLLIN | POLLOUT : POLLIN, limit)
            if isSending { sent += try send(commands.bytes, from: sent) }
            try receive()
            while answered < commands.count, let answer = try nextAnswer() {
                answered += 1
                if case .fault(let words) = answer { fault = fault ?? faults.answered(words) }
            }
        }
        if let fault { throw fault }
    }

    /// Sends a command and returns its answer as a number; nil where it is none.
    func number(_ command: [[UInt8]], _ limit: CallLimit) throws(PluginError) -> Int? {
        var commands = RedisCommands()
        commands.append(command)
        var sent = 0
        while true {
            let isSending = sent < commands.bytes.count
            try wait(for: isSending ? POLLOUT : POLLIN, limit)
            if isSending { sent += try send(commands.bytes, from: sent) } else { try receive() }
            switch try nextAnswer() {
            case .number(let number): return number
            case .fault(let words): throw faults.answered(words)
            case .other: return nil
            case nil: continue
            }
        }
    }

    // MARK: Answers

    private enum Answer { case fault(String), number(Int), other }

    /// Reads a simple answer; none of the commands sent here has a nested one.
    private func nextAnswer() throws(PluginError) -> Answer? {
        guard let end = lineEnd(from: position) else { return nil }
        let (mark, text) = (received[position], String(decoding: received[(position + 1)..<end], as: UTF8.self))
        var next = end + 2
        if mark == UInt8(ascii: "$"), let count = Int(text), count >= 0 {
            next += count + 2
            guard received.count >= next else { return nil }
        }
        position = next
        if position == received.count { (received, position) = ([], 0) }
        switch mark {
        case UInt8(ascii: "-"): return .fault(text)
        case UInt8(ascii: ":"): return .number(Int(text) ?? 0)
        case UInt8(ascii: "+"), UInt8(ascii: "$"): return .other
        default: throw faults.error(.malformed, "answers with what is no Redis", "Correct 'host' and 'port'.")
        }
    }

    private func lineEnd(from start: Int) -> Int? {
        guard received.count > start + 1 else { return nil }
        let end = received[start...].firstIndex(of: 0x0D)
        return end.flatMap { $0 + 1 < received.count ? $0 : nil }
    }

    // MARK: Socket

    private func send(_ bytes: [UInt8], from start: Int) throws(PluginError) -> Int {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start, Int32(MSG_NOSIGNAL))
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw faults.unreachable(String(cString: strerror(errno))) }
        return 0
    }

    private func receive() throws(PluginError) {
        let room = 1 << 16
        var fault: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            let got = recv(descriptor, buffer.baseAddress, room, 0)
            (count, fault) = (max(got, 0), got < 0 ? errno : got == 0 ? ECONNRESET : 0)
        }
        guard fault == 0 || fault == EAGAIN || fault == EINTR else {
            throw faults.unreachable(String(cString: strerror(fault)))
        }
        received += bytes
    }

    private func wait(for events: Int32, _ limit: CallLimit) throws(PluginError) {
        try Self.wait(descriptor, for: events, faults, limit)
    }

    private static func wait(
        _ descriptor: Int32, for events: Int32, _ faults: RedisFaults, _ limit: CallLimit
    ) throws(PluginError) {
        while true {
            try limit.check(
                "\(faults.who): Redis at \(PluginError.quoted(faults.place))", "Look at its load, or raise 'timeout'.")
            var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            if poll(&waiting, 1, look) > 0 { return }
        }
    }

    /// Connects to an address; returns the socket, or what was wrong with it.
    private static func connect(
        _ address: (family: Int32, bytes: [UInt8]), _ faults: RedisFaults, _ limit: CallLimit
    ) throws(PluginError) -> (Int32, Int32) {
        let made = socket(
            address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0)
        guard made >= 0 else { return (-1, errno) }
        let began = address.bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map {
                Glibc.connect(made, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
            } ?? -1
        }
        var fault = began == 0 ? 0 : errno
        if fault == EINPROGRESS {
            do throws(PluginError) { try wait(made, for: POLLOUT, faults, limit) } catch {
                close(made)
                throw error
            }
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(made, SOL_SOCKET, SO_ERROR, &fault, &size)
        }
        guard fault == 0 else {
            close(made)
            return (-1, fault)
        }
        return (made, 0)
    }

    private static func addresses(
        _ host: String, _ port: Int, _ faults: RedisFaults
    ) throws(PluginError) -> [(family: Int32, bytes: [UInt8])] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        guard code == 0 else { throw faults.unreachable(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: { $0?.pointee.ai_next }).compactMap { entry in
            guard let entry = entry?.pointee, let address = entry.ai_addr else { return nil }
            return (entry.ai_family, Array(UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))))
        }
    }
}

/// Commands as they go over the wire.
struct RedisCommands: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    mutating func append(_ parts: [[UInt8]]) {
        bytes.append(contentsOf: "*\(parts.count)\r\n".utf8)
        for part in parts {
            bytes.append(contentsOf: "$\(part.count)\r\n".utf8)
            bytes.append(contentsOf: part)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        count += 1
    }
}

/// Turns what Redis answers into an error a user can act on: who, what, where, what to do.
struct RedisFaults: Sendable {
    let who: String
    let place: String

    func unreachable(_ said: String) -> PluginError {
        error(
            .transient, "cannot be reached (\(PluginError.shown(said)))",
            "Start it, or correct 'host' and 'port'; the host tries again.")
    }

    /// Returns the error for an answer that begins with `-`.
    func answered(_ said: String) -> PluginError {
        let words = "(\(PluginError.shown(said)))"
        switch said.split(separator: " ").first ?? "" {
        case "NOAUTH", "WRONGPASS": return error(.auth, "refuses the user \(words)", "Correct 'user' and 'password'.")
        case "NOPERM":
            return error(.permission, "does not let the user do this \(words)", "Give the right there (ACL SETUSER).")
        case "OOM":
            return error(
                .environment, "is full \(words)", "Raise 'maxmemory' there, or lower 'expire' and 'stream_length'.")
        case "MISCONF": return error(.environment, "cannot save \(words)", "Look at its disk and log.")
        case "READONLY":
            return error(.environment, "can only be read \(words)", "It is a replica: set 'host' to the primary.")
        case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN":
            return error(.transient, "is not ready \(words)", "The host tries again.")
        case "WRONGTYPE": return error(.configuration, "has another program's keys \(words)", "Set another 'prefix'.")
        case "MOVED", "ASK":
            return error(.unsupported, "is one of a cluster \(words)", "Set 'host' to a single server.")
        case "ERR" where said.contains("AUTH"):
            return error(.auth, "refuses the user \(words)", "Correct 'user' and 'password'.")
        case "ERR" where said.contains("DB index"):
            return error(.configuration, "has no such database \(words)", "Correct 'database'.")
        default: return error(.environment, "refuses to store records \(words)", "Look at its log.")
        }
    }

    func error(_ code: PluginError.Code, _ fact: String, _ remedy: String) -> PluginError {
        PluginError(code, "\(who): Redis at \(PluginError.quoted(place)) \(fact). \(remedy)")
    }
}
