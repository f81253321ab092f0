/// What the protocol is called and how large its parts may be.
public struct ProtocolLimits: Sendable, Hashable {
    /// Longest control line in bytes, without its line feed.
    public var line: Int
    /// Largest payload of one frame in bytes.
    public var frame: Int
    /// Deepest nesting of JSON.
    public var depth: Int
    /// Most frames of one message.
    public var frames: Int
    /// Largest size of all messages whose parts are under way, in bytes of memory.
    public var message: Int

    /// Creates limits; the defaults are those of version 2.
    public init(
        line: Int = 4 << 20, frame: Int = 64 << 20, depth: Int = 32, frames: Int = 8, message: Int = 1 << 30
    ) {
        self.line = line
        self.frame = frame
        self.depth = depth
        self.frames = frames
        self.message = message
    }

    /// The protocol's name in `hello`.
    public static let name = "penstock-stdio"
    /// The versions this module speaks.
    public static let versions: [Int64] = [2]
}
