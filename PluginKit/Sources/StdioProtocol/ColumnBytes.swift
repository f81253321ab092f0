/// Writes columns into bytes and reads them back: the module's one file with unsafe access.
///
/// Both walk a block whose whole length was computed from the same column types; each step checks that the column still
/// lies inside it.
struct ColumnWriter {
    private let base: UnsafeMutableRawBufferPointer
    private var position: Int

    /// Appends `length` zero bytes and lets `body` fill them.
    static func append(_ length: Int, to bytes: inout [UInt8], _ body: (inout ColumnWriter) -> Void) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: length))
        bytes.withUnsafeMutableBytes { buffer in
            var writer = ColumnWriter(base: buffer, position: start)
            body(&writer)
        }
    }

    private init(base: UnsafeMutableRawBufferPointer, position: Int) {
        self.base = base
        self.position = position
    }

    /// Writes one number of the header.
    mutating func scalar<Number: FixedWidthInteger>(_ value: Number) {
        base.storeBytes(of: value.littleEndian, toByteOffset: position, as: Number.self)
        position += MemoryLayout<Number>.size
    }

    /// Writes a column of whole numbers.
    @inline(__always) mutating func column<Number: FixedWidthInteger>(_ count: Int, _ value: (Int) -> Number) {
        let size = MemoryLayout<Number>.size
        precondition(position + count * size <= base.count, "the column lies in the block")
        for row in 0..<count {
            base.storeBytes(of: value(row).littleEndian, toByteOffset: position + row * size, as: Number.self)
        }
        position += (count * size + 7) / 8 * 8
    }

    /// Writes a column of numbers, bit for bit.
    @inline(__always) mutating func column(_ count: Int, _ value: (Int) -> Double) {
        column(count) { value($0).bitPattern }
    }
}

/// Reads columns from bytes.
struct ColumnReader {
    private let base: UnsafeRawBufferPointer
    private var position = 0

    init(_ base: UnsafeRawBufferPointer) { self.base = base }

    /// Reads one number of the header.
    mutating func scalar<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return Number(littleEndian: base.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    /// Hands the column's numbers to `body`, row by row.
    @inline(__always) mutating func column<Number: FixedWidthInteger>(
        _ count: Int, _: Number.Type, _ body: (Int, Number) -> Void
    ) {
        let size = MemoryLayout<Number>.size
        precondition(position + count * size <= base.count, "the column lies in the block")
        for row in 0..<count {
            body(row, Number(littleEndian: base.loadUnaligned(fromByteOffset: position + row * size, as: Number.self)))
        }
        position += (count * size + 7) / 8 * 8
    }

    /// Hands the column's numbers to `body`, bit for bit.
    @inline(__always) mutating func numbers(_ count: Int, _ body: (Int, Double) -> Void) {
        column(count, UInt64.self) { body($0, Double(bitPattern: $1)) }
    }
}
