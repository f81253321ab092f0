import RollingStatistics

/// What an expression can do with one or two numbers. Without a value comes none: NaN gives NaN, and so does what is
/// infinite or not defined (`1 / 0`, `log(-1)`).
enum ExpressionFunction: String, Sendable, CaseIterable {
    case abs, ceil, exp, floor, log, log10, sign, sqrt
    case acos, asin, atan, cos, cosh, sin, sinh, tan, tanh
    case max, min, pow
    case plus, minus, times, over
    case below, above, notAbove, notBelow, equal, unequal
    case and, or, not, negate

    /// Those that are written as calls, and how many values each takes.
    static let calls: [String: (function: ExpressionFunction, values: ClosedRange<Int>)] = {
        let one: [ExpressionFunction] = [
            .abs, .ceil, .exp, .floor, .log, .log10, .sign, .sqrt, .acos, .asin, .atan, .cos, .cosh, .sin, .sinh, .tan,
            .tanh,
        ]
        let pairs = one.map { ($0.rawValue, ($0, 1...1)) }
        return Dictionary(
            uniqueKeysWithValues: pairs + [("max", (.max, 2...16)), ("min", (.min, 2...16)), ("pow", (.pow, 2...2))])
    }()

    init(_ written: ExpressionSyntax.Operator) {
        self =
            switch written {
            case .or: .or
            case .and: .and
            case .equal: .equal
            case .unequal: .unequal
            case .notAbove: .notAbove
            case .notBelow: .notBelow
            case .below: .below
            case .above: .above
            case .plus: .plus
            case .minus: .minus
            case .times: .times
            case .over: .over
            }
    }

    /// Whether it takes conditions and not numbers.
    var takesConditions: Bool { self == .and || self == .or || self == .not }

    /// Whether it gives a condition: 1 where it holds, else 0.
    var givesCondition: Bool {
        switch self {
        case .below, .above, .notAbove, .notBelow, .equal, .unequal, .and, .or, .not: true
        default: false
        }
    }

    /// Of one number.
    func of(_ x: Double) -> Double {
        guard !x.isNaN else { return .nan }
        switch self {
        case .abs: return x.magnitude
        case .exp: return x.exponential.orUndefined
        case .floor: return x.rounded(.down)
        case .ceil: return x.rounded(.up)
        case .log10: return x.decimalLogarithm.orUndefined
        case .acos: return x.arcCosine
        case .asin: return x.arcSine
        case .atan: return x.arcTangent
        case .cos: return x.cosine
        case .cosh: return x.hyperbolicCosine.orUndefined
        case .sin: return x.sine
        case .sinh: return x.hyperbolicSine.orUndefined
        case .tan: return x.tangent.orUndefined
        case .tanh: return x.hyperbolicTangent
        case .log: return x.logarithm.orUndefined
        case .sign: return x > 0 ? 1 : x < 0 ? -1 : 0
        case .sqrt: return x.squareRoot()
        case .negate: return -x
        case .not: return x == 0 ? 1 : 0
        default: return .nan
        }
    }

    /// Of two numbers.
    func of(_ x: Double, _ y: Double) -> Double {
        guard !x.isNaN, !y.isNaN else { return .nan }
        func one(_ holds: Bool) -> Double { holds ? 1 : 0 }
        switch self {
        case .plus: return (x + y).orUndefined
        case .minus: return (x - y).orUndefined
        case .times: return (x * y).orUndefined
        case .over: return (x / y).orUndefined
        case .pow: return x.power(y).orUndefined
        case .max: return Swift.max(x, y)
        case .min: return Swift.min(x, y)
        case .below: return one(x < y)
        case .above: return one(x > y)
        case .notAbove: return one(x <= y)
        case .notBelow: return one(x >= y)
        case .equal: return one(x == y)
        case .unequal: return one(x != y)
        case .and: return one(x != 0 && y != 0)
        case .or: return one(x != 0 || y != 0)
        default: return .nan
        }
    }
}
