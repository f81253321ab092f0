import NIOCore

/// Frames that wait for a client that cannot keep up: bounded by count and by bytes, the oldest go first.
struct OutboundQueue {
    private struct Waiting {
        /// `nil` once a newer frame took its place.
        var frame: ByteBuffer?
        let key: String?
    }

    /// How many frames may wait.
    let maxFrames: Int
    /// How many bytes may wait; a single frame above it still waits alone.
    let maxBytes: Int
    private var frames: CircularBuffer<Waiting> = []
    /// Where the frame of a key is, counted from the first frame that ever waited.
    private var places: [String: Int] = [:]
    private var passed = 0
    private(set) var bytes = 0
    /// The number of waiting frames.
    private(set) var count = 0

    /// Creates an empty queue.
    init(maxFrames: Int, maxBytes: Int) {
        self.maxFrames = maxFrames
        self.maxBytes = maxBytes
    }

    /// Whether nothing waits.
    var isEmpty: Bool { count == 0 }

    /// Adds a frame and returns how many old ones were dropped for it, and whether it took the place of one with the same key,
    /// which then is not sent: frames stay in their order.
    mutating func append(_ frame: ByteBuffer, key: String? = nil) -> (dropped: Int, isConflated: Bool) {
        let isConflated = key.map { forget($0) } ?? false
        if let key { places[key] = passed + frames.count }
        frames.append(Waiting(frame: frame, key: key))
        bytes += frame.readableBytes
        count += 1
        var dropped = 0
        while count > max(1, maxFrames) || (bytes > maxBytes && count > 1) {
            _ = popFirst()
            dropped += 1
        }
        compact()
        return (dropped, isConflated)
    }

    /// Takes the oldest frame.
    mutating func popFirst() -> ByteBuffer? {
        while let first = frames.popFirst() {
            passed += 1
            guard let frame = first.frame else { continue }
            if let key = first.key { places[key] = nil }
            bytes -= frame.readableBytes
            count -= 1
            return frame
        }
        return nil
    }

    /// Forgets all frames and gives their memory back.
    mutating func removeAll() { self = OutboundQueue(maxFrames: maxFrames, maxBytes: maxBytes) }

    /// Takes out the frame of a key; returns whether there was one.
    private mutating func forget(_ key: String) -> Bool {
        guard let place = places.removeValue(forKey: key) else { return false }
        let index = frames.index(frames.startIndex, offsetBy: place - passed)
        bytes -= frames[index].frame?.readableBytes ?? 0
        frames[index].frame = nil
        count -= 1
        return true
    }

    /// Closes up where more places are empty than full, so that one key sent for ever costs no memory.
    private mutating func compact() {
        guard frames.count > 2 * count + 64 else { return }
        frames = CircularBuffer(frames.filter { $0.frame != nil })
        (passed, places) = (0, [:])
        for (place, waiting) in frames.enumerated() { if let key = waiting.key { places[key] = place } }
    }
}
