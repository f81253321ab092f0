/// What becomes of a last line without an end.
public enum CutEnd: Sendable {
    /// It is a record like the others.
    case taken
    /// It is held back; see `RecordReader.hasCutEnd`.
    case held
    /// It is held back where it cannot be whole: it has fewer fields than the record before, or an open quote.
    case heldWhereShort
}

/// How a file of delimited records is written.
public struct RecordFormat: Sendable {
    /// The byte between two fields; one ASCII character, no quote and no line end.
    public var delimiter: UInt8
    /// How the bytes are meant.
    public var encoding: TextEncoding
    /// The longest record, in bytes of UTF-8; a longer one is a fault and skipped.
    public var maximumRecordBytes: Int
    /// How many bytes of the file are read at once.
    public var pieceBytes: Int
    /// How numbers are written.
    public var numbers = NumberFormat()
    /// What becomes of a last line without an end: whoever writes it may not be done.
    public var cutEnd = CutEnd.taken

    /// Which file of a zip archive is meant; the only one where there is no name.
    public var member: String?

    /// Kinds of files that hold tables in place of text, and are read all the same.
    public var tables: [TableFormat] = []

    /// Creates a format; RFC 4180 by default.
    public init(
        delimiter: UInt8 = UInt8(ascii: ","), encoding: TextEncoding = .utf8, maximumRecordBytes: Int = 1 << 20,
        pieceBytes: Int = 1 << 18
    ) {
        self.delimiter = delimiter
        self.encoding = encoding
        self.maximumRecordBytes = maximumRecordBytes
        self.pieceBytes = pieceBytes
    }
}

extension RecordFormat {
    /// What a stream needs to know of tables.
    struct Tables {
        var formats: [TableFormat] = []
        var delimiter = UInt8(ascii: ",")
    }

    /// The stream of a file's text.
    func stream(path: String, pieceBytes: Int) -> ByteStream {
        ByteStream(
            path: path, member: member, encoding: encoding, pieceSize: pieceBytes,
            tables: Tables(formats: tables, delimiter: delimiter))
    }
}

/// Why a record's fields are missing or not to be trusted.
public enum RecordFault: String, Sendable, Hashable {
    /// A quote is opened and not closed, up to the end or the longest record.
    case unclosedQuote = "unclosed_quote"
    /// After a closing quote stands something else than a delimiter.
    case textAfterQuote = "text_after_quote"
    /// The record is longer than allowed.
    case tooLong = "too_long"
    /// Bytes of the record are no characters of the encoding, so its fields cannot be told apart for sure.
    case damagedText = "damaged_text"
}

/// A place between two records of a plain file: all it takes to go on there.
public struct RecordPlace: Sendable, Hashable {
    /// Byte of the file at which the next record begins.
    let offset: Int64
    /// The line of that byte, from 1.
    let line: Int
    /// How many records are before it.
    public let recordsBefore: Int64
}
