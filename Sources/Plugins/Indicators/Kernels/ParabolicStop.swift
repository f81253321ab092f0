import PluginKit
import RollingStatistics

/// Wilder's stop that follows a trend and reverses with it.
struct ParabolicStop: Sendable {
    /// How fast it follows in one direction: the first share of the way to the extreme, what a new extreme adds, the largest.
    struct Pace: Sendable {
        let start: Double
        let step: Double
        let limit: Double

        var first: Double { Swift.min(start, limit) }
        var increment: Double { Swift.min(step, limit) }
    }

    let long: Pace
    let short: Pace
    /// The first stop: above 0 in an up-trend, below 0 in a down-trend, 0 where the first two bars decide.
    var first = 0.0
    /// Share of the stop it is moved away from the price at a reversal.
    var offset = 0.0
    private var bars = 0
    private var isLong = true
    private var stop = Double.nan
    private var extreme = Double.nan
    private var share = 0.0
    private var high = Double.nan
    private var low = Double.nan

    init(long: Pace, short: Pace, first: Double = 0, offset: Double = 0) {
        self.long = long
        self.short = short
        self.first = first
        self.offset = offset
    }

    /// Takes usable prices; returns the stop for this bar, NaN for the first.
    @inline(__always)
    mutating func push(high: Double, low: Double) -> (value: Double, isLong: Bool) {
        defer {
            self.high = high
            self.low = low
            bars = Swift.min(bars + 1, 2)
        }
        if bars == 0 { return (.nan, true) }
        // The bar before the first stop is taken to be the first bar itself, as TA-Lib does.
        var before = (high: self.high, low: self.low)
        if bars == 1 {
            begin(high: high, low: low)
            before = (high, low)
        }
        return isLong ? rise(high, low, before) : fall(high, low, before)
    }

    private mutating func begin(high: Double, low: Double) {
        let up = high - self.high
        let down = self.low - low
        isLong = first == 0 ? !(down > 0 && down > up) : first > 0
        extreme = isLong ? high : low
        stop = first == 0 ? (isLong ? self.low : self.high) : first.magnitude
        share = isLong ? long.first : short.first
    }

    @inline(__always)
    private mutating func rise(
        _ high: Double, _ low: Double, _ before: (high: Double, low: Double)
    ) -> (value: Double, isLong: Bool) {
        if low <= stop {
            isLong = false
            let value = moved(Swift.max(extreme, before.high, high), by: offset)
            (extreme, share) = (low, short.first)
            stop = Swift.max(follow(from: value), before.high, high)
            return (value, false)
        }
        let value = stop
        if high > extreme {
            extreme = high
            share = Swift.min(share + long.increment, long.limit)
        }
        stop = Swift.min(follow(from: value), before.low, low)
        return (value, true)
    }

    @inline(__always)
    private mutating func fall(
        _ high: Double, _ low: Double, _ before: (high: Double, low: Double)
    ) -> (value: Double, isLong: Bool) {
        if high >= stop {
            isLong = true
            let value = moved(Swift.min(extreme, before.low, low), by: -offset)
            (extreme, share) = (high, long.first)
            stop = Swift.min(follow(from: value), before.low, low)
            return (value, true)
        }
        let value = stop
        if low < extreme {
            extreme = low
            share = Swift.min(share + short.increment, short.limit)
        }
        stop = Swift.max(follow(from: value), before.high, high)
        return (value, false)
    }

    /// A share above 1 runs past the extreme; what leaves the range of numbers stays at the extreme.
    private func follow(from value: Double) -> Double {
        let next = value + share * (extreme - value)
        return next.isUsable ? next : extreme
    }

    private func moved(_ value: Double, by share: Double) -> Double {
        let next = value + share * value
        return next.isUsable ? next : value
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.count(&bars, in: 0...2)
        try state.flag(&isLong)
        try state.numberOrNone(&stop)
        try state.numberOrNone(&extreme)
        try state.number(&share)
        try state.numberOrNone(&high)
        try state.numberOrNone(&low)
    }
}
