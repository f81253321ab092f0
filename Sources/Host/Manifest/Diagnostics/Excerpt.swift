/// The line a message is about, fit for a terminal: secrets replaced, control characters too, long lines cut.
struct Excerpt {
    /// The line.
    let text: String
    /// How many of its characters come before the place.
    let column: Int
    /// How many characters the message is about; at least 0, never beyond the line.
    let length: Int

    private static let lead = 60
    private static let widest = 140
    /// Bytes looked at on either side of the place; a line may have a million.
    private static let window = 1024

    /// Quotes the line a span starts in.
    init(source: SourceText, span: SourceSpan, masks: [SourceSpan], secretNames: [String]) {
        let bytes = Self.near(span.start.offset, in: source.line(span.start.line))
        var scalars = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        var offsets = [bytes.startIndex]
        for scalar in scalars { offsets.append(offsets[offsets.count - 1] + UTF8.width(scalar)) }
        let position = { (offset: Int) in min(offsets.firstIndex { $0 >= offset } ?? scalars.count, scalars.count) }
        for mask in masks where mask.end.offset > bytes.startIndex && mask.start.offset < bytes.endIndex {
            Self.hide(&scalars, position(mask.start.offset), position(mask.end.offset))
        }
        for (first, last) in SecretWords.values(in: scalars, names: secretNames) { Self.hide(&scalars, first, last) }
        scalars = scalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        let start = position(span.start.offset)
        length = max((span.end.line == span.start.line ? position(span.end.offset) : scalars.count) - start, 0)
        (text, column) = Self.cut(scalars, around: start)
    }

    private static func near(_ offset: Int, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard line.count > 2 * window else { return line }
        var first = max(line.startIndex, min(offset, line.endIndex) - window)
        var last = min(line.endIndex, offset + window)
        while first > line.startIndex, line[first] & 0xC0 == 0x80 { first -= 1 }
        while last < line.endIndex, line[last] & 0xC0 == 0x80 { last += 1 }
        return line[first..<max(first, last)]
    }

    private static func hide(_ scalars: inout [Unicode.Scalar], _ first: Int, _ last: Int) {
        for index in first..<max(first, last) { scalars[index] = "*" }
    }

    private static func cut(_ scalars: [Unicode.Scalar], around start: Int) -> (String, Int) {
        let from = scalars.count <= widest || start <= lead ? 0 : start - lead
        let to = min(scalars.count, from + widest)
        let shown = String(String.UnicodeScalarView(scalars[from..<to]))
        let head = from > 0 ? "..." : ""
        return (head + shown + (to < scalars.count ? "..." : ""), start - from + head.count)
    }
}

/// Finds what looks like a secret in a line that could not be read: the value behind a key with a telling name.
enum SecretWords {
    /// Names that always tell.
    static let always = ["password", "passphrase", "secret", "token", "api_key", "apikey"]

    /// Returns the stretches of values behind `NAME:`; references such as `${secret:X}` are no secrets.
    static func values(in line: [Unicode.Scalar], names: [String]) -> [(Int, Int)] {
        var found: [(Int, Int)] = []
        for name in names.map({ Array($0.unicodeScalars) }) where !name.isEmpty && line.count > name.count {
            for start in 0..<(line.count - name.count) where line[start] == name[0] {
                guard line[start..<start + name.count].elementsEqual(name),
                    let value = valueStart(line, after: start + name.count)
                else { continue }
                let end = line[value...].firstIndex { $0 == "," || $0 == "}" || $0 == "#" } ?? line.count
                if !isReference(line[value..<end]) { found.append((value, end)) }
            }
        }
        return found
    }

    private static func valueStart(_ line: [Unicode.Scalar], after position: Int) -> Int? {
        var index = position
        while index < line.count, line[index] == "\"" || line[index] == "'" || line[index] == " " { index += 1 }
        guard index < line.count, line[index] == ":" else { return nil }
        index += 1
        while index < line.count, line[index] == " " { index += 1 }
        return index < line.count ? index : nil
    }

    private static func isReference(_ value: ArraySlice<Unicode.Scalar>) -> Bool {
        let bare = value.drop { $0 == "\"" || $0 == "'" }
        return bare.starts(with: "${".unicodeScalars)
    }
}
