/// A part of an expression as it is written.
struct ExpressionSyntax {
    /// Where it stands, as offsets of UTF-8 bytes.
    let range: Range<Int>
    let content: Content
    /// How many parts are within each other here; bounded, so that walking them cannot use up the stack.
    let depth: Int

    indirect enum Content {
        case number(Double)
        case name(String)
        case negation(ExpressionSyntax)
        case inversion(ExpressionSyntax)
        case pair(Operator, ExpressionSyntax, ExpressionSyntax)
        case call(String, Range<Int>, [Argument])
        case member(ExpressionSyntax, String, Range<Int>)
    }

    /// One value in the brackets of a call.
    struct Argument {
        /// The option it is for; `nil` where its place says so.
        let name: (text: String, range: Range<Int>)?
        let value: ExpressionSyntax
    }

    /// What stands between two parts; what binds less stands first.
    enum Operator: String, CaseIterable {
        case or, and
        case equal = "=="
        case unequal = "!="
        case notAbove = "<="
        case notBelow = ">="
        case below = "<"
        case above = ">"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case over = "/"

        /// How strongly it binds.
        var strength: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .equal, .unequal, .notAbove, .notBelow, .below, .above: 3
            case .plus, .minus: 4
            case .times, .over: 5
            }
        }
    }

    init(_ range: Range<Int>, _ content: Content) {
        self.range = range
        self.content = content
        depth =
            switch content {
            case .number, .name: 1
            case .negation(let inner), .inversion(let inner), .member(let inner, _, _): inner.depth + 1
            case .pair(_, let left, let right): max(left.depth, right.depth) + 1
            case .call(_, _, let arguments): (arguments.map(\.value.depth).max() ?? 0) + 1
            }
    }

    /// The number where it is nothing but one, with or without a sign.
    var number: Double? {
        switch content {
        case .number(let number): number
        case .negation(let inner): inner.number.map { -$0 }
        default: nil
        }
    }

    /// The names where it is nothing but some, with dots between.
    var path: String? {
        switch content {
        case .name(let name): name
        case .member(let inner, let name, _): inner.path.map { "\($0).\(name)" }
        default: nil
        }
    }

    /// The name where it is nothing but one.
    var name: String? {
        if case .name(let name) = content { name } else { nil }
    }
}

/// One statement: a value, with or without a name.
struct ExpressionStatement {
    let name: (text: String, range: Range<Int>)?
    let value: ExpressionSyntax
}
