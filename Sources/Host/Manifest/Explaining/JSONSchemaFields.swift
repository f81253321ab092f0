import PluginKit
import PredictionTargets

/// JSON Schema of single fields.
enum JSONSchemaFields {
    /// Returns the schema of a field with its meaning, unit and default.
    static func schema(_ field: Field) -> JSONTree {
        let unit = field.unit.map { " Unit: \($0)." } ?? ""
        var entries: [(String, JSONTree)] = [("description", .string(field.summary + unit))]
        if let value = field.defaultValue, let json = json(value) { entries.append(("default", json)) }
        return .object(entries + keywords(field.type))
    }

    /// Returns the schema of a type alone.
    static func schema(_ type: FieldType, unit: String?) -> JSONTree { .object(keywords(type)) }

    /// Returns the keywords of a mapping with fixed keys; `schema` gives that of each.
    static func record(_ fields: [Field], _ schema: (Field) -> JSONTree = Self.schema) -> [(String, JSONTree)] {
        let required = fields.filter(\.isRequired).map { JSONTree.string($0.name) }
        return [("type", .string("object"))] + (required.isEmpty ? [] : [("required", .array(required))]) + [
            ("properties", .object(fields.map { ($0.name, schema($0)) })), ("additionalProperties", .boolean(false)),
        ]
    }

    /// Returns a reference to a definition.
    static func reference(_ name: String) -> JSONTree { .object([("$ref", .string("#/$defs/\(name)"))]) }

    private static func keywords(_ type: FieldType) -> [(String, JSONTree)] {
        switch type {
        case .text, .symbol, .secret, .path:
            [("type", .array([.string("string"), .string("number"), .string("boolean")]))]
        case .reference: [("type", .string("string"))]
        case .integer(let range): quotable([("type", .string("integer"))] + bounds(range), as: "quoted_whole_number")
        case .number(let range), .ratio(let range):
            quotable([("type", .string("number"))] + bounds(range), as: "quoted_number")
        case .boolean: quotable([("type", .string("boolean"))], as: "quoted_flag")
        case .duration: pattern("^[0-9][0-9_]*(ms|s|m|h|d|w|y)$")
        case .choice(let words): substitutable([("enum", .array(words.map { .string($0) }))])
        case .address: pattern("^.+:[0-9]{1,5}$")
        case .timeframe: pattern("^[0-9]{1,5}(s|m|h|d|w|mo)$")
        case .bars(let range):
            anyOf([
                .object([("type", .string("integer"))] + bounds(range)), .object(pattern("^[0-9_]+( bars?)?$")),
            ])
        case .occasion:
            anyOf([
                .object([("type", .string("integer"))] + bounds(RetrainScheme.Occasion.range)),
                .object(pattern("^ *([0-9]+( bars?)?|drift)( *\\| *([0-9]+( bars?)?|drift))? *$")),
            ])
        case .list(let element, let count): array(element, count)
        case .map(let element): [("type", .string("object")), ("additionalProperties", .object(keywords(element)))]
        case .record(let fields): record(fields)
        case .space(let element):
            anyOf([
                .object(array(element, 2...2)), .object(record(HostFields.space(Field("", element, "")))),
            ])
        case .selection: anyOf([.object([("const", .string("all"))]), .object(array(.text, 0...Int.max))])
        }
    }

    private static func anyOf(_ schemas: [JSONTree]) -> [(String, JSONTree)] { [("anyOf", .array(schemas))] }

    private static func substitutable(_ keywords: [(String, JSONTree)]) -> [(String, JSONTree)] {
        anyOf([.object(keywords), reference("substitution")])
    }

    /// A value that may also stand in quotes: the host reads what is written, whatever YAML takes it for.
    private static func quotable(_ keywords: [(String, JSONTree)], as name: String) -> [(String, JSONTree)] {
        anyOf([.object(keywords), reference(name), reference("substitution")])
    }

    /// What stands in quotes, by name.
    static var quoted: [(String, JSONTree)] {
        let patterns = [
            ("quoted_whole_number", "^[-+]?[0-9]+(_[0-9]+)*$"),
            ("quoted_number", "^[-+]?([0-9][0-9_]*(\\.[0-9_]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?$"),
            ("quoted_flag", "^(true|false)$"),
        ]
        return patterns.map { name, pattern in
            (name, .object([("type", .string("string")), ("pattern", .string(pattern))]))
        }
    }

    private static func pattern(_ pattern: String) -> [(String, JSONTree)] {
        substitutable([("type", .string("string")), ("pattern", .string(pattern))])
    }

    private static func array(_ element: FieldType, _ count: ClosedRange<Int>) -> [(String, JSONTree)] {
        var entries: [(String, JSONTree)] = [("type", .string("array")), ("items", .object(keywords(element)))]
        if count.lowerBound > 0 { entries.append(("minItems", .integer(count.lowerBound))) }
        if count.upperBound < Int.max { entries.append(("maxItems", .integer(count.upperBound))) }
        return entries
    }

    private static func bounds(_ range: ClosedRange<Int>) -> [(String, JSONTree)] {
        (range.lowerBound == .min ? [] : [("minimum", .integer(range.lowerBound))])
            + (range.upperBound == .max ? [] : [("maximum", .integer(range.upperBound))])
    }

    private static func bounds(_ range: ClosedRange<Double>) -> [(String, JSONTree)] {
        let limit = Double.greatestFiniteMagnitude
        return (range.lowerBound <= -limit ? [] : [("minimum", .number(range.lowerBound))])
            + (range.upperBound >= limit ? [] : [("maximum", .number(range.upperBound))])
    }

    private static func json(_ value: ConfigurationValue) -> JSONTree? {
        switch value {
        case .text(let text): return .string(text)
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        case .boolean(let flag): return .boolean(flag)
        case .duration(let duration): return .string(DurationText.text(duration))
        case .secret: return nil
        case .list(let items): return .array(items.compactMap(json))
        case .map(let entries):
            return .object(
                entries.sorted { $0.key < $1.key }.compactMap { key, value in json(value).map { (key, $0) } })
        }
    }
}
