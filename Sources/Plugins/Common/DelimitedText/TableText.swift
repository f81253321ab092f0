/// Rows that are no text yet, of a database or a file of columns, written as delimited records while they are read.
///
/// The first record is the header, where the reader is told of one.
public protocol TableText: AnyObject {
    /// Writes the next rows; returns whether there can be more. Where it throws, what it wrote before the fault is good.
    func read(into writer: inout RecordWriter) throws(TextError) -> Bool
}

/// A kind of file that holds tables, told by its first bytes.
public struct TableFormat: Sendable {
    /// The first bytes of such a file; at most six are looked at.
    let magic: [UInt8]
    /// Opens a file from its first row on.
    let open: @Sendable (_ path: String) throws(TextError) -> any TableText

    /// Takes both.
    public init(magic: [UInt8], open: @escaping @Sendable (String) throws(TextError) -> any TableText) {
        self.magic = Array(magic.prefix(6))
        self.open = open
    }
}

/// A table that is read, and how much of its text was given.
struct OpenedTable {
    private let format: TableFormat
    private let path: String
    private let text: any TableText
    private var writer: RecordWriter
    private var count = 0

    init(_ format: TableFormat, path: String, delimiter: UInt8) throws(TextError) {
        (self.format, self.path) = (format, path)
        text = try format.open(path)
        writer = RecordWriter(delimiter: delimiter)
    }

    /// Appends the next records; returns whether there can be more.
    mutating func read(into output: inout [UInt8]) throws(TextError) -> Bool {
        defer {
            let bytes = writer.takeBytes()
            count += bytes.count
            output += bytes
        }
        return try text.read(into: &writer)
    }

    /// Opens the table once more, at the same place.
    func copy(delimiter: UInt8) throws(TextError) -> OpenedTable {
        var other = try OpenedTable(format, path: path, delimiter: delimiter)
        var skipped: [UInt8] = []
        while other.count < count, try other.read(into: &skipped) { skipped.removeAll(keepingCapacity: true) }
        return other
    }
}
