/// Takes the bytes a server sends and gives its messages (RFC 6455); a value without I/O.
///
/// Fragments are joined, extensions refused: none is asked for. Texts are not checked to be UTF-8; who reads them does.
struct FrameReader {
    /// What came.
    enum Event: Hashable {
        /// A text or binary message, whole.
        case message([UInt8])
        /// A ping, which is to be answered with the same bytes.
        case ping([UInt8])
        /// An answer to a ping.
        case pong
        /// The end: code, 1005 where none is given, and reason.
        case close(code: Int, reason: String)
    }

    /// What came is no WebSocket, or too long.
    struct Violation: Error, Hashable {
        let fault: SocketFault
        let message: String
    }

    private let maximumBytes: Int
    private var bytes: [UInt8] = []
    private var start = 0
    /// The fragments so far of a message that is not whole.
    private var fragments: [UInt8]?

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Whether a message has begun and is not whole.
    var isWithin: Bool { start < bytes.count || fragments != nil }

    /// Adds what was read.
    mutating func append(_ read: some Collection<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 1 << 20 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: read)
    }

    /// Returns the next event, or `nil` until more is read.
    mutating func next() throws(Violation) -> Event? {
        while let frame = try frame() {
            if let event = try event(frame) { return event }
        }
        return nil
    }

    private struct Frame {
        var isLast: Bool
        var opcode: UInt8
        var content: Range<Int>
    }

    /// Returns the next whole frame and moves past it.
    private mutating func frame() throws(Violation) -> Frame? {
        guard bytes.count - start >= 2 else { return nil }
        let (first, second) = (bytes[start], bytes[start + 1])
        guard first & 0x70 == 0 else { throw violation("a frame has reserved bits") }
        guard second & 0x80 == 0 else { throw violation("a frame of the server is masked") }
        let width = second == 127 ? 8 : second == 126 ? 2 : 0
        guard bytes.count - start >= 2 + width else { return nil }
        var length = width == 0 ? UInt64(second) : 0
        for offset in 0..<width { length = length << 8 | UInt64(bytes[start + 2 + offset]) }
        let isControl = first & 0x08 != 0
        guard !isControl || (second <= 125 && first & 0x80 != 0) else {
            throw violation("a control frame is long or in parts")
        }
        guard length <= UInt64(maximumBytes), Int(length) + (fragments?.count ?? 0) <= maximumBytes else {
            throw Violation(fault: .tooLong, message: "a message is longer than \(maximumBytes) bytes")
        }
        let content = start + 2 + width..<start + 2 + width + Int(length)
        guard content.upperBound <= bytes.count else { return nil }
        start = content.upperBound
        return Frame(isLast: first & 0x80 != 0, opcode: first & 0x0F, content: content)
    }

    private mutating func event(_ frame: Frame) throws(Violation) -> Event? {
        let content = bytes[frame.content]
        switch frame.opcode {
        case 0x1, 0x2:
            guard fragments == nil else { throw violation("a message begins within another") }
            if frame.isLast { return .message(Array(content)) }
            fragments = Array(content)
        case 0x0:
            guard fragments != nil else { throw violation("a message goes on that has not begun") }
            fragments?.append(contentsOf: content)
            if frame.isLast, let whole = fragments {
                fragments = nil
                return .message(whole)
            }
        case 0x8: return try close(content)
        case 0x9: return .ping(Array(content))
        case 0xA: return .pong
        default: throw violation("a frame has the unknown kind \(frame.opcode)")
        }
        return nil
    }

    private func close(_ content: ArraySlice<UInt8>) throws(Violation) -> Event {
        guard content.count != 1 else { throw violation("a close has half a code") }
        guard content.count >= 2 else { return .close(code: 1005, reason: "") }
        let code = Int(content[content.startIndex]) << 8 | Int(content[content.startIndex + 1])
        return .close(code: code, reason: String(decoding: content.dropFirst(2), as: UTF8.self))
    }

    private func violation(_ what: String) -> Violation { Violation(fault: .violation, message: what) }
}

/// Makes the frames a client sends: whole, and masked as they must be.
enum FrameWriter {
    /// A text message.
    static func text(_ text: String) -> [UInt8] { frame(0x1, Array(text.utf8)) }
    /// A ping.
    static func ping() -> [UInt8] { frame(0x9, []) }
    /// The answer to a ping.
    static func pong(_ content: [UInt8]) -> [UInt8] { frame(0xA, content) }
    /// A close with a code.
    static func close(_ code: Int) -> [UInt8] { frame(0x8, [UInt8(code >> 8 & 0xFF), UInt8(code & 0xFF)]) }

    private static func frame(_ opcode: UInt8, _ content: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [0x80 | opcode]
        switch content.count {
        case ...125: frame.append(0x80 | UInt8(content.count))
        case ...0xFFFF: frame += [0x80 | 126] + bigEndian(content.count, bytes: 2)
        default: frame += [0x80 | 127] + bigEndian(content.count, bytes: 8)
        }
        let mask = bigEndian(Int(UInt32.random(in: 0...UInt32.max)), bytes: 4)
        frame += mask
        for (place, byte) in content.enumerated() { frame.append(byte ^ mask[place & 3]) }
        return frame
    }

    private static func bigEndian(_ value: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
