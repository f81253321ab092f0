import Glibc

/// Finds the distinct texts of one column in plain lines, by searching for line ends and delimiters alone: in lines of one symbol
/// after the other it compares a few bytes a line.
struct ColumnScan {
    /// What was found.
    private(set) var texts: Set<[UInt8]> = []
    private let column: Int
    private let delimiter: UInt8
    private var last: [UInt8] = []

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    /// Scans for a column, counted from 0.
    init(_ column: Int, delimiter: UInt8) { (self.column, self.delimiter) = (column, delimiter) }

    /// Notes a text that was found otherwise.
    mutating func note(_ text: [UInt8]) { texts.insert(text) }

    /// Goes over whole lines, each with its line feed; `false` where they have quotes, or returns that end a line alone: then nothing
    /// was noted.
    mutating func take(_ lines: Span<UInt8>) -> Bool {
        lines.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress, isPlain(start, bytes.count) else { return bytes.isEmpty }
            var line = start
            let end = start + bytes.count
            while let lineEnd = Self.find(Self.lineFeed, line, end) {
                note(UnsafeBufferPointer(start: line, count: lineEnd - line))
                line = lineEnd + 1
            }
            return true
        }
    }

    private func isPlain(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let end = start + count
        guard Self.find(Self.quote, start, end) == nil else { return false }
        var place = start
        while let found = Self.find(Self.carriageReturn, place, end) {
            place = found + 1
            guard place < end, place.pointee == Self.lineFeed else { return false }
        }
        return true
    }

    private static func find(
        _ byte: UInt8, _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> UnsafePointer<UInt8>? {
        memchr(start, Int32(byte), end - start).map { UnsafePointer($0.assumingMemoryBound(to: UInt8.self)) }
    }

    /// Notes the column of a line without its line feed, where it has so many.
    private mutating func note(_ line: UnsafeBufferPointer<UInt8>) {
        guard var field = line.baseAddress, !line.isEmpty else { return }
        let end = field + line.count - (line[line.count - 1] == Self.carriageReturn ? 1 : 0)
        for _ in 0..<column {
            guard let found = Self.find(delimiter, field, end) else { return }
            field = found + 1
        }
        let rest = end - field
        if !last.isEmpty, rest == last.count || rest > last.count && field[last.count] == delimiter,
            memcmp(field, last, last.count) == 0
        {
            return
        }
        let fieldEnd = Self.find(delimiter, field, end) ?? end
        last = Array(UnsafeBufferPointer(start: field, count: fieldEnd - field))
        texts.insert(last)
    }
}
