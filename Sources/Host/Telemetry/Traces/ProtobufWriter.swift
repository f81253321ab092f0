/// Writes fields of a message in the wire format of protocol buffers. Source: protobuf.dev, "Encoding".
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    /// Writes a number; 0 is what a reader takes for a field that is not there.
    mutating func varint(_ field: Int, _ value: UInt64) {
        tag(field, 0)
        varint(value)
    }

    /// Writes 64 bits as they are.
    mutating func fixed64(_ field: Int, _ value: UInt64) {
        tag(field, 1)
        append(value, 8)
    }

    /// Writes text.
    mutating func text(_ field: Int, _ value: String) { data(field, value.utf8) }

    /// Writes bytes.
    mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
        tag(field, 2)
        varint(UInt64(value.count))
        bytes += value
    }

    /// Writes a message within this one.
    mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        body(&inner)
        data(field, inner.bytes)
    }

    private mutating func tag(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func append(_ value: UInt64, _ count: Int) {
        for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(place)))) }
    }
}
