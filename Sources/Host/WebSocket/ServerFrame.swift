import NIOCore
import NIOWebSocket

/// Encodes the frames a server sends: never masked, never fragmented.
///
/// A broadcast is encoded once and the same bytes go to each client, so this replaces NIO's per-connection
/// `WebSocketFrameEncoder`.
enum ServerFrame {
    /// Returns a text frame; the payload must be UTF-8.
    static func text(_ payload: ByteBuffer) -> ByteBuffer {
        encode(.text, payload)
    }

    /// Returns a text frame, packed where that is smaller.
    static func message(_ payload: ByteBuffer) -> ByteBuffer {
        MessageDeflate.packed(payload).map(packed) ?? text(payload)
    }

    /// Returns a text frame of a message that `MessageDeflate` packed.
    static func packed(_ payload: ByteBuffer) -> ByteBuffer { encode(.text, payload, isPacked: true) }

    /// Returns an empty Ping.
    static func ping() -> ByteBuffer {
        encode(.ping, ByteBuffer())
    }

    /// Returns a Pong; the payload holds at most 125 bytes.
    static func pong(_ payload: ByteBuffer) -> ByteBuffer {
        encode(.pong, payload)
    }

    /// Returns a Close; no code gives an empty one.
    static func close(_ code: CloseCode?) -> ByteBuffer {
        var payload = ByteBuffer()
        if let code { payload.writeInteger(code.rawValue) }
        return encode(.connectionClose, payload)
    }

    private static func encode(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer, isPacked: Bool = false
    ) -> ByteBuffer {
        let count = payload.readableBytes
        var frame = ByteBufferAllocator().buffer(capacity: count + 10)
        frame.writeInteger((isPacked ? 0xC0 : 0x80) | UInt8(webSocketOpcode: opcode))
        switch count {
        case 0...125:
            frame.writeInteger(UInt8(count))
        case 126...Int(UInt16.max):
            frame.writeInteger(UInt8(126))
            frame.writeInteger(UInt16(count))
        default:
            frame.writeInteger(UInt8(127))
            frame.writeInteger(UInt64(count))
        }
        frame.writeImmutableBuffer(payload)
        return frame
    }
}
