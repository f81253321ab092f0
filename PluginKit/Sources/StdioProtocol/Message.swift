/// One message: a control line and the frames that belong to it.
public struct Message: Sendable, Hashable {
    /// How frames travel; agreed in `hello`.
    public enum FrameForm: String, Sendable {
        /// Column bytes after the line.
        case binary
        /// Columns inside the line.
        case json
    }

    /// What it is: `hello`, `run`, `result`.
    public let type: String
    /// The request it is or answers; 0 where it needs none.
    public let id: UInt64
    /// The other members.
    public var body: [String: JSONValue]
    /// Bulk data, in the order the type demands.
    public var frames: [Frame]

    /// Creates a message; `body` has no `type`, `id` or `frames`.
    public init(_ type: String, id: UInt64 = 0, _ body: [String: JSONValue] = [:], frames: [Frame] = []) {
        self.type = type
        self.id = id
        self.body = body
        self.frames = frames
    }

    /// Appends the message in its wire form.
    public func append(to bytes: inout [UInt8], form: FrameForm) {
        var members = body
        members["type"] = .text(type)
        if id != 0 { members["id"] = .integer(Int64(clamping: id)) }
        if !frames.isEmpty {
            members["frames"] = form == .binary ? .integer(Int64(frames.count)) : .array(frames.map(\.json))
        }
        JSONValue.object(members).append(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        if form == .binary { for frame in frames { frame.append(to: &bytes, id: id) } }
    }

    /// The message in its wire form.
    public func encoded(_ form: FrameForm = .binary) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, form: form)
        return bytes
    }

    /// Returns a text member; throws `.message` where there is none.
    public func text(_ name: String) throws(ProtocolError) -> String {
        guard let value = body[name]?.text else { throw missing(name, "a text") }
        return value
    }

    /// Returns a whole number; throws `.message` where there is none.
    public func integer(_ name: String) throws(ProtocolError) -> Int64 {
        guard let value = body[name]?.integer else { throw missing(name, "a whole number") }
        return value
    }

    /// Returns the elements of an array; none where the member is absent; throws `.message` where it is no array.
    public func array(_ name: String) throws(ProtocolError) -> [JSONValue] {
        guard let value = body[name] else { return [] }
        guard let array = value.array else { throw missing(name, "an array") }
        return array
    }

    /// Returns the matrix in a frame; throws `.message` where another or none is there.
    public func matrix(_ index: Int = 0) throws(ProtocolError) -> Matrix {
        guard frames.indices.contains(index), case .matrix(let matrix) = frames[index] else {
            throw missing("frames", "a matrix at \(index)")
        }
        return matrix
    }

    /// Returns the bytes in a frame; throws `.message` where another or none is there.
    public func bytes(_ index: Int = 0) throws(ProtocolError) -> [UInt8] {
        guard frames.indices.contains(index), case .bytes(let bytes) = frames[index] else {
            throw missing("frames", "bytes at \(index)")
        }
        return bytes
    }

    private func missing(_ name: String, _ wanted: String) -> ProtocolError {
        ProtocolError(.message, "'\(type)' has no '\(name)' that is \(wanted)")
    }
}
