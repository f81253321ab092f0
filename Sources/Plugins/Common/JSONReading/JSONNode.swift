public import PluginKit

/// A value of a JSON document, as a tree: for replies whose shape is decided while they are read.
///
/// A number keeps its text, so `0.1` and 19-digit ids are exact until somebody asks. What is not there is `.null`, so a path
/// can be walked without a check at each step.
///
/// ```swift
/// let node = try JSONNode(bytes, JSONSubject("provider/yahoo: the chart of 'AAPL'"))
/// let zone = node["chart"]["result"][0]["meta"]["exchangeTimezoneName"].text
/// ```
public enum JSONNode: Sendable, Hashable {
    /// Nothing, or not there.
    case null
    /// A switch.
    case boolean(Bool)
    /// A number, as written.
    case number(String)
    /// A text.
    case text(String)
    /// Several values.
    case array([JSONNode])
    /// Members by name; of a name that is there twice, the last.
    case object([String: JSONNode])

    /// Reads a whole document; a byte order mark before it is skipped. Throws the subject's code with the place of the fault.
    public init(_ bytes: [UInt8], _ subject: JSONSubject) throws(PluginError) {
        var scanner = JSONScanner(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes, subject)
        self = try Self.read(&scanner)
        try scanner.end()
    }

    /// The member of that name; `.null` where there is none.
    public subscript(name: String) -> JSONNode {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    /// The element of that number; `.null` where there is none.
    public subscript(index: Int) -> JSONNode {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .null }
    }

    /// Whether there is nothing.
    public var isNull: Bool { self == .null }

    /// The text, where it is one.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The switch, where it is one.
    public var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The elements; none where it is no array.
    public var elements: [JSONNode] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The members; none where it is no object.
    public var members: [String: JSONNode] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// The nearest finite `Double` of a number, or of a text that is one (`"187.15"`), else `nil`.
    public var number: Double? {
        guard let text = scalar, text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// The whole number of 64 bits, of a number or a text that is one, else `nil`.
    public var integer: Int64? { scalar.flatMap { Int64($0) } }

    /// What a number, text or switch says, as it is written; `nil` for the others.
    public var scalar: String? {
        switch self {
        case .number(let text), .text(let text): text
        case .boolean(let value): "\(value)"
        case .null, .array, .object: nil
        }
    }

    private static func read(_ scanner: inout JSONScanner) throws(PluginError) -> JSONNode {
        scanner.skipSpace()
        switch scanner.current {
        case UInt8(ascii: "{"):
            var members: [String: JSONNode] = [:]
            try scanner.object { (name, scanner) throws(PluginError) in members[name] = try read(&scanner) }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try scanner.array { (scanner) throws(PluginError) in elements.append(try read(&scanner)) }
            return .array(elements)
        case UInt8(ascii: "\""): return .text(try scanner.string())
        case nil: throw scanner.fault("a value was expected")
        default:
            if scanner.takeWord("true") { return .boolean(true) }
            if scanner.takeWord("false") { return .boolean(false) }
            if scanner.takeWord("null") { return .null }
            return .number(try scanner.numberText())
        }
    }
}
