import NIOCore
import NIOPosix
import Testing

/// A client on a raw connection: HTTP answers and WebSocket text frames.
struct TestClient {
    /// Why a read did not give what was asked for.
    struct Failure: Error { let what: String }

    /// An HTTP answer.
    struct Answer: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body = ""

        /// The body as JSON.
        var json: JSONValue {
            get throws { try JSONValue(parsing: body) }
        }
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread = ByteBuffer()

    /// Connects, runs `body` and closes.
    static func run<Value: Sendable>(
        port: Int, _ body: @Sendable (inout TestClient) async throws -> Value
    ) async throws -> Value {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
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

    /// Sends a request without a body and reads its answer.
    mutating func request(_ target: String, method: String = "GET", headers: [String] = []) async throws -> Answer {
        try await send("\(method) \(target) HTTP/1.1\r\nHost: x\r\n" + headers.map { "\($0)\r\n" }.joined() + "\r\n")
        return try await readAnswer(hasBody: method != "HEAD")
    }

    /// Writes text as it is.
    func send(_ text: String) async throws { try await output.write(ByteBuffer(string: text)) }

    /// Reads an HTTP answer.
    mutating func readAnswer(hasBody: Bool = true) async throws -> Answer {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try await read(1) }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        var answer = Answer()
        answer.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { answer.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        let count = answer.headers["content-length"].flatMap { Int($0) } ?? 0
        if hasBody { answer.body = String(decoding: try await read(count), as: UTF8.self) }
        return answer
    }

    /// Turns the connection into a WebSocket.
    mutating func upgrade(_ path: String) async throws {
        let answer = try await request(
            path,
            headers: [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ])
        guard answer.status == 101 else { throw Failure(what: "the upgrade was answered with \(answer)") }
    }

    /// Sends a text frame, masked with zeros.
    func send(frame text: String) async throws {
        let payload = Array(text.utf8)
        let length: [UInt8] =
            payload.count < 126
            ? [0x80 | UInt8(payload.count)] : [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        try await output.write(ByteBuffer(bytes: [0x81] + length + [0, 0, 0, 0] + payload))
    }

    /// Reads a text frame as JSON.
    mutating func readFrame() async throws -> JSONValue {
        let head = try await read(2)
        guard head[0] == 0x81 else { throw Failure(what: "a frame that is no text: \(head)") }
        let more = head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0
        let count = more == 0 ? Int(head[1]) : try await read(more).reduce(0) { $0 << 8 | Int($1) }
        return try JSONValue(parsing: String(decoding: try await read(count), as: UTF8.self))
    }

    /// Reads a text frame, whose field must have this value.
    mutating func expect(
        _ key: String, _ value: JSONValue, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let frame = try await readFrame()
        #expect(frame[key] == value, sourceLocation: sourceLocation)
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
