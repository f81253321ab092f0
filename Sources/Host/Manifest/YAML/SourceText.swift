/// The text of a manifest with the places of its lines.
///
/// Bytes are UTF-8 and may start with a byte order mark. Lines end at `\n`, `\r\n` or `\r`, as editors count them.
package struct SourceText: Sendable {
    /// All bytes, a byte order mark included.
    package let bytes: [UInt8]
    /// Bytes before the first character: 3 with a byte order mark.
    package let prefixLength: Int
    private let lines: [LineStart]
    /// Byte offset of each character after the prefix; empty where every character is one byte.
    private let offsets: [UInt32]

    private struct LineStart {
        let offset: Int
        let index: Int
    }

    /// Finds the lines; costs one pass.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let prefix = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        prefixLength = prefix
        var offsets: [UInt32] = []
        let isASCII = bytes.dropFirst(prefix).allSatisfy { $0 < 0x80 }
        var lines = [LineStart(offset: prefix, index: 0)]
        var index = 0
        for offset in bytes.indices.dropFirst(prefix) {
            let byte = bytes[offset]
            guard byte & 0xC0 != 0x80 else { continue }
            if !isASCII { offsets.append(UInt32(truncatingIfNeeded: offset)) }
            index += 1
            let next = offset + 1
            if byte == 0x0A || (byte == 0x0D && !(next < bytes.count && bytes[next] == 0x0A)) {
                lines.append(LineStart(offset: next, index: index))
            }
        }
        self.lines = lines
        self.offsets = offsets
    }

    /// Returns the place of a character counted from the start of the text; one past the end is allowed.
    package func mark(atCharacter index: Int) -> SourceMark {
        guard !offsets.isEmpty else { return mark(offset: prefixLength + index, index: index) }
        let offset = index < offsets.count ? Int(offsets[max(index, 0)]) : bytes.count
        return mark(offset: offset, index: min(index, offsets.count))
    }

    /// Returns the place of a byte.
    package func mark(atOffset offset: Int) -> SourceMark {
        let line = lines[lineIndex { $0.offset <= offset }]
        let column = bytes[min(line.offset, bytes.count)..<min(max(offset, line.offset), bytes.count)].reduce(0) {
            $1 & 0xC0 == 0x80 ? $0 : $0 + 1
        }
        return mark(offset: offset, index: line.index + column)
    }

    /// Returns the text between two places; empty where they are not in order.
    package func text(_ span: SourceSpan) -> String {
        guard span.start.offset <= span.end.offset, span.end.offset <= bytes.count else { return "" }
        return String(decoding: bytes[span.start.offset..<span.end.offset], as: UTF8.self)
    }

    /// Returns the bytes of a line, counted from 1, without its end.
    package func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lines.count else { return [] }
        let start = lines[number - 1].offset
        var end = number < lines.count ? lines[number].offset : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return bytes[start..<end]
    }

    private func mark(offset: Int, index: Int) -> SourceMark {
        let bounded = min(max(offset, prefixLength), max(bytes.count, prefixLength))
        let line = lineIndex { $0.offset <= bounded }
        return SourceMark(offset: bounded, line: line + 1, column: max(index - lines[line].index, 0) + 1)
    }

    /// The last line for which the condition holds; it holds for a first stretch of the lines.
    private func lineIndex(where holds: (LineStart) -> Bool) -> Int {
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if holds(lines[middle]) { low = middle } else { high = middle }
        }
        return low
    }
}
