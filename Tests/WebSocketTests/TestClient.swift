import NIOCore
import NIOPosix
import Testing

/// A WebSocket client that can also break the rules: it writes raw bytes and reads frames.
struct TestClient {
    /// Why a read did not give what was asked for.
    struct Failure: Error { let what: String }
    /// A frame from the server.
    struct Frame: Equatable, Sendable {
        var opcode: UInt8
        var payload: [UInt8]

        static func text(_ text: String) -> Frame { Frame(opcode: 1, payload: Array(text.utf8)) }
        static func close(_ code: UInt16) -> Frame {
            Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 255)])
        }
        static func pong(_ payload: [UInt8]) -> Frame { Frame(opcode: 10, payload: payload) }
    }
    /// An HTTP answer.
    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread = ByteBuffer()

    /// Connects, runs `body` and closes.
    static func run<Value: Sendable>(
        port: Int, receiveBuffer: Int?, _ body: @Sendable (inout TestClient) async throws -> Value
    ) async throws -> Value {
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
        }
        let connection = try await bootstrap.connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try Connection(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await connection.executeThenClose { input, output in
            var client = TestClient(input: input.makeAsyncIterator(), output: output)
            return try await body(&client)
        }
    }

    private init(
        input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.input = input
        self.output = output
    }
}

// MARK: - Writing

extension TestClient {
    /// Bytes of a frame: first byte as given, masked unless told otherwise, `length` overriding the true one.
    static func frame(_ first: UInt8, _ payload: [UInt8], masked: Bool = true, length: UInt64? = nil) -> [UInt8] {
        let count = length ?? UInt64(payload.count)
        let bit: UInt8 = masked ? 0x80 : 0
        var bytes = [first]
        switch count {
        case 0...125: bytes.append(bit | UInt8(count))
        case 126...65535: bytes += [bit | 126, UInt8(count >> 8), UInt8(count & 255)]
        default: bytes += [bit | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
        }
        guard masked else { return bytes + payload }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    /// Writes bytes as they are.
    func send(_ bytes: [UInt8]) async throws {
        try await output.write(ByteBuffer(bytes: bytes))
    }

    /// Writes a text message.
    func send(text: String) async throws {
        try await send(Self.frame(0x81, Array(text.utf8)))
    }

    /// Writes a Close with this code.
    func sendClose(_ code: UInt16) async throws {
        try await send(Self.frame(0x88, [UInt8(code >> 8), UInt8(code & 255)]))
    }

    /// Shuts the output down: the server sees end of file.
    func finishOutput() {
        output.finish()
    }

    /// Sends an upgrade request and reads its answer; entries of `headers` replace the defaults, an empty one removes.
    mutating func upgrade(
        _ path: String, method: String = "GET", version: String = "1.1", headers: [String] = []
    ) async throws -> Answer {
        var fields: [(String, String)] = [
            ("host", "127.0.0.1"), ("upgrade", "websocket"), ("connection", "Upgrade"),
            ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        for header in headers {
            let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            fields.removeAll { $0.0 == parts[0] }
            if parts.count > 1, !parts[1].isEmpty { fields.append((parts[0], parts[1])) }
        }
        return try await request("\(method) \(path) HTTP/\(version)", fields)
    }

    /// Sends a request without a body and reads its answer.
    mutating func request(_ line: String, _ fields: [(String, String)] = [("host", "127.0.0.1")]) async throws -> Answer
    {
        let text = line + "\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        try await send(Array(text.utf8))
        return try await readAnswer()
    }
}

// MARK: - Reading

extension TestClient {
    /// Reads the next frame.
    mutating func readFrame() async throws -> Frame {
        let head = try await read(2)
        guard head[1] & 0x80 == 0, head[0] & 0x70 == 0, head[0] & 0x80 != 0 else {
            throw Failure(what: "a frame that is masked, fragmented or has reserved bits: \(head)")
        }
        let more = head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0
        let count = more == 0 ? Int(head[1]) : try await read(more).reduce(0) { $0 << 8 | Int($1) }
        return Frame(opcode: head[0] & 15, payload: try await read(count))
    }

    /// Reads a frame, which must be this one.
    mutating func expect(
        _ frame: Frame, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await readFrame()
        #expect(found == frame, comment, sourceLocation: sourceLocation)
    }

    /// Reads until the server closes, before which nothing more may come.
    mutating func expectEnd(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let rest = try await readToEnd()
        #expect(rest.isEmpty, sourceLocation: sourceLocation)
    }

    /// Reads until the server closes and returns what was left; a reset is an error.
    mutating func readToEnd() async throws -> [UInt8] {
        while let more = try await input.next(isolation: #isolation) { unread.writeImmutableBuffer(more) }
        return Array(unread.readableBytesView)
    }

    /// Reads an HTTP answer with its body.
    mutating func readAnswer() async throws -> Answer {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) { head += try await read(1) }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        let body = try await read(headers["content-length"].flatMap { Int($0) } ?? 0)
        return Answer(status: status ?? 0, headers: headers, body: String(decoding: body, as: UTF8.self))
    }

    private mutating func read(_ count: Int) async throws -> [UInt8] {
        while unread.readableBytes < count {
            guard let more = try await input.next(isolation: #isolation) else {
                throw Failure(what: "end of file where bytes were due")
            }
            unread.discardReadBytes()
            unread.writeImmutableBuffer(more)
        }
        return unread.readBytes(length: count) ?? []
    }
}
