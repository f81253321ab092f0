import PluginKit
import RollingStatistics

/// A number of a bar that an expression can name.
enum ExpressionField: String, Sendable, CaseIterable {
    case open, high, low, close, volume, amount, typical, median, weighted, average

    /// Returns the number; the last four as the option `source` of indicators means them.
    func value(of bar: Bar) -> Double {
        self == .amount ? bar.amount : BarField(rawValue: rawValue)?.value(of: bar) ?? .nan
    }

    /// The numbers a bar holds that it is made of.
    var numbers: [ExpressionField] {
        switch self {
        case .typical, .weighted: [.high, .low, .close]
        case .median: [.high, .low]
        case .average: [.open, .high, .low, .close]
        default: [self]
        }
    }

    /// The numbers a bar holds.
    static let held: [ExpressionField] = [.open, .high, .low, .close, .volume, .amount]

    /// Whether an expression can take the number: a quantity is never negative.
    func isUsable(in bar: Bar) -> Bool {
        let value = value(of: bar)
        return value.isUsable && (value >= 0 || self != .volume && self != .amount)
    }

    /// A bar of ones, with another number in this field.
    func bar(with number: Double) -> Bar {
        func value(_ field: ExpressionField) -> Double { field == self ? number : 1 }
        return Bar(
            time: 0, open: value(.open), high: value(.high), low: value(.low), close: value(.close),
            volume: value(.volume), amount: value(.amount), instrument: InstrumentID(rawValue: 0))
    }
}
