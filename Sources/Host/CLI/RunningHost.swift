import FoundationEssentials
import Glibc
import HostManifest

/// Asks the host that runs a manifest; a short wait, and no answer is no fault.
struct RunningHost {
    private let address: ListenAddress

    /// Finds the address: what the host wrote into its state folder, else `host.listen`.
    init(manifest: Manifest) {
        let path = "\(manifest.resolve(manifest.host.state))/host.json"
        struct Note: Decodable { let address: String }
        let note = FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Note.self, from: $0) }
        address = note.flatMap { ListenAddress($0.address) } ?? manifest.host.listen
    }

    /// Returns the states by instance (`sink/keep`); `nil` where no host answers.
    func states() -> [String: String]? {
        struct Answer: Decodable {
            struct Instance: Decodable {
                let kind: String
                let id: String
                let state: String
            }
            let instances: [Instance]
        }
        guard let body = get("/api/v2/plugins"), let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        else { return nil }
        return Dictionary(
            answer.instances.map { ("\($0.kind)/\($0.id)", $0.state) }, uniquingKeysWith: { first, _ in first })
    }

    /// Most bytes of an answer.
    private static let limit = 16 << 20

    private func get(_ path: String) -> [UInt8]? {
        guard address.port != 0, let socket = connected() else { return nil }
        defer { close(socket) }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8)
        guard send(socket, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answer.count < Self.limit {
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            answer += chunk[..<count]
        }
        return Self.body(answer)
    }

    /// Connects to the first address that answers within half a second; the same limit holds for each read.
    private func connected() -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let host = ["0.0.0.0", "::"].contains(address.host) ? "localhost" : address.host
        guard getaddrinfo(host, "\(address.port)", &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next?.pointee {
            let socket = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
            var wait = timeval(tv_sec: 0, tv_usec: 500_000)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, size)
            setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, size)
            if connect(socket, entry.ai_addr, entry.ai_addrlen) == 0 { return socket }
            if socket >= 0 { close(socket) }
            next = entry.ai_next
        }
        return nil
    }

    /// The body of a whole answer with the status 200; chunks are put together.
    static func body(_ answer: [UInt8]) -> [UInt8]? {
        guard answer.starts(with: Array("HTTP/1.1 200".utf8)),
            let end = answer.firstRange(of: Array("\r\n\r\n".utf8))
        else { return nil }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
        let body = answer[end.upperBound...]
        guard head.contains("transfer-encoding: chunked") else { return Array(body) }
        var (rest, whole): (ArraySlice<UInt8>, [UInt8]) = (body, [])
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = Int(String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self), radix: 16)
            guard let size, size > 0 else { return size == 0 ? whole : nil }
            guard rest.distance(from: line.upperBound, to: rest.endIndex) >= size + 2 else { return nil }
            whole += rest[line.upperBound..<line.upperBound + size]
            rest = rest[(line.upperBound + size + 2)...]
        }
        return nil
    }
}
