import JSONWriting

/// A JSON value whose objects keep their order, so that the same value is always the same text.
indirect enum JSONTree {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([JSONTree])
    case object([(String, JSONTree)])

    /// Characters of a line at most, where a value can be broken.
    private static let width = 120

    /// The value as text, two spaces a level; what is short stands on one line.
    func text(indent: String = "") -> String {
        if !isPlain, let line = line(Self.width - indent.utf8.count) { return line }
        switch self {
        case .string(let text): return Self.quote(text)
        case .integer(let number): return "\(number)"
        case .number(let number): return NumberText.text(number)
        case .boolean(let flag): return flag ? "true" : "false"
        case .array(let items) where items.allSatisfy(\.isPlain):
            return "[\(items.map { $0.text() }.joined(separator: ", "))]"
        case .array(let items): return Self.block("[", items.map { $0.text(indent: indent + "  ") }, "]", indent)
        case .object(let entries) where entries.isEmpty: return "{}"
        case .object(let entries):
            return Self.block("{", entries.map { "\(Self.quote($0)): \($1.text(indent: indent + "  "))" }, "}", indent)
        }
    }

    /// The value on one line; `nil` where that has more than so many characters.
    private func line(_ room: Int) -> String? {
        guard room > 0 else { return nil }
        var parts: [String] = []
        var left = room - 4
        func add(_ head: String, _ value: JSONTree) -> Bool {
            guard let text = value.line(left - head.utf8.count) else { return false }
            parts.append(head + text)
            left -= parts[parts.count - 1].utf8.count + 2
            return left >= 0
        }
        switch self {
        case .array(let items):
            for item in items { guard add("", item) else { return nil } }
            return "[\(parts.joined(separator: ", "))]"
        case .object(let entries) where !entries.isEmpty:
            for (key, value) in entries { guard add("\(Self.quote(key)): ", value) else { return nil } }
            return "{ \(parts.joined(separator: ", ")) }"
        case .object: return "{}"
        case .string, .integer, .number, .boolean:
            let text = text()
            return text.utf8.count <= room ? text : nil
        }
    }

    private var isPlain: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }

    private static func block(_ open: String, _ lines: [String], _ close: String, _ indent: String) -> String {
        "\(open)\n\(lines.map { "\(indent)  \($0)" }.joined(separator: ",\n"))\n\(indent)\(close)"
    }

    private static func quote(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONBytes.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
