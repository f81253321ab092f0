/// Keeps the parts of messages until the messages come.
struct PartStore: Sendable {
    private let limits: ProtocolLimits
    /// By the message's id, for each frame its pieces.
    private var parts: [UInt64: [[Frame]]] = [:]
    private var size = 0

    init(_ limits: ProtocolLimits) { self.limits = limits }

    /// Returns the message with the parts that came before it; `nil` for a part. Throws `.message` for a part that does not
    /// follow the one before it, and `.tooLarge` where more is kept than allowed.
    mutating func take(_ message: Message) throws(ProtocolError) -> Message? {
        if message.type == "part" {
            try keep(message)
            return nil
        }
        guard message.id != 0, let parts = parts.removeValue(forKey: message.id) else { return message }
        var frames: [Frame] = []
        for pieces in parts {
            size -= pieces.reduce(0) { $0 + $1.weight }
            guard let frame = Frame.joined(pieces) else {
                throw ProtocolError(.message, "the parts of a frame are not all of one kind and width")
            }
            frames.append(frame)
        }
        return Message(message.type, id: message.id, message.body, frames: frames + message.frames)
    }

    private mutating func keep(_ part: Message) throws(ProtocolError) {
        guard part.id != 0, let piece = part.frames.first, part.frames.count == 1,
            let number = part.body["frame"]?.integer
        else { throw ProtocolError(.message, "a 'part' has no 'id', no 'frame', or not one frame") }
        size += piece.weight
        guard size <= limits.message else {
            throw ProtocolError(.tooLarge, "the parts of messages have \(size) bytes; allowed are \(limits.message)")
        }
        let begun = parts[part.id]?.count ?? 0
        if number == begun, begun < limits.frames {
            parts[part.id, default: []].append([piece])
        } else if begun > 0, number == begun - 1 {
            parts[part.id]?[begun - 1].append(piece)
        } else {
            throw ProtocolError(.message, "a 'part' has the frame \(number); \(begun) frames were begun")
        }
    }
}
