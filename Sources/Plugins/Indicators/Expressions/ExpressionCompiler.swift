import EditDistance
import PluginKit

/// Makes a program of an expression: finds what its names mean, checks types and options, builds the indicators.
struct ExpressionCompiler {
    /// What a part of an expression gives.
    struct Value {
        enum Kind {
            case number
            /// True or false.
            case condition
            /// Several numbers side by side, of which one must be named.
            case outputs([String], of: String)
        }

        let kind: Kind
        let column: Int
    }

    /// What a formula is over: what names without a meaning of their own stand for.
    enum Subject { case bars, row }

    /// A result of the whole.
    struct Output {
        let name: String
        let column: Int
        let text: String
    }

    var program = ExpressionProgram()
    private(set) var outputs: [Output] = []
    private var defined: [String: Value] = [:]
    private var used: Set<String> = []
    private let subject: Subject

    /// Compiles a text.
    init(_ text: String, over subject: Subject = .bars) throws(ExpressionFault) {
        self.subject = subject
        let statements = try ExpressionParser.statements(in: text)
        let isNamed = statements.last?.name != nil
        for (index, statement) in statements.enumerated() {
            let value = try value(of: statement.value)
            let isLast = index == statements.count - 1
            if let name = statement.name {
                try define(name, value, isOutput: isNamed, statement.value)
            } else if !isLast || isNamed {
                throw ExpressionFault(
                    statement.value.range,
                    "nothing uses this value. Give it a name: `name = ...;`, or make it the last.")
            }
            guard isNamed || isLast else { continue }
            outputs.append(
                Output(
                    name: statement.name?.text ?? "value", column: try single(value, statement.value).column,
                    text: Self.shown(text, statement.value.range)))
        }
        if !isNamed { try findUnused(statements) }
    }

