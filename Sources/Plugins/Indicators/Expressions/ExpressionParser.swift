/// Reads an expression into statements: operator precedence, from the left.
///
/// ```
/// program   = statement { ";" statement } [ ";" ]
/// statement = [ name "=" ] value
/// value     = unary { operator unary }                     or < and < comparisons < + - < * /
/// unary     = { "-" | "not" } primary { "." name }
/// primary   = number | name | name "(" [ argument { "," argument } ] ")" | "(" value ")"
/// argument  = [ name "=" ] value
/// ```
struct ExpressionParser {
    private let tokens: [ExpressionToken]
    private var place = 0
    private var open = 0

    /// The most parts that may be within each other.
    private static let deepest = 100

    /// Returns the statements of a text, one at least.
    static func statements(in text: String) throws(ExpressionFault) -> [ExpressionStatement] {
        var parser = ExpressionParser(tokens: try ExpressionToken.all(in: text))
        var statements = [try parser.statement()]
        while parser.take(";"), parser.next.kind != .end { statements.append(try parser.statement()) }
        guard parser.next.kind == .end else {
            throw parser.fault("\(parser.next.shown) cannot follow; expected an operator, ';' or the end.")
        }
        return statements
    }

    private init(tokens: [ExpressionToken]) { self.tokens = tokens }

    private var next: ExpressionToken { tokens[min(place, tokens.count - 1)] }

    private func fault(_ message: String) -> ExpressionFault { ExpressionFault(next.range, message) }

    private mutating func take(_ sign: String) -> Bool {
        guard next.kind == .sign(sign) else { return false }
        place += 1
        return true
    }

    /// Takes `name =`, which begins a statement or an argument.
    private mutating func label() -> (text: String, range: Range<Int>)? {
        guard case .name(let text) = next.kind, place + 1 < tokens.count, tokens[place + 1].kind == .sign("=") else {
            return nil
        }
        defer { place += 2 }
        return (text, next.range)
    }

    private mutating func statement() throws(ExpressionFault) -> ExpressionStatement {
        let name = label()
        return ExpressionStatement(name: name, value: try value(above: 0))
    }

    private func checked(_ node: ExpressionSyntax) throws(ExpressionFault) -> ExpressionSyntax {
        guard node.depth <= Self.deepest else { throw tooDeep(node.range) }
        return node
    }

    private func tooDeep(_ range: Range<Int>) -> ExpressionFault {
        ExpressionFault(range, "more than \(Self.deepest) parts are within each other. Give some a name before it.")
    }

    private mutating func value(above strength: Int) throws(ExpressionFault) -> ExpressionSyntax {
        open += 1
        defer { open -= 1 }
        guard open <= Self.deepest else { throw tooDeep(next.range) }
        var left = try unary()
        while let found = infix(), found.strength > strength {
            place += 1
            let right = try value(above: found.strength)
            let range = left.range.lowerBound..<right.range.upperBound
            left = try checked(ExpressionSyntax(range, .pair(found, left, right)))
        }
        return left
    }

    private func infix() -> ExpressionSyntax.Operator? {
        switch next.kind {
        case .sign(let text), .name(let text): ExpressionSyntax.Operator(rawValue: text)
        default: nil
        }
    }

    private mutating func unary() throws(ExpressionFault) -> ExpressionSyntax {
        var signs: [(isMinus: Bool, start: Int)] = []
        while next.kind == .sign("-") || next.kind == .name("not") {
            signs.append((next.kind == .sign("-"), next.range.lowerBound))
            place += 1
        }
        var node = try primary()
        while take(".") {
            guard case .name(let name) = next.kind else {
                throw fault("\(next.shown) follows '.'; expected the name of an output.")
            }
            let range = node.range.lowerBound..<next.range.upperBound
            node = try checked(ExpressionSyntax(range, .member(node, name, next.range)))
            place += 1
        }
        for sign in signs.reversed() {
            let range = sign.start..<node.range.upperBound
            node = try checked(ExpressionSyntax(range, sign.isMinus ? .negation(node) : .inversion(node)))
        }
        return node
    }

    private mutating func primary() throws(ExpressionFault) -> ExpressionSyntax {
        let token = next
        switch token.kind {
        case .number(let number):
            place += 1
            return ExpressionSyntax(token.range, .number(number))
        case .name(let name):
            place += 1
            guard take("(") else { return ExpressionSyntax(token.range, .name(name)) }
            let arguments = try arguments(of: name)
            let range = token.range.lowerBound..<tokens[place - 1].range.upperBound
            return try checked(ExpressionSyntax(range, .call(name, token.range, arguments)))
        case .sign("("):
            place += 1
            let inner = try value(above: 0)
            guard take(")") else { throw fault("\(next.shown) stands where ')' must close a bracket.") }
            return ExpressionSyntax(token.range.lowerBound..<tokens[place - 1].range.upperBound, inner.content)
        case .sign, .end:
            throw fault("\(token.shown) stands where a value must; expected a number, a field, a function or '('.")
        }
    }

    private mutating func arguments(of name: String) throws(ExpressionFault) -> [ExpressionSyntax.Argument] {
        var arguments: [ExpressionSyntax.Argument] = []
        guard !take(")") else { return arguments }
        while true {
            let label = label()
            arguments.append(ExpressionSyntax.Argument(name: label, value: try value(above: 0)))
            if take(")") { return arguments }
            guard take(",") else {
                throw fault("\(next.shown) follows a value of '\(name)'; expected ',' or ')'.")
            }
        }
    }
}
