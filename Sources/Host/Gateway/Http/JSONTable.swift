/// The rows of an answer as NDJSON or CSV.
///
/// It cuts the JSON that the answer's maker wrote, so that no route writes its rows twice. The text is known to be sound:
/// this is no parser for JSON from outside.
struct JSONTable {
    private let json: [UInt8]
    private let rows: [Range<Int>]
    private let columns: [String]
    /// The names of what each row has in its list `values`, where the answer has them: each is a column of CSV.
    private let spread: [String]

    /// Takes the rows of an answer; the first of `rows.keys` that the answer has.
    init(_ json: [UInt8], _ rows: AnswerForm.Rows) {
        self.json = json
        let members = Self.members(json, 0..<json.count)
        let found = rows.keys.compactMap { key in members[key].map { (key, $0) } }.first
        self.rows = found.map { Self.parts(json, $0.1) } ?? []
        columns = found.map { rows.columns[$0.0] ?? [] } ?? []
        let named = columns.contains("values") ? members["columns"].map { Self.parts(json, $0) } ?? [] : []
        spread = named.map { String(decoding: Self.unescaped(json[$0].dropFirst().dropLast()), as: UTF8.self) }
    }

    /// The whole table.
    func text(_ table: Representation.Table) -> [UInt8] {
        switch table {
        case .ndjson: rows.flatMap { json[$0] + [UInt8(ascii: "\n")] }
        case .csv: csv
        }
    }

    private var csv: [UInt8] {
        let cells = rows.map { Self.members(json, $0) }
        // A column that no row has is left out: which there are depends on the kind of the rows.
        let shown = columns.filter { name in cells.isEmpty || cells.contains { $0[name] != nil } }
        var text: [UInt8] = []
        for (index, name) in shown.flatMap({ isSpread($0) ? spread : [$0] }).enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            Self.quote(Array(name.utf8), to: &text)
        }
        text += Self.lineEnd
        for row in cells {
            for (index, name) in shown.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                guard let value = row[name] else { continue }
                guard isSpread(name) else {
                    append(cell: value, to: &text)
                    continue
                }
                for (place, part) in Self.parts(json, value).enumerated() {
                    if place > 0 { text.append(UInt8(ascii: ",")) }
                    append(cell: part, to: &text)
                }
            }
            text += Self.lineEnd
        }
        return text
    }

    private func isSpread(_ name: String) -> Bool { name == "values" && !spread.isEmpty }

    private static let lineEnd = Array("\r\n".utf8)

    private func append(cell range: Range<Int>, to text: inout [UInt8]) {
        let value = json[range]
        switch value.first {
        case UInt8(ascii: "n"): return
        case UInt8(ascii: "\""): Self.quote(Self.unescaped(value.dropFirst().dropLast()), to: &text)
        case UInt8(ascii: "{"), UInt8(ascii: "["): Self.quote(Array(value), to: &text)
        default: text += value
        }
    }

    private static func quote(_ bytes: [UInt8], to text: inout [UInt8]) {
        let special = [",", "\"", "\r", "\n"].map { UInt8(ascii: $0) }
        guard bytes.contains(where: special.contains) else {
            text += bytes
            return
        }
        text.append(UInt8(ascii: "\""))
        for byte in bytes { text += byte == UInt8(ascii: "\"") ? [byte, byte] : [byte] }
        text.append(UInt8(ascii: "\""))
    }
}

// MARK: - Cutting

extension JSONTable {
    /// The members of an object, by name: where each value stands.
    private static func members(_ json: [UInt8], _ range: Range<Int>) -> [String: Range<Int>] {
        var members: [String: Range<Int>] = [:]
        for part in parts(json, range) {
            let name = string(json, at: part.lowerBound)
            members[String(decoding: unescaped(json[name].dropFirst().dropLast()), as: UTF8.self)] =
                name.upperBound + 1..<part.upperBound
        }
        return members
    }

    /// The parts of an object or an array between its commas.
    private static func parts(_ json: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
        var (parts, depth, start, index) = ([Range<Int>](), 0, range.lowerBound + 1, range.lowerBound)
        while index < range.upperBound {
            switch json[index] {
            case UInt8(ascii: "\""): index = string(json, at: index).upperBound - 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0, index > start { parts.append(start..<index) }
            case UInt8(ascii: ","):
                if depth == 1 {
                    parts.append(start..<index)
                    start = index + 1
                }
            default: break
            }
            index += 1
        }
        return parts
    }

    /// Where a string ends that begins at a quotation mark; both marks belong to it.
    private static func string(_ json: [UInt8], at start: Int) -> Range<Int> {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return start..<min(index + 1, json.count)
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return Array(text) }
        var (result, index) = ([UInt8](), text.startIndex)
        while index < text.endIndex {
            guard text[index] == UInt8(ascii: "\\"), index + 1 < text.endIndex else {
                result.append(text[index])
                index += 1
                continue
            }
            let mark = text[index + 1]
            index += 2
            switch mark {
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "u"):
                // The writer escapes control characters alone: no surrogates.
                let digits = String(decoding: text[index..<min(index + 4, text.endIndex)], as: UTF8.self)
                let scalar = UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
                result += Array(String(Character(scalar)).utf8)
                index += 4
            default: result.append(mark)
            }
        }
        return result
    }
}
