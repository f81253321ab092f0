/// A JSON value whose objects keep their order, so that the same value is always the same text.
indirect enum JSONText {
    case string(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
    case array([JSONText])
    case object([(String, JSONText)])

    /// The value as text, two spaces a level; short arrays of plain values stay on one line.
    func text(indent: String = "") -> String {
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
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20:
                result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
