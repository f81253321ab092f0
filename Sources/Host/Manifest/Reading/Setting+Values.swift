import PluginKit

extension ValueReader {
    /// Returns the values of the children that have one.
    static func values(_ children: [Setting.Child]) -> [String: ConfigurationValue] {
        Dictionary(
            children.compactMap { child in child.setting.value.map { (child.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Returns what a field is where the file does not set it: its default, or the defaults of its keys.
    static func initial(_ field: Field) -> Setting {
        if let value = field.defaultValue {
            return Setting(
                field: field, value: value, origin: .schemaDefault, location: nil,
                children: defaults(inside: value, field))
        }
        guard case .record(let fields) = field.type, !fields.contains(where: \.isRequired), !field.isRequired else {
            return Setting(field: field, value: nil, origin: .unset, location: nil, children: [])
        }
        let children = fields.map { Setting.Child(name: $0.name, setting: initial($0)) }
        return Setting(
            field: field, value: .map(values(children)), origin: .schemaDefault, location: nil, children: children)
    }

    private static func defaults(inside value: ConfigurationValue, _ field: Field) -> [Setting.Child] {
        switch (value, field.type) {
        case (.list(let items), .list(let element, _)):
            return items.enumerated().map { index, item in
                child("\(index)", item, Field(field.name, element, unit: field.unit, field.summary))
            }
        case (.map(let entries), .record(let fields)):
            return fields.map { inner in
                entries[inner.name].map { child(inner.name, $0, inner) }
                    ?? Setting.Child(name: inner.name, setting: initial(inner))
            }
        case (.map(let entries), .map(let element)):
            return entries.sorted { $0.key < $1.key }.map {
                child($0.key, $0.value, Field($0.key, element, field.summary))
            }
        default: return []
        }
    }

    private static func child(_ name: String, _ value: ConfigurationValue, _ field: Field) -> Setting.Child {
        Setting.Child(
            name: name,
            setting: Setting(
                field: field, value: value, origin: .schemaDefault, location: nil,
                children: defaults(inside: value, field)))
    }
}

extension FieldType {
    /// Whether the value, or a value in it, is a secret.
    var holdsSecret: Bool {
        switch self {
        case .secret: true
        case .list(let element, _), .map(let element): element.holdsSecret
        default: false
        }
    }

    /// A value of the type, for hints.
    var example: String {
        switch self {
        case .list, .selection: "[a, b]"
        case .space: "[LOW, HIGH]"
        case .map, .record: "{ KEY: VALUE }"
        default: "one value"
        }
    }
}

extension Setting {
    /// The value as a text.
    var text: String? { value.flatMap(String.init) }
    /// The value as a whole number.
    var integer: Int? { value.flatMap(Int.init) }
    /// The value as a number.
    var number: Double? { value.flatMap(Double.init) }
    /// The value as a switch.
    var boolean: Bool? { value.flatMap(Bool.init) }
    /// The value as a span.
    var duration: Duration? { value.flatMap(Duration.init) }
    /// The items of a list of texts, with their places.
    var items: [(text: String, span: SourceSpan)]? {
        guard case .list = value else { return nil }
        return children.compactMap { child in
            child.setting.text.map { ($0, child.setting.location ?? .fileStart) }
        }
    }
}
