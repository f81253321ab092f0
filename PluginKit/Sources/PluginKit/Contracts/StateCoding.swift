/// Collects an indicator's state as bytes: fixed-width, little-endian, no padding.
public struct StateWriter: Sendable {
    /// The bytes so far.
    public private(set) var bytes: [UInt8] = []

    /// Creates an empty writer.
    public init() {}

    /// Creates an empty writer with room for bytes, for states as long as the last one.
    public init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    /// Appends a whole number.
    public mutating func write(_ value: Int) {
        withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends a number, bit for bit.
    public mutating func write(_ value: Double) { write(Int(Int64(bitPattern: value.bitPattern))) }

    /// Appends a count and the numbers.
    public mutating func write(_ values: [Double]) {
        write(values.count)
        append(values)
    }

    /// Appends a count and the whole numbers.
    public mutating func write(_ values: [Int]) {
        write(values.count)
        append(values)
    }

    /// Appends numbers of eight bytes as they lie in memory, little-endian on every machine that this is built for: windows of
    /// indicators are thousands of numbers.
    private mutating func append<Value: BitwiseCopyable>(_ values: [Value]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Appends a count and bytes as they are.
    public mutating func write(bytes others: [UInt8]) {
        write(others.count)
        bytes += others
    }
}

/// Reads back what `StateWriter` wrote; every read is checked.
public struct StateReader: Sendable {
    private let bytes: [UInt8]
    private var position = 0

    /// Creates a reader over bytes from `StateWriter`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether everything was read.
    public var isAtEnd: Bool { position == bytes.count }

    /// Reads a whole number.
    public mutating func readInt() throws(PluginError) -> Int {
        guard bytes.count - position >= 8 else { throw Self.cut }
        var bits: UInt64 = 0
        for shift in 0..<8 { bits |= UInt64(bytes[position + shift]) << (8 * UInt64(shift)) }
        position += 8
        return Int(Int64(bitPattern: bits))
    }

    /// Reads a whole number that must lie in a range.
    public mutating func readInt(in range: ClosedRange<Int>) throws(PluginError) -> Int {
        let value = try readInt()
        guard range.contains(value) else {
            throw PluginError(
                .corrupted,
                "snapshot: a count is \(value); allowed \(range.lowerBound)...\(range.upperBound). "
                    + "Drop the snapshot and warm up from the store.")
        }
        return value
    }

    /// Reads a number, bit for bit.
    public mutating func readDouble() throws(PluginError) -> Double {
        Double(bitPattern: UInt64(bitPattern: Int64(try readInt())))
    }

    /// Reads numbers whose count must be the one expected.
    public mutating func readDoubles(count: Int) throws(PluginError) -> [Double] {
        try readNumbers(count)
    }

    /// Reads whole numbers whose count must be the one expected.
    public mutating func readInts(count: Int) throws(PluginError) -> [Int] {
        try readNumbers(count)
    }

    /// Reads numbers of eight bytes as `StateWriter` has put them.
    private mutating func readNumbers<Value: BitwiseCopyable>(_ count: Int) throws(PluginError) -> [Value] {
        _ = try readInt(in: count...count)
        guard (bytes.count - position) / 8 >= count else { throw Self.cut }
        defer { position += 8 * count }
        return Array(unsafeUninitializedCapacity: count) { values, filled in
            let range = position..<position + 8 * count
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(values).copyMemory(from: .init(rebasing: $0[range])) }
            filled = count
        }
    }

    /// Reads a count and bytes, at most `limit`.
    public mutating func readBytes(limit: Int) throws(PluginError) -> [UInt8] {
        let count = try readInt(in: 0...limit)
        guard bytes.count - position >= count else { throw Self.cut }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    private static let cut = PluginError(
        .corrupted, "snapshot: it ends too early. Drop the snapshot and warm up from the store.")
}
