import NIOCore
import NIOWebSocket

/// Judges the frames of one client and puts fragments together: RFC 6455 without I/O.
///
/// NIO's decoder has already checked lengths and the shape of control frames; all else is checked here: masking,
/// reserved bits and opcodes, the order of fragments, the size of a message, UTF-8 and close codes.
/// Fragments are copied into one buffer, so many small ones cost no more memory than one large one.
struct FrameMachine {
    /// What the connection has to do about a frame.
    enum Action: Equatable {
        case nothing
        /// Send a Pong with these bytes.
        case pong(ByteBuffer)
        /// The peer answered a Ping.
        case alive
        /// A whole text message arrived.
        case text(String)
        /// End the connection with this code.
        case close(CloseCode)
        /// The peer closes: send this Close back and end the connection.
        case answerClose(CloseCode?)
    }

    /// The largest message in bytes.
    let maxMessageSize: Int
    /// Whether messages may be packed: the client and the server agreed to it.
    let takesPacked: Bool
    private var partial: ByteBuffer?
    private var isPacked = false

    /// Creates a machine at the start of a connection.
    init(maxMessageSize: Int, takesPacked: Bool = false) {
        self.maxMessageSize = maxMessageSize
        self.takesPacked = takesPacked
    }

    /// Takes the next frame.
    mutating func receive(_ frame: WebSocketFrame) -> Action {
        guard frame.maskKey != nil, !frame.rsv2, !frame.rsv3 else { return .close(.protocolError) }
        // Only the first frame of a message says that it is packed.
        guard !frame.rsv1 || (takesPacked && frame.opcode == .text) else { return .close(.protocolError) }
        switch frame.opcode {
        case .ping: return .pong(frame.unmaskedData)
        case .pong: return .alive
        case .connectionClose: return answerClose(frame.unmaskedData)
        case .text: return begin(frame)
        case .binary: return .close(partial == nil ? .unsupportedData : .protocolError)
        case .continuation: return proceed(frame)
        default: return .close(.protocolError)
        }
    }

    private mutating func begin(_ frame: WebSocketFrame) -> Action {
        guard partial == nil else { return .close(.protocolError) }
        guard frame.length <= maxMessageSize else { return .close(.tooLarge) }
        isPacked = frame.rsv1
        guard !frame.fin else { return text(frame.unmaskedData) }
        partial = frame.unmaskedData
        return .nothing
    }

    private mutating func proceed(_ frame: WebSocketFrame) -> Action {
        guard var message = partial else { return .close(.protocolError) }
        partial = nil
        guard message.readableBytes + frame.length <= maxMessageSize else { return .close(.tooLarge) }
        message.writeImmutableBuffer(frame.unmaskedData)
        guard !frame.fin else { return text(message) }
        partial = message
        return .nothing
    }

    private func text(_ payload: ByteBuffer) -> Action {
        guard isPacked else { return Self.text(payload) }
        switch MessageDeflate.unpacked(payload, limit: maxMessageSize) {
        case .success(let message): return Self.text(message)
        case .failure(let fault): return .close(fault.code)
        }
    }

    private static func text(_ payload: ByteBuffer) -> Action {
        guard let text = String(validating: payload.readableBytesView, as: UTF8.self) else { return .close(.notUTF8) }
        return .text(text)
    }

    private func answerClose(_ payload: ByteBuffer) -> Action {
        var reason = payload
        guard reason.readableBytes > 0 else { return .answerClose(nil) }
        guard let code = reason.readInteger(as: UInt16.self).map(CloseCode.init(rawValue:)), code.isAllowedOnWire else {
            return .answerClose(.protocolError)
        }
        guard String(validating: reason.readableBytesView, as: UTF8.self) != nil else { return .answerClose(.notUTF8) }
        return .answerClose(code)
    }
}
