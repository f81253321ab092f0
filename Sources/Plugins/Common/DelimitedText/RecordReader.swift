/// Splits a file into records and fields by RFC 4180, in one pass and in bounded memory.
///
/// Plain files, gzip (several members too), a file of a zip archive; UTF-8 and GB18030; CRLF, LF and CR end a record; quoted fields may hold
/// delimiters, quotes and line ends; empty lines are skipped; the last record needs no line end. Every other byte, NUL
/// included, belongs to a field. A record that cannot be split has a `fault` and costs only its own line: reading goes
/// on after it. What lies before a fault of the file itself (a cut gzip stream) is given first, the fault after it.
///
/// Fields are byte ranges of the reader's buffer, valid until the next call; nothing is allocated per record.
///
/// ```swift
/// let reader = RecordReader(path: "AAPL.csv")
/// while try reader.next() { total += reader.number(4) ?? 0 }
/// ```
public final class RecordReader {
    /// Line of the file on which the record begins, from 1.
    public private(set) var line = 0
    /// Number of the record, from 1; empty lines do not count.
    public private(set) var recordNumber: Int64 = 0
    /// Why the record's fields are not to be trusted; where it cannot be split it has none.
    public private(set) var fault: RecordFault?

    private let path: String
    private let format: RecordFormat
    private var stream: ByteStream
    /// One value, so that a call checks once that nobody else changes it.
    private var splitter: RecordSplitter
    private var nextLine = 1
    private var brokenText: [UInt8]?
    private var isStreamAtEnd = false
    /// How many fields the record before has.
    private var fieldsBefore = 0
    private var isCutShort = false
    private var streamFault: TextError?

    /// Creates a reader; the file is touched by the first `next`.
    public init(path: String, format: RecordFormat = RecordFormat()) {
        self.path = path
        self.format = format
        stream = format.stream(path: path, pieceBytes: format.pieceBytes)
        splitter = RecordSplitter(delimiter: format.delimiter)
    }

    private init(_ stream: ByteStream, _ path: String, _ format: RecordFormat, at place: RecordPlace) {
        (self.path, self.format, self.stream) = (path, format, stream)
        splitter = RecordSplitter(delimiter: format.delimiter, textOffset: place.offset)
        recordNumber = place.recordsBefore
        nextLine = place.line
    }

    /// Where the next record begins; `nil` where the file is packed or in another encoding than UTF-8: see `unpacked`.
    public var place: RecordPlace? {
        stream.byteOffset(ofText: splitter.nextOffset).map {
            RecordPlace(offset: $0, line: nextLine, recordsBefore: recordNumber)
        }
    }

    /// Returns an independent reader that goes on at a place this reader, or a copy of it, gave.
    public func reader(at place: RecordPlace) -> RecordReader {
        RecordReader(ByteStream(stream, from: place.offset), path, format, at: place)
    }

    /// Returns a reader of the same file from its beginning, whose first `next` opens it.
    public func fresh() -> RecordReader { RecordReader(path: path, format: format) }

    /// Lays the whole text of the file out in a folder and returns a reader of it from the beginning, whose places are
    /// known; costs a pass over the file and its size unpacked. The laid out file goes with its last reader.
    public func unpacked(in folder: String) throws(TextError) -> RecordReader {
        let whole = format.stream(path: path, pieceBytes: max(format.pieceBytes, 1 << 16))
        let text = try UnpackedText(whole, folder: folder)
        return RecordReader(
            ByteStream(text, like: stream), path, format, at: RecordPlace(offset: 0, line: 1, recordsBefore: 0))
    }

    /// Returns an independent reader at the same place: its `next` gives what this one's would.
    public func copy() throws(TextError) -> RecordReader {
        let other = RecordReader(path: path, format: format)
        other.stream = try stream.copy()
        (other.line, other.recordNumber, other.fault) = (line, recordNumber, fault)
        (other.splitter, other.nextLine, other.brokenText) = (splitter, nextLine, brokenText)
        (other.isStreamAtEnd, other.streamFault) = (isStreamAtEnd, streamFault)
        (other.fieldsBefore, other.isCutShort) = (fieldsBefore, isCutShort)
        return other
    }

    /// Goes to the next record; `false` at the end. Throws a fault of the file once, then is at the end.
    public func next() throws(TextError) -> Bool {
        while true {
            let isLast = isStreamAtEnd && streamFault == nil
            switch splitter.split(isComplete: isLast && format.cutEnd != .held) {
            case .record(let lines):
                if isLast, splitter.isCut, holdsShort() { return false }
                fieldsBefore = splitter.fields.count
                begin(nil)
                nextLine += lines
                checkEncoding()
                return true
            case .emptyLine:
                nextLine += 1
            case .broken(let found):
                if isLast, !splitter.hasPendingLineEnd, holdsShort() { return false }
                try skipLine(found)
                return true
            case .needsMore:
                if splitter.pendingCount > format.maximumRecordBytes {
                    try skipLine(splitter.hasPendingQuote ? .unclosedQuote : .tooLong)
                    return true
                }
                guard try fill() else { return false }
            }
        }
    }

