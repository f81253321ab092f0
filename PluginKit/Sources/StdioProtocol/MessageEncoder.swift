/// Gives a message in its wire form, piece by piece: frames that are too large for one message go before it, as `part`
/// messages of its `id`.
///
/// A part has one frame, and `frame`, the number of the message's frame that it is rows of. Whoever sends holds one piece at a
/// time, however large the message is.
public struct MessageEncoder: Sendable {
    private let message: Message
    private let form: Message.FrameForm
    private let limit: Int
    /// The first frame that is not sent, and how many of its rows are.
    private var frame = 0
    private var row = 0
    /// Whether all of it was given.
    public private(set) var isDone = false

    /// Begins a message; it is not changed by what is sent meanwhile.
    public init(_ message: Message, form: Message.FrameForm, limits: ProtocolLimits = ProtocolLimits()) {
        self.message = message
        self.form = form
        // In JSON a byte of a column is up to five characters of the line.
        limit = form == .binary ? limits.frame : min(limits.frame, limits.line / 5)
    }

    /// Appends the next piece; `false` where there is none left.
    public mutating func append(to bytes: inout [UInt8]) -> Bool {
        guard !isDone else { return false }
        if let part = nextPart() {
            part.append(to: &bytes, form: form)
            return true
        }
        isDone = true
        Message(message.type, id: message.id, message.body, frames: Array(message.frames[frame...]))
            .append(to: &bytes, form: form)
        return true
    }

    /// A part, while what is left is more than one message carries.
    private mutating func nextPart() -> Message? {
        let left = message.frames[frame...]
        guard let first = left.first, row > 0 || !fits(left) else { return nil }
        let end = min(first.rows, row + first.rows(in: limit))
        let part = Message(
            "part", id: message.id, ["frame": .integer(Int64(frame))], frames: [first.piece(row..<end)])
        (frame, row) = end == first.rows ? (frame + 1, 0) : (frame, end)
        return part
    }

    private func fits(_ frames: ArraySlice<Frame>) -> Bool {
        frames.reduce(0) { $0 + $1.length } <= limit && frames.allSatisfy { $0.rows <= $0.kind.mostRows }
    }
}
