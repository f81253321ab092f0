/// Reads the fields of a message in the wire format of protocol buffers, one after the other.
///
/// Groups, which no message of today has, are refused. Source: protobuf.dev, "Encoding".
package struct ProtobufReader {
    /// A field: its number and what it holds.
    package struct Field {
        /// The number, above 0.
        package let number: Int
        /// What it holds.
        package let value: Value
    }

    /// What a field holds, by how it is written.
    package enum Value {
        /// A number of up to 64 bits; signed ones may be written zigzag.
        case varint(UInt64)
        /// 64 bits.
        case fixed64(UInt64)
        /// 32 bits.
        case fixed32(UInt32)
        /// Text, bytes or a message.
        case bytes(ArraySlice<UInt8>)
    }

    /// That the bytes are no message.
    package enum Fault: Error { case malformed }

    private var rest: ArraySlice<UInt8>

    /// Begins at the first field of a message.
    package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Returns the next field; `nil` at the end.
    package mutating func next() throws(Fault) -> Field? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), number > 0 else { throw .malformed }
        let value: Value =
            switch tag & 7 {
            case 0: .varint(try varint())
            case 1: .fixed64(try word(8))
            case 2: .bytes(try take(try varint()))
            case 5: .fixed32(UInt32(truncatingIfNeeded: try word(4)))
            default: throw .malformed
            }
        return Field(number: number, value: value)
    }

    private mutating func take(_ count: UInt64) throws(Fault) -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw .malformed }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private mutating func word(_ count: UInt64) throws(Fault) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func varint() throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw .malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw .malformed
    }
}
