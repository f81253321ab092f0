/// A JSON value of a control message.
public enum JSONValue: Sendable, Hashable {
    /// Nothing; stands for NaN where a number is expected.
    case null
    /// A switch.
    case boolean(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int64)
    /// Any other number; finite.
    case number(Double)
    /// A text.
    case text(String)
    /// Several values.
    case array([JSONValue])
    /// Members by name.
    case object([String: JSONValue])

    /// The text, where it is one.
    public var text: String? {
        if case .text(let value) = self { return value }
        return nil
    }

    /// The whole number, where it is one.
    public var integer: Int64? {
        if case .integer(let value) = self { return value }
        return nil
    }

    /// The number, where it is one; NaN for `null`.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .null: .nan
        default: nil
        }
    }

    /// The switch, where it is one.
    public var boolean: Bool? {
        if case .boolean(let value) = self { return value }
        return nil
    }

    /// The elements, where it is an array.
    public var array: [JSONValue]? {
        if case .array(let value) = self { return value }
        return nil
    }

    /// The members, where it is an object.
    public var object: [String: JSONValue]? {
        if case .object(let value) = self { return value }
        return nil
    }

    /// A number; `null` for NaN and the infinities, which JSON lacks.
    public static func finite(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .null }

    /// An array of texts.
    public static func texts(_ values: [String]) -> JSONValue { .array(values.map { .text($0) }) }
}