    private static func shown(_ text: String, _ range: Range<Int>) -> String {
        let part = String(decoding: Array(text.utf8)[range], as: UTF8.self)
        return part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func define(
        _ name: (text: String, range: Range<Int>), _ value: Value, isOutput: Bool, _ syntax: ExpressionSyntax
    ) throws(ExpressionFault) {
        let isTaken =
            (subject == .bars && ExpressionField(rawValue: name.text) != nil) || Self.functionNames.contains(name.text)
            || ["and", "or", "not", "true", "false", "where"].contains(name.text)
        if isTaken { throw ExpressionFault(name.range, "'\(name.text)' has a meaning already. Choose another name.") }
        if defined[name.text] != nil {
            throw ExpressionFault(name.range, "'\(name.text)' is there twice. Choose another name.")
        }
        defined[name.text] = value
    }

    private func findUnused(_ statements: [ExpressionStatement]) throws(ExpressionFault) {
        for case let name? in statements.map(\.name) where !used.contains(name.text) {
            throw ExpressionFault(name.range, "nothing uses '\(name.text)'. Remove it.")
        }
    }

    // MARK: Parts

    /// Compiles a part.
    mutating func value(of syntax: ExpressionSyntax) throws(ExpressionFault) -> Value {
        switch syntax.content {
        case .number(let number): return Value(kind: .number, column: program.column(of: .number(number)))
        case .name(let name): return try value(named: name, syntax.range)
        case .negation(let inner): return try apply(.negate, [inner])
        case .inversion(let inner): return try apply(.not, [inner])
        case .pair(let written, let left, let right): return try apply(ExpressionFunction(written), [left, right])
        case .member(let inner, let name, let range): return try member(name, range, of: inner)
        case .call("where", let range, let arguments): return try choice(arguments, range)
        case .call(let name, let range, let arguments):
            guard let known = ExpressionFunction.calls[name] else {
                guard subject == .bars else { throw Self.noSeries(name, range) }
                return try call(name, range, arguments, all: syntax.range)
            }
            guard known.values.contains(arguments.count), arguments.allSatisfy({ $0.name == nil }) else {
                let (least, most) = (known.values.lowerBound, known.values.upperBound)
                let allowed = least == most ? "\(least)" : "\(least) ... \(most)"
                throw ExpressionFault(
                    syntax.range, "'\(name)' has \(arguments.count) values; allowed \(allowed), without names.")
            }
            return try apply(known.function, arguments.map(\.value))
        }
    }

    /// Compiles a part that must be a number.
    mutating func number(_ syntax: ExpressionSyntax, for what: String) throws(ExpressionFault) -> Int {
        let value = try single(value(of: syntax), syntax)
        if case .condition = value.kind {
            throw ExpressionFault(
                syntax.range, "\(what) takes numbers; this is a condition. Write where(condition, 1, 0).")
        }
        return value.column
    }

    private mutating func condition(_ syntax: ExpressionSyntax, for what: String) throws(ExpressionFault) -> Int {
        let value = try single(value(of: syntax), syntax)
        guard case .condition = value.kind else {
            throw ExpressionFault(
                syntax.range, "\(what) takes conditions; this is a number. Compare it, as in `close > open`.")
        }
        return value.column
    }

    private func single(_ value: Value, _ syntax: ExpressionSyntax) throws(ExpressionFault) -> Value {
        guard case .outputs(let names, let owner) = value.kind else { return value }
        throw ExpressionFault(
            syntax.range,
            "'\(owner)' gives \(names.count) numbers: \(Self.list(names)). Name one: `\(owner)(...).\(names[0])`.")
    }

    private mutating func apply(
        _ function: ExpressionFunction, _ operands: [ExpressionSyntax]
    ) throws(ExpressionFault) -> Value {
        var columns: [Int] = []
        for operand in operands {
            let what = "'\(function.shown)'"
            columns.append(
                function.takesConditions
                    ? try condition(operand, for: what) : try number(operand, for: what))
        }
        let kind: Value.Kind = function.givesCondition ? .condition : .number
        guard columns.count > 1 else {
            return Value(kind: kind, column: program.column(of: .unary(function, columns[0])))
        }
        var column = columns[0]
        for next in columns.dropFirst() { column = program.column(of: .binary(function, column, next)) }
        return Value(kind: kind, column: column)
    }

    private mutating func choice(
        _ arguments: [ExpressionSyntax.Argument], _ range: Range<Int>
    ) throws(ExpressionFault) -> Value {
        guard arguments.count == 3, arguments.allSatisfy({ $0.name == nil }) else {
            throw ExpressionFault(
                range, "'where' has \(arguments.count) values; allowed 3: where(condition, value if so, value if not).")
        }
        let test = try condition(arguments[0].value, for: "the first value of 'where'")
        let yes = try number(arguments[1].value, for: "'where'")
        let no = try number(arguments[2].value, for: "'where'")
        return Value(kind: .number, column: program.column(of: .choice(test, yes, no)))
    }

    private mutating func member(
        _ name: String, _ range: Range<Int>, of inner: ExpressionSyntax
    ) throws(ExpressionFault) -> Value {
        if subject == .row, let path = inner.path, !isDefined(path) {
            return Value(kind: .number, column: program.column(ofSource: "\(path).\(name)"))
        }
        let value = try value(of: inner)
        guard case .outputs(let names, let owner) = value.kind else {
            throw ExpressionFault(range, "'.\(name)' follows what has one value only. Leave it out.")
        }
        guard let place = names.firstIndex(of: name) else {
            throw ExpressionFault(
                range, "'\(owner)' has no output '\(name)'. \(Self.guess(name, names))It gives \(Self.list(names)).")
        }
        return Value(kind: .number, column: value.column + place)
    }

    private mutating func value(named name: String, _ range: Range<Int>) throws(ExpressionFault) -> Value {
        if let value = defined[name] {
            used.insert(name)
            return value
        }
        if subject == .row { return Value(kind: .number, column: program.column(ofSource: name)) }
        if let field = ExpressionField(rawValue: name) {
            return Value(kind: .number, column: program.column(of: .field(field)))
        }
        if Self.functionNames.contains(name) {
            throw ExpressionFault(range, "'\(name)' is a function. Write \(name)(...).")
        }
        let fields = ExpressionField.allCases.map(\.rawValue)
        throw ExpressionFault(
            range,
            "no field '\(name)'. \(Self.guess(name, fields + defined.keys))A bar has \(Self.list(fields)).")
    }

    private static func noSeries(_ name: String, _ range: Range<Int>) -> ExpressionFault {
        guard functionNames.contains(name) else {
            return ExpressionFault(range, "no function '\(name)'. \(guess(name, ExpressionFunction.calls.keys))")
        }
        return ExpressionFault(
            range,
            "'\(name)' is over bars, and this formula is over one row. Make it an indicator of its own and name that here."
        )
    }

    /// Whether an earlier statement gave a value this name.
    func isDefined(_ name: String) -> Bool { defined[name] != nil }

    // MARK: Names

    /// Every name that can be called.
    static let functionNames: Set<String> = Set(ExpressionFunction.calls.keys)
        .union(IndicatorList.byName.keys).union(Self.otherNames.keys).union(["where"])

    /// Short names of indicators that formulas are full of.
    static let otherNames = [
        "ref": "lag", "mean": "sma", "stddev": "standard_deviation", "sum": "rolling_sum", "corr": "correlation",
    ]

    static func guess(_ name: String, _ known: some Sequence<String>) -> String {
        EditDistance.nearest(to: name, among: known).map { "Did you mean '\($0)'? " } ?? ""
    }

    static func list(_ names: [String]) -> String {
        names.count <= 12 ? names.joined(separator: ", ") : names.prefix(12).joined(separator: ", ") + " ..."
    }
}

extension ExpressionFunction {
    /// How it is written.
    fileprivate var shown: String {
        switch self {
        case .negate: "-"
        case .plus: "+"
        case .minus: "-"
        case .times: "*"
        case .over: "/"
        case .below: "<"
        case .above: ">"
        case .notAbove: "<="
        case .notBelow: ">="
        case .equal: "=="
        case .unequal: "!="
        default: rawValue
        }
    }
}