    /// Whether the reader is at the end and held back a line that has no end yet.
    public var hasCutEnd: Bool {
        isCutShort || format.cutEnd == .held && isStreamAtEnd && splitter.pendingCount > 0
    }

    /// Whether the last line, which has no end, is held back as it cannot be whole; notes it.
    private func holdsShort() -> Bool {
        isCutShort = format.cutEnd == .heldWhereShort && splitter.fields.count < fieldsBefore
        return isCutShort
    }

    /// How many fields the record has.
    public var fieldCount: Int { splitter.fields.count }

    /// Whether the field is empty or only spaces.
    public func isBlank(_ index: Int) -> Bool {
        withField(index) { text in text.indices.allSatisfy { text[$0] == 0x20 || text[$0] == 0x09 } }
    }

    /// Reads a field as a decimal number, written as the format says, times a power of ten, correctly rounded; `nil` where it is none.
    public func number(_ index: Int, timesTenTo exponent: Int = 0) -> Double? {
        withField(index) { DecimalText.number($0, format.numbers, timesTenTo: exponent) }
    }

    /// Hands a field's bytes to a function; doubled quotes in it stay doubled.
    public func withField<Result>(_ index: Int, _ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try splitter.withField(index, body)
    }

    /// Returns a field as text, quotes resolved; `nil` where it is no UTF-8.
    public func text(_ index: Int) -> String? { splitter.text(index) }

    /// Reads the rest of the file and returns the distinct texts of a column, counted from 0: many times as fast as record by record
    /// where nothing is quoted. Of a file with a fault, what comes before it; of a cancelled task, what was found so far.
    public func texts(in column: Int) -> Set<String> {
        var scan = ColumnScan(column, delimiter: format.delimiter)
        do throws(TextError) {
            var isInLines = true
            while isInLines, !Task.isCancelled {
                let lines = splitter.wholeLines
                if scan.take(splitter.buffer.span.extracting(lines)) {
                    splitter.pass(through: lines.upperBound)
                } else {
                    let end = splitter.textOffset + Int64(lines.upperBound)
                    while splitter.nextOffset < end, try next() { note(column, &scan) }
                }
                // Without a line feed in so many bytes lines end otherwise.
                isInLines = splitter.pendingCount < 1 << 16 ? try fill() : false
            }
            while !Task.isCancelled, try next() { note(column, &scan) }
        } catch {}
        return Set(scan.texts.compactMap { String(validating: $0, as: UTF8.self) })
    }

    private func note(_ column: Int, _ scan: inout ColumnScan) {
        if column < fieldCount, let text = text(column) { scan.note(Array(text.utf8)) }
    }

    /// The record as it stands in the file, up to its first line end; at most 200 characters.
    public var rawText: String {
        let text = String(decoding: brokenText ?? splitter.rawBytes, as: UTF8.self)
        return String(text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }.prefix(200))
    }

    private func begin(_ found: RecordFault?) {
        line = nextLine
        recordNumber += 1
        fault = found
        brokenText = nil
    }

    /// Gives up the line at hand: what follows its end is the next record.
    private func skipLine(_ found: RecordFault) throws(TextError) {
        begin(found)
        brokenText = splitter.beginBroken()
        var skipped = splitter.skipLine(isComplete: isStreamAtEnd)
        while !skipped {
            guard try fill() else { break }
            skipped = splitter.skipLine(isComplete: isStreamAtEnd)
        }
        nextLine += 1
    }

    /// A byte that is no GB18030 can shift how the bytes after it are read, so it puts the whole record in doubt.
    private func checkEncoding() {
        guard format.encoding == .gb18030, stream.hasEncodingFault(in: splitter.recordRange) else { return }
        fault = .damagedText
    }

    /// Appends a piece of text; `false` at the end of the text.
    private func fill() throws(TextError) -> Bool {
        if let streamFault {
            self.streamFault = nil
            splitter.dropAll()
            throw streamFault
        }
        guard !isStreamAtEnd else { return false }
        splitter.dropDone()
        stream.dropEncodingFaults(before: splitter.textOffset)
        let before = splitter.buffer.count
        do throws(TextError) {
            while splitter.buffer.count == before, !isStreamAtEnd {
                isStreamAtEnd = try !stream.read(into: &splitter.buffer)
            }
        } catch {
            streamFault = error
            isStreamAtEnd = true
        }
        return true
    }
}
