/// Splits bytes into records and fields; knows nothing of files.
///
/// The caller appends to `buffer` and asks again where a record is not complete yet; it is then split from its begin.
struct RecordSplitter {
    /// What one step found.
    enum Step {
        /// A record, which covers some lines of the text.
        case record(lines: Int)
        case emptyLine
        case broken(RecordFault)
        case needsMore
    }

    /// A field of the record: a range of the buffer.
    struct Field {
        var bytes: Range<Int>
        var isQuoted = false
        /// Whether quotes in it are written twice.
        var hasEscapes = false
    }

    /// Bytes of the text from `textOffset` on.
    var buffer: [UInt8] = []
    /// Offset of the buffer's first byte in the text.
    private(set) var textOffset: Int64 = 0
    /// Fields of the record, until the next step.
    private(set) var fields: [Field] = []

    private let delimiter: UInt8
    /// Where the record begins, and what follows it.
    private var start = 0
    private var end = 0

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Creates a splitter of the text from an offset on.
    init(delimiter: UInt8, textOffset: Int64 = 0) {
        self.delimiter = delimiter
        self.textOffset = textOffset
    }

    /// Where the next record begins in the text.
    var nextOffset: Int64 { textOffset + Int64(end) }

    /// Goes to the next record.
    ///
    /// - Parameter isComplete: no bytes will follow those of the buffer.
    mutating func split(isComplete: Bool) -> Step {
        start = end
        fields.removeAll(keepingCapacity: true)
        if isComplete, start == buffer.count { return .needsMore }
        let kept = buffer
        let bytes = kept.span
        var position = start
        var hasQuotes = false
        while true {
            if position < bytes.count, bytes[position] == Self.quote {
                hasQuotes = true
                switch Self.quotedField(bytes, from: position, isComplete) {
                case .field(let field):
                    fields.append(field)
                    position = field.bytes.upperBound + 1
                case .unclosed: return .broken(.unclosedQuote)
                case .needsMore: return .needsMore
                }
            } else {
                let first = position
                position = fieldEnd(bytes, from: first)
                fields.append(Field(bytes: first..<position))
            }
            guard position < bytes.count else {
                if !isComplete { return .needsMore }
                end = position
                return .record(lines: 1)
            }
            let byte = bytes[position]
            position += 1
            if byte == delimiter { continue }
            guard byte == Self.lineFeed || byte == Self.carriageReturn else { return .broken(.textAfterQuote) }
            if byte == Self.carriageReturn {
                if position == bytes.count, !isComplete { return .needsMore }
                if position < bytes.count, bytes[position] == Self.lineFeed { position += 1 }
            }
            end = position
            if fields.count == 1, fields[0].bytes.isEmpty, !fields[0].isQuoted { return .emptyLine }
            return .record(lines: hasQuotes ? Self.lineEnds(bytes, start..<position) : 1)
        }
    }

    /// The whole lines that wait, as a range of the buffer.
    var wholeLines: Range<Int> {
        let last = buffer[end...].lastIndex(of: Self.lineFeed)
        return end..<(last.map { $0 + 1 } ?? end)
    }

    /// Goes on behind a place of the buffer.
    mutating func pass(through place: Int) { (start, end) = (place, place) }

    /// How many bytes wait for the rest of their record.
    var pendingCount: Int { buffer.count - start }

    /// Whether the record is the last one and has no line end.
    var isCut: Bool { end == buffer.count && end > start && !Self.isLineEnd(buffer[end - 1]) }

    /// Whether what waits has a line end.
    var hasPendingLineEnd: Bool { buffer[start...].contains(where: Self.isLineEnd) }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }

    /// Whether what waits has a quote, which then is what keeps it open.
    var hasPendingQuote: Bool { buffer[start...].contains(Self.quote) }

    /// The record's place in the text, its line end included.
    var recordRange: Range<Int64> { textOffset + Int64(start)..<textOffset + Int64(end) }

    /// The begin of the record as it stands in the text.
    var rawBytes: [UInt8] { Array(buffer[start..<min(end, start + 800)]) }

    /// Hands a field's bytes to a function.
    func withField<Result>(_ index: Int, _ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(buffer.span.extracting(fields[index].bytes))
    }

    /// Returns a field as text, quotes resolved; `nil` where it is no UTF-8.
    func text(_ index: Int) -> String? {
        let field = fields[index]
        guard field.hasEscapes else { return String(validating: buffer[field.bytes], as: UTF8.self) }
        var resolved: [UInt8] = []
        var position = field.bytes.lowerBound
        while position < field.bytes.upperBound {
            resolved.append(buffer[position])
            position += buffer[position] == Self.quote ? 2 : 1
        }
        return String(validating: resolved, as: UTF8.self)
    }

    /// Gives up the record at hand and returns its first bytes; `skipLine` then goes over its first line.
    mutating func beginBroken() -> [UInt8] {
        fields.removeAll(keepingCapacity: true)
        end = start
        return Array(buffer[start..<min(buffer.count, start + 800)])
    }

    /// Goes behind the next line end; `false` where it is not in the buffer, whose bytes are then done with.
    mutating func skipLine(isComplete: Bool) -> Bool {
        let found = buffer[end...].firstIndex { $0 == Self.lineFeed || $0 == Self.carriageReturn }
        guard let found else {
            end = buffer.count
            start = end
            return false
        }
        end = found + 1
        if buffer[found] == Self.carriageReturn {
            if end == buffer.count, !isComplete {
                // The line feed may come with the next piece; until then the return counts as not seen.
                end = found
                start = end
                return false
            }
            if end < buffer.count, buffer[end] == Self.lineFeed { end += 1 }
        }
        return true
    }

    /// Drops the bytes before the record at hand.
    mutating func dropDone() {
        let done = min(start, end)
        guard done > 0 else { return }
        textOffset += Int64(done)
        buffer.removeSubrange(..<done)
        start -= done
        end -= done
    }

    /// Drops everything: the text is given up.
    mutating func dropAll() {
        fields.removeAll(keepingCapacity: true)
        end = buffer.count
        start = end
    }

    private enum Quoted {
        case field(Field)
        case unclosed
        case needsMore
    }

    private func fieldEnd(_ bytes: Span<UInt8>, from first: Int) -> Int {
        var position = first
        while position < bytes.count {
            let byte = bytes[position]
            if byte == delimiter || byte == Self.lineFeed || byte == Self.carriageReturn { break }
            position += 1
        }
        return position
    }

    private static func quotedField(_ bytes: Span<UInt8>, from opening: Int, _ isComplete: Bool) -> Quoted {
        var position = opening + 1
        var hasEscapes = false
        while true {
            while position < bytes.count, bytes[position] != quote { position += 1 }
            guard position < bytes.count else { return isComplete ? .unclosed : .needsMore }
            if position + 1 == bytes.count, !isComplete { return .needsMore }
            guard position + 1 < bytes.count, bytes[position + 1] == quote else { break }
            hasEscapes = true
            position += 2
        }
        return .field(Field(bytes: (opening + 1)..<position, isQuoted: true, hasEscapes: hasEscapes))
    }

    private static func lineEnds(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var count = 0
        for index in range {
            let isLast = index + 1 == range.upperBound
            let isLoneReturn = bytes[index] == carriageReturn && (isLast || bytes[index + 1] != lineFeed)
            if bytes[index] == lineFeed || isLoneReturn { count += 1 }
        }
        return count
    }
}
