import PluginKit
import RollingStatistics

/// Wilder's sums of directional movement and of the true range.
struct DirectionalSums: Sendable {
    let period: Int
    private var range = TrueRange()
    private var high = Double.nan
    private var low = Double.nan
    private var count = 0
    private(set) var plus = 0.0
    private(set) var minus = 0.0
    private(set) var total = 0.0

    init(period: Int) { self.period = period }

    /// Takes usable prices; returns the sums of movement, NaN before `period` bars.
    @inline(__always)
    mutating func push(high: Double, low: Double, close: Double) -> (plus: Double, minus: Double, isReady: Bool) {
        let up = high - self.high
        let down = self.low - low
        let range = range.push(high: high, low: low, close: close)
        self.high = high
        self.low = low
        guard !range.isNaN else { return (.nan, .nan, false) }
        let rise = up > down && up > 0 ? up : 0
        let fall = down > up && down > 0 ? down : 0
        // The first `period - 1` movements are added, then a share of the sum leaves with each; of one bar all of it does.
        let keep = period == 1 ? 0 : count < period - 1 ? 1 : 1 - 1 / Double(period)
        plus = keep * plus + rise
        minus = keep * minus + fall
        total = keep * total + range
        if count < period { count += 1 }
        let isEarly = count < period - 1
        return (isEarly ? .nan : plus, isEarly ? .nan : minus, count == period)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try range.code(&state)
        try state.numberOrNone(&high)
        try state.numberOrNone(&low)
        try state.count(&count, in: 0...period)
        try state.number(&plus)
        try state.number(&minus)
        try state.number(&total)
    }
}

/// Both directional indicators and their difference over their sum.
struct DirectionalIndexKernel: Sendable {
    var sums: DirectionalSums
    private var value = 0.0

    init(period: Int) { sums = DirectionalSums(period: period) }

    var warmUpLength: Int { sums.period + 1 }

    /// Takes a usable bar; returns all three, NaN before `period + 1` bars.
    @inline(__always)
    mutating func push(_ bar: Bar) -> (plus: Double, minus: Double, index: Double) {
        let movement = sums.push(high: bar.high, low: bar.low, close: bar.close)
        guard movement.isReady else { return (.nan, .nan, .nan) }
        let plus = 100 * movement.plus.over(sums.total)
        let minus = 100 * movement.minus.over(sums.total)
        let both = plus + minus
        if both != 0, both.isFinite { value = 100 * ((plus - minus).magnitude / both) }
        return (plus, minus, value)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try sums.code(&state)
        try state.number(&value)
    }
}

/// Wilder's average of the directional index.
struct TrendKernel: Sendable {
    var index: DirectionalIndexKernel
    private var average: ExponentialAverage

    init(period: Int) {
        index = DirectionalIndexKernel(period: period)
        average = ExponentialAverage(wilder: period)
    }

    var warmUpLength: Int { index.warmUpLength + average.period - 1 }

    /// Takes a usable bar; returns the average, NaN before `2 * period` bars.
    @inline(__always)
    mutating func push(_ bar: Bar) -> Double {
        let index = index.push(bar).index
        return index.isNaN ? .nan : average.push(index)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try index.code(&state)
        try average.code(&state)
    }
}
