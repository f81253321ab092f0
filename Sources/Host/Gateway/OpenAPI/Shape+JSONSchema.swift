import JSONWriting

/// Shapes as JSON Schema, draft 2020-12, the dialect of OpenAPI 3.1.
extension Shape {
    /// Writes the schema; a named shape as a reference.
    func write(to json: inout JSONText) {
        if case .named(let name, _) = self {
            return json.object { $0.field("$ref", "#/components/schemas/\(name)") }
        }
        json.object { writeMembers(to: &$0) }
    }

    private func writeMembers(to json: inout JSONText) {
        switch self {
        case .text: json.field("type", "string")
        case .word(let words):
            json.field("type", "string")
            json.field("enum", words)
        case .time:
            json.field("type", "string")
            json.field("format", "date-time")
        case .number: json.field("type", ["number", "null"])
        case .whole: json.field("type", "integer")
        case .flag: json.field("type", "boolean")
        case .list(let element):
            json.field("type", "array")
            json.key("items")
            element.write(to: &json)
        case .map(let value):
            json.field("type", "object")
            json.key("additionalProperties")
            value.write(to: &json)
        case .record(let members): Self.write(members, to: &json)
        case .maybe(let shape):
            json.key("anyOf")
            json.array { json in
                shape.write(to: &json)
                json.object { $0.field("type", "null") }
            }
        case .named, .any: break
        }
    }

    private static func write(_ members: [Member], to json: inout JSONText) {
        json.field("type", "object")
        json.field("required", members.filter { !$0.isOptional }.map(\.name))
        json.key("properties")
        json.object { json in
            for member in members {
                json.key(member.name)
                member.shape.write(to: &json)
            }
        }
    }

    /// The named shapes within others.
    struct Names {
        /// By name, without the name itself.
        private(set) var all: [String: Shape] = [:]

        /// Takes those of a shape.
        mutating func take(_ shape: Shape) {
            switch shape {
            case .named(let name, let inner):
                guard all.updateValue(inner, forKey: name) == nil else { return }
                take(inner)
            case .list(let inner), .map(let inner), .maybe(let inner): take(inner)
            case .record(let members): for member in members { take(member.shape) }
            case .text, .word, .time, .number, .whole, .flag, .any: break
            }
        }
    }
}
