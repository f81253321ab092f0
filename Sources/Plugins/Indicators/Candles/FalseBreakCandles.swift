import PluginKit
import RollingStatistics

// A break out of an inside bar that fails: bars that have to be remembered.
extension CandleShape {
    static let falseBreaks = [
        CandleShape(
            "hikkake", 6,
            "A false break out of an inside bar; 200 where the close comes back over it within three bars.", .hikkake
        ) { $0.hikkake },
        CandleShape("modified_hikkake", 11, "Hikkake out of the second of two inside bars.", .modified) { $0.modified },
    ]
}

/// A break that may prove false, and what came of it.
struct FalseBreak: Sendable {
    /// 100 or -100 at the break, 200 or -200 where it proved false, else 0.
    private(set) var value = 0.0
    private var sign = 0.0
    private var level = 0.0
    private var age = 0

    /// Takes the direction that is expected after a break (0: there was none), the bar broken out of, and the close.
    mutating func push(_ direction: Double, from inside: Candle, close: Double) {
        if direction != 0 {
            (sign, level, age) = (direction, direction > 0 ? inside.high : inside.low, 0)
            value = 100 * direction
            return
        }
        age = min(age + 1, 4)
        let isFalse = age < 4 && sign * (close - level) > 0
        value = isFalse ? 200 * sign : 0
        if isFalse { sign = 0 }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.number(&value, in: -200...200)
        try state.number(&sign, in: -1...1)
        try state.number(&level)
        try state.count(&age, in: 0...4)
    }
}
