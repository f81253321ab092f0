/// Writes Thrift's compact protocol, as much as the headers of Parquet need:
/// <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.
struct ThriftWriter {
    enum Kind: UInt8 { case yes = 1, no, byte, short, int, long, double, bytes, list, set, map, record }

    private(set) var bytes: [UInt8] = []
    private var last = 0
    private var outer: [Int] = []

    mutating func int(_ field: Int, _ value: Int) {
        begin(field, .int)
        zigzag(value)
    }

    mutating func long(_ field: Int, _ value: Int) {
        begin(field, .long)
        zigzag(value)
    }

    mutating func flag(_ field: Int, _ value: Bool) { begin(field, value ? .yes : .no) }

    mutating func data(_ field: Int, _ value: [UInt8]) {
        begin(field, .bytes)
        element(value)
    }

    mutating func text(_ field: Int, _ value: String) { data(field, Array(value.utf8)) }

    mutating func record(_ field: Int, _ body: (inout ThriftWriter) -> Void) {
        begin(field, .record)
        element(body)
    }

    mutating func list<Element>(
        _ field: Int, _ kind: Kind, _ elements: [Element], _ body: (inout ThriftWriter, Element) -> Void
    ) {
        begin(field, .list)
        if elements.count < 15 {
            bytes.append(UInt8(elements.count) << 4 | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            varint(UInt64(elements.count))
        }
        for element in elements { body(&self, element) }
    }

    /// Writes a record that is an element of a list, or the whole.
    mutating func element(_ body: (inout ThriftWriter) -> Void) {
        outer.append(last)
        last = 0
        body(&self)
        bytes.append(0)
        last = outer.removeLast()
    }

    mutating func element(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func element(_ value: Int) { zigzag(value) }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private mutating func zigzag(_ value: Int) { varint(UInt64(bitPattern: Int64((value << 1) ^ (value >> 63)))) }

    private mutating func begin(_ field: Int, _ kind: Kind) {
        let step = field - last
        if (1...15).contains(step) {
            bytes.append(UInt8(step) << 4 | kind.rawValue)
        } else {
            bytes.append(kind.rawValue)
            zigzag(field)
        }
        last = field
    }
}

/// What a Thrift record says.
indirect enum ThriftValue {
    case flag(Bool)
    case number(Int)
    case data([UInt8])
    case list([ThriftValue])
    case record([Int: ThriftValue])

    /// A field of a record; nil for none.
    subscript(field: Int) -> ThriftValue? {
        if case .record(let fields) = self { fields[field] } else { nil }
    }

    var number: Int? { if case .number(let number) = self { number } else { nil } }
    var list: [ThriftValue]? { if case .list(let list) = self { list } else { nil } }
    var text: String? { if case .data(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil } }
}

/// Reads Thrift's compact protocol; every read is checked.
struct ThriftReader {
    struct Damage: Error {}

    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int
    /// Records in records; what Parquet has is far less deep.
    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Reads the record that the bytes begin with.
    mutating func record(_ depth: Int = 0) throws(Damage) -> ThriftValue {
        guard depth < Self.deepest else { throw Damage() }
        var fields: [Int: ThriftValue] = [:]
        var last = 0
        while true {
            let head = try byte()
            if head == 0 { return .record(fields) }
            last = head >> 4 == 0 ? try zigzag() : last + Int(head >> 4)
            fields[last] = try value(head & 15, depth, isField: true)
        }
    }

    private mutating func value(_ kind: UInt8, _ depth: Int, isField: Bool) throws(Damage) -> ThriftValue {
        switch ThriftWriter.Kind(rawValue: kind) {
        case .yes: return .flag(isField ? true : try byte() == 1)
        case .no: return .flag(isField ? false : try byte() == 1)
        case .byte: return .number(Int(try byte()))
        case .short, .int, .long: return .number(try zigzag())
        case .double: return .data(try take(8))
        case .bytes: return .data(try take(try count()))
        case .list, .set: return try list(depth)
        case .record: return try record(depth + 1)
        case .map, nil: throw Damage()
        }
    }

    private mutating func list(_ depth: Int) throws(Damage) -> ThriftValue {
        let head = try byte()
        let count = head >> 4 == 15 ? try count() : Int(head >> 4)
        // Whatever is in a list takes a byte at least.
        guard count <= bytes.endIndex - position else { throw Damage() }
        var values: [ThriftValue] = []
        for _ in 0..<count { values.append(try value(head & 15, depth, isField: false)) }
        return .list(values)
    }

    private mutating func byte() throws(Damage) -> UInt8 {
        guard position < bytes.endIndex else { throw Damage() }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func take(_ count: Int) throws(Damage) -> [UInt8] {
        guard count <= bytes.endIndex - position else { throw Damage() }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    private mutating func count() throws(Damage) -> Int {
        guard let count = Int(exactly: try varint()) else { throw Damage() }
        return count
    }

    private mutating func varint() throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let next = try byte()
            value |= UInt64(next & 127) << shift
            if next < 128 { return value }
        }
        throw Damage()
    }

    private mutating func zigzag() throws(Damage) -> Int {
        let value = try varint()
        return Int(truncatingIfNeeded: Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
    }
}
