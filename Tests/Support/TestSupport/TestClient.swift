import NIOCore
import NIOPosix

/// A client on a raw connection: it writes bytes as told, broken ones too, and reads HTTP answers and WebSocket frames.
package struct TestClient {
    /// Why a read did not give what was asked for.
    package struct Failure: Error {
        package let what: String

        package init(what: String) { self.what = what }
    }

    /// A WebSocket frame from the server.
    package struct Frame: Equatable, Sendable {
        package var opcode: UInt8
        package var payload: [UInt8]
        /// Whether the payload is packed, as permessage-deflate says by a reserved bit.
        package var isPacked = false

        package init(opcode: UInt8, payload: [UInt8]) {
            self.opcode = opcode
            self.payload = payload
        }

        package static func text(_ text: String) -> Frame { Frame(opcode: 1, payload: Array(text.utf8)) }
        package static func close(_ code: UInt16) -> Frame {
            Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 255)])
        }
        package static func pong(_ payload: [UInt8]) -> Frame { Frame(opcode: 10, payload: payload) }
    }

    /// An HTTP answer; names of headers in lower case.
    package struct Answer: Sendable {
        package var status = 0
        package var headers: [String: String] = [:]
        package var bytes: [UInt8] = []
        /// The body as text.
        package var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private var input: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread = ByteBuffer()

    /// Connects, runs `body` and closes.
    package static func run<Value: Sendable>(
        port: Int, receiveBuffer: Int? = nil, _ body: @Sendable (inout TestClient) async throws -> Value
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
    package static func frame(
        _ first: UInt8, _ payload: [UInt8], masked: Bool = true, length: UInt64? = nil
    ) -> [UInt8] {
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
    package func send(_ bytes: [UInt8]) async throws { try await output.write(ByteBuffer(bytes: bytes)) }

    /// Writes text as it is.
    package func send(_ text: String) async throws { try await output.write(ByteBuffer(string: text)) }

    /// Writes a text message.
    package func send(text: String) async throws { try await send(Self.frame(0x81, Array(text.utf8))) }

    /// Writes a Close with this code.
    package func sendClose(_ code: UInt16) async throws {
        try await send(Self.frame(0x88, [UInt8(code >> 8), UInt8(code & 255)]))
    }

    /// Shuts the output down: the server sees end of file.
    package func finishOutput() { output.finish() }
}

// MARK: - Reading

extension TestClient {
    /// Reads an HTTP answer with its body.
    package mutating func readAnswer(hasBody: Bool = true) async throws -> Answer {
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
        if hasBody { answer.bytes = try await read(count) }
        return answer
    }

    /// Reads the next frame, which must be whole.
    package mutating func readFrame() async throws -> Frame {
        let head = try await read(2)
        guard head[1] & 0x80 == 0, head[0] & 0x30 == 0, head[0] & 0x80 != 0 else {
            throw Failure(what: "a frame that is masked, fragmented or has reserved bits: \(head)")
        }
        let more = head[1] == 127 ? 8 : head[1] == 126 ? 2 : 0
        let count = more == 0 ? Int(head[1]) : try await read(more).reduce(0) { $0 << 8 | Int($1) }
        var frame = Frame(opcode: head[0] & 15, payload: try await read(count))
        frame.isPacked = head[0] & 0x40 != 0
        return frame
    }

    /// Reads until a text has come, and returns all that came up to its end.
    package mutating func readText(until end: String) async throws -> String {
        var bytes: [UInt8] = []
        while !bytes.reversed().starts(with: end.utf8.reversed()) { bytes += try await read(1) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads until the server closes and returns what was left; a reset is an error.
    package mutating func readToEnd() async throws -> [UInt8] {
        while let more = try await input.next(isolation: #isolation) { unread.writeImmutableBuffer(more) }
        return Array(unread.readableBytesView)
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
