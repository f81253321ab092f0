/// A short text as its bytes, at most 24, in three words: compared and looked up without memory of its own.
public struct JSONName: Sendable, Hashable {
    private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// How many bytes there are.
    public private(set) var count = 0

    /// Bytes at most.
    public static let maximum = 24

    /// No text.
    public init() {}

    /// Takes a text; `nil` where it is longer.
    public init?(_ text: String) {
        for byte in text.utf8 where !append(byte) { return nil }
    }

    /// Adds a byte; `false` where there is no room.
    @inline(__always)
    mutating func append(_ byte: UInt8) -> Bool {
        let shift = UInt64(count & 7) * 8
        switch count >> 3 {
        case 0: words.0 |= UInt64(byte) << shift
        case 1: words.1 |= UInt64(byte) << shift
        case 2: words.2 |= UInt64(byte) << shift
        default: return false
        }
        count += 1
        return true
    }

    /// The one byte where it is one, else 0.
    public var single: UInt8 { count == 1 ? UInt8(truncatingIfNeeded: words.0) : 0 }

    /// Whether both are the same bytes.
    public static func == (left: JSONName, right: JSONName) -> Bool {
        left.count == right.count && left.words == right.words
    }

    /// Feeds the bytes to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
    }
}

extension JSONName: CustomStringConvertible {
    /// The text.
    public var description: String {
        let bytes = (0..<count).map { place in
            let word = place < 8 ? words.0 : place < 16 ? words.1 : words.2
            return UInt8(truncatingIfNeeded: word >> UInt64((place & 7) * 8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
