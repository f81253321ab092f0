/// Why bytes from the other side are no message of the protocol.
public struct ProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of a fault; the texts stand in `docs/plugin-protocol.md`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// `snake_case` name.
        public let description: String

        /// Creates a code; use the ones below.
        public init(_ name: String) { description = name }

        /// Bytes that begin neither a line nor a frame.
        public static let garbage = Code("garbage")
        /// A line that is no JSON, or nests too deep.
        public static let json = Code("json")
        /// A line or frame above its limit.
        public static let tooLarge = Code("too_large")
        /// A frame whose header contradicts itself.
        public static let frame = Code("frame")
        /// JSON that is no message: a member is missing or has another type.
        public static let message = Code("message")
        /// The stream ended inside a line or frame.
        public static let truncated = Code("truncated")
    }

    /// The class of the fault.
    public let code: Code
    /// What is wrong, with the value, and what is allowed.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
