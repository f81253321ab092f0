import PluginKit
import RollingStatistics

/// Change from the number before; NaN at the first.
struct Change: Sendable {
    private var previous = Double.nan

    /// Whether no number came yet.
    var isFirst: Bool { previous.isNaN }

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        let change = value - previous
        previous = value
        return change
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.numberOrNone(&previous) }
}

/// Change from the number before as a fraction of it; NaN at the first, 0 where the number before is 0.
struct RelativeChange: Sendable {
    private var previous = Double.nan

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        let change = value.isNaN || previous.isNaN ? .nan : ((value - previous) / previous).orZero
        previous = value
        return change
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.numberOrNone(&previous) }
}

/// Logarithm of a number over the one before; NaN at the first, 0 where one of both is not above 0.
struct LogChange: Sendable {
    private var previous = Double.nan

    @inline(__always)
    mutating func push(_ value: Double) -> Double {
        let before = previous
        previous = value
        guard !before.isNaN else { return .nan }
        return value > 0 && before > 0 ? value.logarithm - before.logarithm : 0
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.numberOrNone(&previous) }
}

/// Wilder's averages of rises and falls.
struct StrengthKernel: PeriodKernel {
    static let leastPeriod = 2

    var rises: ExponentialAverage
    var falls: ExponentialAverage
    var change = Change()
    /// The index where nothing moved.
    var flat = 0.0

    init(period: Int, in layout: inout WindowLayout) {
        rises = ExponentialAverage(wilder: period)
        falls = rises
    }

    var warmUpLength: Int { rises.period + 1 }

    /// Takes a number; returns both averages, NaN until there are `period` changes.
    @inline(__always)
    mutating func averages(_ value: Double) -> (rise: Double, fall: Double) {
        let change = change.push(value)
        guard !change.isNaN else { return (.nan, .nan) }
        let up = change > 0 ? change : 0
        return (rises.push(up), falls.push(up - change))
    }

    var isWarm: Bool { falls.hasStarted }

    /// Takes numbers in a row; writes both averages at each, as `averages` gives them.
    mutating func run(_ input: NumberColumn, rises ups: NumberColumn, falls downs: NumberColumn) {
        var index = 0
        while index < input.count, !isWarm {
            (ups[index], downs[index]) = averages(input[index])
            index += 1
        }
        // Changes first, all at once: which of both is 0 cannot be predicted, so nothing may branch on it.
        for index in index..<input.count {
            let change = change.push(input[index])
            let up = change > 0 ? change : 0
            ups[index] = up
            downs[index] = up - change
        }
        var (rises, falls) = (rises, falls)
        for index in index..<input.count {
            ups[index] = rises.next(ups[index])
            downs[index] = falls.next(downs[index])
        }
        (self.rises, self.falls) = (rises, falls)
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        withColumn { falls in
            run(input, rises: output, falls: falls)
            for index in output.indices { output[index] = strength(of: output[index], falls[index]) }
        }
    }

    @inline(__always)
    private func strength(of rise: Double, _ fall: Double) -> Double {
        rise + fall == 0 ? flat : 100 * rise / (rise + fall)
    }

    /// The relative strength index.
    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let (rise, fall) = averages(value)
        return strength(of: rise, fall)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try rises.code(&state)
        try falls.code(&state)
        try change.code(&state)
    }
}

extension Double {
    /// The number, or 0 where a kernel could not take it.
    @inline(__always) var orZero: Double { isUsable ? self : 0 }

    /// This number over another, or a given one where that is 0; NaN stays NaN, whatever it is divided by.
    @inline(__always) func over(_ divisor: Double, else value: Double = 0) -> Double {
        divisor == 0 && !isNaN ? value : (self / divisor).orUndefined
    }
}
