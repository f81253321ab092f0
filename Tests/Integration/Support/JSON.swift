import FoundationEssentials

/// JSON of any shape, to look into; what is not there is `null`.
enum JSON: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(parsing text: String) throws { self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let array = try? container.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// One value a line.
    static func lines(_ text: String) throws -> [JSON] {
        try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    subscript(key: String) -> JSON {
        if case .object(let values) = self { values[key] ?? .null } else { .null }
    }

    subscript(index: Int) -> JSON {
        let items = items
        return items.indices.contains(index) ? items[index] : .null
    }

    var items: [JSON] {
        if case .array(let values) = self { values } else { [] }
    }

    var keys: [String] {
        if case .object(let values) = self { values.keys.sorted() } else { [] }
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    var count: Int? { number.map { Int($0) } }

    /// The sum of an object's numbers.
    var sum: Int { keys.reduce(0) { $0 + (self[$1].count ?? 0) } }
}
