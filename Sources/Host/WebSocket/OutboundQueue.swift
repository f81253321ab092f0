import NIOCore

/// Frames that wait for a client that cannot keep up: bounded by count and by bytes, the oldest go first.
struct OutboundQueue {
    /// How many frames may wait.
    let maxFrames: Int
    /// How many bytes may wait; a single frame above it still waits alone.
    let maxBytes: Int
    private var frames: CircularBuffer<ByteBuffer> = []
    private(set) var bytes = 0

    /// Creates an empty queue.
    init(maxFrames: Int, maxBytes: Int) {
        self.maxFrames = maxFrames
        self.maxBytes = maxBytes
    }

    /// Whether nothing waits.
    var isEmpty: Bool { frames.isEmpty }
    /// The number of waiting frames.
    var count: Int { frames.count }

    /// Adds a frame and returns how many old ones were dropped for it.
    mutating func append(_ frame: ByteBuffer) -> Int {
        frames.append(frame)
        bytes += frame.readableBytes
        var dropped = 0
        while frames.count > max(1, maxFrames) || (bytes > maxBytes && frames.count > 1) {
            _ = popFirst()
            dropped += 1
        }
        return dropped
    }

    /// Takes the oldest frame.
    mutating func popFirst() -> ByteBuffer? {
        guard let frame = frames.popFirst() else { return nil }
        bytes -= frame.readableBytes
        return frame
    }

    /// Forgets all frames and gives their memory back.
    mutating func removeAll() {
        frames = []
        bytes = 0
    }
}
