/// What a JSON value of an answer looks like: `GET /openapi.json` says it, tests hold real answers to it, and tables take
/// their columns from it.
indirect enum Shape: Sendable {
    /// A text.
    case text
    /// One of these words.
    case word([String])
    /// An instant, UTC, ISO 8601.
    case time
    /// A number, or `null` where it does not exist.
    case number
    /// A whole number.
    case whole
    /// `true` or `false`.
    case flag
    /// An array.
    case list(Shape)
    /// An object with any names, as counters by reason.
    case map(Shape)
    /// An object with these members and no others.
    case record([Member])
    /// A shape that others share, under a name.
    case named(String, Shape)
    /// The shape, or `null`.
    case maybe(Shape)
    /// Any JSON: what a plugin or a model says of itself.
    case any

    /// A member of an object.
    struct Member: Sendable {
        /// Its name.
        let name: String
        /// What it holds.
        let shape: Shape
        /// Whether it may be left out.
        let isOptional: Bool

        /// Declares a member that is always there.
        init(_ name: String, _ shape: Shape) { self.init(name, shape, isOptional: false) }

        /// Declares a member that may be left out.
        init(optional name: String, _ shape: Shape) { self.init(name, shape, isOptional: true) }

        private init(_ name: String, _ shape: Shape, isOptional: Bool) {
            self.name = name
            self.shape = shape
            self.isOptional = isOptional
        }
    }

    /// The members, where this is an object of known ones.
    var members: [Member] {
        switch self {
        case .record(let members): members
        case .named(_, let shape), .maybe(let shape): shape.members
        default: []
        }
    }

    /// What the array holds, where this is one.
    var element: Shape? {
        switch self {
        case .list(let shape): shape
        case .named(_, let shape), .maybe(let shape): shape.element
        default: nil
        }
    }
}

/// What an endpoint answers with.
struct AnswerForm: Sendable {
    /// The `Content-Type` without its parameters.
    let media: String
    /// The shape of JSON; `nil` for another type.
    let shape: Shape?
    /// Statuses beside 200 that come with the same form, as the 503 of a host that is not ready.
    var statuses: [Int] = []
    /// The rows of a table, which may be had as NDJSON and CSV too; `nil` where it is none.
    var rows: Rows?

    /// Where an answer has its rows.
    struct Rows: Sendable {
        /// The members that may hold them; an answer has one.
        let keys: [String]
        /// The columns of each, in the order CSV has them.
        let columns: [String: [String]]
    }

    /// JSON of a shape.
    static func json(_ shape: Shape, or statuses: [Int] = []) -> Self {
        AnswerForm(media: Reply.json, shape: shape, statuses: statuses)
    }

    /// JSON of a shape with rows in one of these members.
    static func table(_ shape: Shape, _ keys: String...) -> Self {
        let columns = keys.map { key in
            (key, shape.members.first { $0.name == key }?.shape.element?.members.map(\.name) ?? [])
        }
        let rows = Rows(keys: keys, columns: Dictionary(columns, uniquingKeysWith: { first, _ in first }))
        return AnswerForm(media: Reply.json, shape: shape, rows: rows)
    }

    /// A text of another type.
    static func text(_ media: String) -> Self { AnswerForm(media: media, shape: nil) }
}
