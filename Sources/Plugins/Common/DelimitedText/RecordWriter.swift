/// Writes records by RFC 4180: a field is quoted where it must be, and only there.
///
/// Bytes gather in memory until they are taken; a sink takes them after whole records.
///
/// ```swift
/// var writer = RecordWriter()
/// writer.append("AAPL, Inc.")
/// writer.append(130.31)
/// writer.endRecord()
/// file.write(writer.takeBytes())   // "AAPL, Inc.",130.31
/// ```
public struct RecordWriter: Sendable {
    /// What was written and not taken yet.
    public private(set) var bytes: [UInt8] = []
    private let delimiter: UInt8
    private let lineEnd: [UInt8]
    private var fieldCount = 0
    private var recordStart = 0

    /// Creates a writer; records end in LF, or CRLF as the RFC has it.
    public init(delimiter: UInt8 = UInt8(ascii: ","), endsLinesWithCRLF: Bool = false) {
        self.delimiter = delimiter
        lineEnd = endsLinesWithCRLF ? [0x0D, 0x0A] : [0x0A]
    }

    /// Appends a text field.
    public mutating func append(_ text: String) {
        separate()
        var text = text
        text.withUTF8 { append($0) }
    }

    private mutating func append(_ utf8: UnsafeBufferPointer<UInt8>) {
        guard utf8.contains(where: { needsQuotes($0) }) || utf8.first == 0x20 || utf8.last == 0x20 else {
            return bytes.append(contentsOf: utf8)
        }
        bytes.append(Self.quote)
        for byte in utf8 {
            if byte == Self.quote { bytes.append(Self.quote) }
            bytes.append(byte)
        }
        bytes.append(Self.quote)
    }

    /// Appends the shortest decimal text that reads back as the same number; NaN, a value that is not there, is empty.
    public mutating func append(_ number: Double) {
        separate()
        if number.isNaN { return }
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53, !(whole == 0 && number.sign == .minus) {
            bytes.append(contentsOf: whole.description.utf8)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// Appends a whole number.
    @specialized(where Number == Int64)
    @specialized(where Number == UInt64)
    @specialized(where Number == Int)
    public mutating func append<Number: BinaryInteger>(_ number: Number) {
        separate()
        bytes.append(contentsOf: number.description.utf8)
    }

    /// Ends the record. One that is a single empty field is written as `""`: an empty line would be none.
    public mutating func endRecord() {
        if fieldCount == 1, bytes.count == recordStart { bytes += [Self.quote, Self.quote] }
        bytes += lineEnd
        fieldCount = 0
        recordStart = bytes.count
    }

    /// Returns what was written since the last call and forgets it; call it between records.
    public mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes.removeAll(keepingCapacity: true)
        recordStart = 0
        return taken
    }

    private static let quote = UInt8(ascii: "\"")

    private mutating func separate() {
        if fieldCount > 0 { bytes.append(delimiter) }
        fieldCount += 1
    }

    private func needsQuotes(_ byte: UInt8) -> Bool {
        byte == delimiter || byte == Self.quote || byte == 0x0A || byte == 0x0D
    }
}
