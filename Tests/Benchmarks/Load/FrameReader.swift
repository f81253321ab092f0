import Glibc

/// Cuts what a server sends into frames and finds the stamp of each message.
struct FrameReader {
    private static let mark = Array("\"t\":".utf8)
    private var rest: [UInt8] = []

    /// Begins with what came behind the answer to the upgrade.
    init(answer: ArraySlice<UInt8>) { rest = Array(answer) }

    /// Takes bytes; tells the stamp of each message that is whole, and returns whether a ping wants to be answered.
    @discardableResult
    mutating func take(_ bytes: ArraySlice<UInt8>, _ found: (Int) -> Void) -> Bool {
        rest += bytes
        var (start, isPinged) = (0, false)
        rest.withUnsafeBufferPointer { bytes in
            while let frame = Self.frame(bytes, at: start) {
                if frame.opcode == 9 { isPinged = true }
                if frame.opcode == 1, let stamp = Self.stamp(bytes, frame.content) { found(stamp) }
                start = frame.content.upperBound
            }
        }
        rest.removeFirst(start)
        return isPinged
    }

    private static func frame(
        _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
    ) -> (opcode: UInt8, content: Range<Int>)? {
        guard bytes.count - start >= 2 else { return nil }
        var (length, head) = (Int(bytes[start + 1] & 127), 2)
        let extended = length == 126 ? 2 : length == 127 ? 8 : 0
        guard bytes.count - start >= 2 + extended else { return nil }
        if extended > 0 {
            length = bytes[start + 2..<start + 2 + extended].reduce(0) { $0 << 8 | Int($1) }
            head += extended
        }
        guard bytes.count - start >= head + length else { return nil }
        return (bytes[start] & 15, start + head..<start + head + length)
    }

    /// Among the first members, wherever the server puts it.
    private static func stamp(_ bytes: UnsafeBufferPointer<UInt8>, _ content: Range<Int>) -> Int? {
        let last = min(content.upperBound, content.lowerBound + 128) - mark.count
        guard
            let place = (content.lowerBound..<max(content.lowerBound, last)).first(where: { place in
                bytes[place] == mark[0] && bytes[place + 1] == mark[1] && bytes[place + 2] == mark[2]
                    && bytes[place + 3] == mark[3]
            })
        else { return nil }
        var stamp = 0
        for byte in bytes[(place + mark.count)..<content.upperBound] {
            guard byte >= 0x30, byte <= 0x39 else { break }
            stamp = stamp * 10 + Int(byte - 0x30)
        }
        return stamp
    }
}
