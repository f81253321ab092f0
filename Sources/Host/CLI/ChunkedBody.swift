/// Takes the chunked transfer coding (RFC 9112, 7.1) off a body as its bytes come.
struct ChunkedBody {
    private var rest: [UInt8] = []
    /// Bytes of this chunk that are still to come; 0 where its line end is; `nil` before a size.
    private var left: Int?

    /// Takes bytes; returns those of the body that are whole.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        rest += bytes
        var body: [UInt8] = []
        while let part = next() { body += part }
        return body
    }

    private mutating func next() -> ArraySlice<UInt8>? {
        switch left {
        case nil:
            guard let end = rest.firstRange(of: [13, 10]) else { return nil }
            let digits = String(decoding: rest[..<end.lowerBound].prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
            rest.removeSubrange(..<end.upperBound)
            guard let size = Int(digits, radix: 16), size > 0 else { return nil }
            left = size
            return []
        case 0?:
            guard rest.count >= 2 else { return nil }
            rest.removeFirst(2)
            left = nil
            return []
        case let count?:
            guard !rest.isEmpty else { return nil }
            let part = rest.prefix(count)
            rest.removeFirst(part.count)
            left = count - part.count
            return part
        }
    }
}
