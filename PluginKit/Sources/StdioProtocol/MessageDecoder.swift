/// Turns a stream of bytes into messages: a value-type state machine without I/O.
///
/// ```swift
/// decoder.feed(chunk)
/// while let message = try decoder.next() { handle(message) }
/// ```
/// It holds at most one line, the frames of one message, the parts of messages that are to come and what was fed since:
/// drain it after each chunk. After an error it gives nothing more; the stream has lost its place.
public struct MessageDecoder: Sendable {
    private let limits: ProtocolLimits
    private var buffer: [UInt8] = []
    private var head = 0
    private var scanned = 0
    private var pending: (message: Message, missing: Int)?
    private var parts: PartStore
    private var hasFailed = false

    /// Creates a decoder.
    public init(limits: ProtocolLimits = ProtocolLimits()) {
        self.limits = limits
        parts = PartStore(limits)
    }

    /// Bytes that wait for the rest of their line or frame.
    public var waiting: Int { buffer.count - head }

    /// Takes bytes; they are read by `next`.
    public mutating func feed(_ bytes: some Sequence<UInt8>) {
        guard !hasFailed else { return }
        compact()
        buffer.append(contentsOf: bytes)
    }

    /// Returns the next whole message, or `nil` where more bytes are needed.
    public mutating func next() throws(ProtocolError) -> Message? {
        guard !hasFailed else { return nil }
        do throws(ProtocolError) {
            while let message = try read() {
                if let whole = try parts.take(message) { return whole }
            }
            return nil
        } catch {
            hasFailed = true
            buffer = []
            head = 0
            parts = PartStore(limits)
            throw error
        }
    }

    /// Checks that the stream may end here; throws `.truncated` inside a line or frame.
    public func end() throws(ProtocolError) {
        guard !hasFailed, waiting > 0 || pending != nil else { return }
        throw ProtocolError(.truncated, "the stream ends inside a message, \(waiting) bytes into a line or frame")
    }

    private mutating func read() throws(ProtocolError) -> Message? {
        if pending == nil {
            guard let message = try line() else { return nil }
            guard let pending, pending.missing > 0 else { return message }
        }
        while var (message, missing) = pending {
            if missing == 0 {
                pending = nil
                return message
            }
            guard let frame = try frame(of: message) else { return nil }
            missing -= 1
            message.frames.append(frame)
            pending = (message, missing)
        }
        return nil
    }

    /// Reads a control line; leaves it in `pending` where frames follow.
    private mutating func line() throws(ProtocolError) -> Message? {
        skipBlank()
        guard head < buffer.count else { return nil }
        guard buffer[head] == UInt8(ascii: "{") else { throw garbage() }
        let start = max(head, scanned)
        guard let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) else {
            scanned = buffer.count
            guard waiting <= limits.line else { throw tooLong(waiting) }
            return nil
        }
        guard end - head <= limits.line else { throw tooLong(end - head) }
        let json = try JSONReader.read(buffer[head..<end], maximumDepth: limits.depth)
        head = end + 1
        return try message(json)
    }

    private mutating func message(_ json: JSONValue) throws(ProtocolError) -> Message {
        guard var body = json.object, let type = body.removeValue(forKey: "type")?.text else {
            throw ProtocolError(.message, "a line has no 'type' that is a text")
        }
        let id = body.removeValue(forKey: "id")
        guard let number = (id ?? .integer(0)).integer, number >= 0 else {
            throw ProtocolError(.message, "'\(type.prefix(40))' has no 'id' that is a whole number of 0 or more")
        }
        let frames = body.removeValue(forKey: "frames")
        var message = Message(type, id: UInt64(number), body)
        switch frames {
        case nil: break
        case .integer(let count) where (0...Int64(limits.frames)).contains(count):
            if count > 0 { pending = (message, Int(count)) }
        case .array(let inline) where inline.count <= limits.frames:
            for frame in inline { message.frames.append(try Frame(frame, limits: limits)) }
        default:
            throw ProtocolError(
                .message,
                "'\(type.prefix(40))' has 'frames' that are neither a count nor an array; "
                    + "allowed are 0...\(limits.frames)")
        }
        return message
    }

    private mutating func frame(of message: Message) throws(ProtocolError) -> Frame? {
        guard waiting >= FrameHeader.length else { return nil }
        let (position, limits) = (head, limits)
        let header = try buffer.withUnsafeBytes { bytes in
            let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + FrameHeader.length])
            return Result { () throws(ProtocolError) in try FrameHeader(slice, limits: limits) }
        }.get()
        guard header.id == message.id else {
            throw ProtocolError(.frame, "a frame has the id \(header.id) and follows a line with \(message.id)")
        }
        guard waiting >= FrameHeader.length + header.payload else { return nil }
        let start = head + FrameHeader.length
        let frame = try buffer.withUnsafeBytes { bytes in
            let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start + header.payload])
            return Result { () throws(ProtocolError) in try Frame(header, slice) }
        }.get()
        head = start + header.payload
        return frame
    }
}

extension MessageDecoder {
    private mutating func compact() {
        guard head > 0 else { return }
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
        } else if head > buffer.count / 2 {
            buffer.removeFirst(head)
        } else {
            return
        }
        scanned = 0
        head = 0
    }

    private mutating func skipBlank() {
        while head < buffer.count, buffer[head] == UInt8(ascii: "\n") || buffer[head] == UInt8(ascii: "\r") {
            head += 1
        }
    }

    private func garbage() -> ProtocolError {
        let start = buffer[head...].prefix(80).prefix { $0 != UInt8(ascii: "\n") }
        let text = String(decoding: start, as: UTF8.self)
        let shown = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : Character($0) })
        return ProtocolError(.garbage, "standard output has '\(shown)', which is no message")
    }

    private func tooLong(_ length: Int) -> ProtocolError {
        ProtocolError(.tooLarge, "a line has \(length) bytes and no end; allowed are \(limits.line)")
    }
}
