import PluginKit

/// Appends values as bytes: 64-bit words in the machine's order, texts and lists after their count.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ word: UInt64) { withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) } }
    mutating func write(_ number: Int) { write(UInt64(bitPattern: Int64(number))) }
    mutating func write(_ number: Int64) { write(UInt64(bitPattern: number)) }
    mutating func write(_ number: Double) { write(number.bitPattern) }

    mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write<Element>(_ list: [Element], _ one: (inout ByteWriter, Element) -> Void) {
        write(list.count)
        for element in list { one(&self, element) }
    }
}

/// Reads back what `ByteWriter` wrote; every read is checked.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    static let damaged = PluginError(
        .corrupted, "spill: what waited on disk is not what was written. Look at the disk and the system log (dmesg).")

    mutating func word() throws(PluginError) -> UInt64 {
        guard bytes.count - position >= 8 else { throw Self.damaged }
        defer { position += 8 }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt64.self) }
    }

    mutating func integer() throws(PluginError) -> Int { Int(Int64(bitPattern: try word())) }
    mutating func number() throws(PluginError) -> Double { Double(bitPattern: try word()) }

    /// Whether so many rows of so many words can be in what is left.
    func holds(_ rows: Int, of width: Int) -> Bool {
        let (words, isTooMany) = rows.multipliedReportingOverflow(by: width)
        return !isTooMany && words <= (bytes.count - position) / 8
    }

    mutating func text() throws(PluginError) -> String {
        let count = try integer()
        guard count >= 0, count <= bytes.count - position else { throw Self.damaged }
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func list<Element>(
        _ one: (inout ByteReader) throws(PluginError) -> Element
    ) throws(PluginError) -> [Element] {
        let count = try integer()
        // Whatever is in a list takes a word at least.
        guard count >= 0, count <= (bytes.count - position) / 8 else { throw Self.damaged }
        var list: [Element] = []
        list.reserveCapacity(count)
        for _ in 0..<count { list.append(try one(&self)) }
        return list
    }
}
