import PluginKit
import RollingStatistics

/// Wilder's sums of directional movement and of the true range.
struct DirectionalSums: Sendable {
    let period: Int
    /// What stays of a sum at each bar once `period - 1` movements were added.
    private let decay: Double
    private var range = TrueRange()
    private var high = Double.nan
    private var low = Double.nan
    private var count = 0
    private(set) var plus = 0.0
    private(set) var minus = 0.0
    private(set) var total = 0.0

    init(period: Int) {
        self.period = period
        // Of one bar all of it leaves.
        decay = period == 1 ? 0 : 1 - 1 / Double(period)
    }

    /// Takes usable prices; returns the sums of movement, NaN before `period` bars.
    @inline(__always)
    mutating func push(high: Double, low: Double, close: Double) -> (plus: Double, minus: Double, isReady: Bool) {
        let up = high - self.high
        let down = self.low - low
        let range = range.push(high: high, low: low, close: close)
        self.high = high
        self.low = low
        guard !range.isNaN else { return (.nan, .nan, false) }
        // Selections and no branches: which of both moved further cannot be predicted.
        let wider = up > down ? up : 0
        let lower = down > up ? down : 0
        let rise = wider > 0 ? wider : 0
        let fall = lower > 0 ? lower : 0
        let keep = count < period - 1 ? 1 : decay
        plus = keep * plus + rise
        minus = keep * minus + fall
        total = keep * total + range
        if count < period { count += 1 }
        let isEarly = count < period - 1
        return (isEarly ? .nan : plus, isEarly ? .nan : minus, count == period)
    }

    /// Whether sums over `period` bars are there: what `run` goes on from.
    var hasStarted: Bool { count == period }

    /// Takes usable prices in a row; writes the sums at each, as `push` gives them.
    mutating func run(
        high: NumberColumn, low: NumberColumn, close: NumberColumn, plus: NumberColumn, minus: NumberColumn,
        total: NumberColumn
    ) {
        range.run(high: high, low: low, close: close, into: total)
        // What does not wait for the bar before, several at once: there a selection never becomes a branch.
        Self.move(high[0] - self.high, self.low - low[0], 0, plus, minus)
        for index in 1..<high.count {
            Self.move(high[index] - high[index &- 1], low[index &- 1] - low[index], index, plus, minus)
        }
        (self.high, self.low) = (high[high.count - 1], low[high.count - 1])
        var (ups, downs, spans) = (self.plus, self.minus, self.total)
        for index in plus.indices {
            ups = decay * ups + plus[index]
            downs = decay * downs + minus[index]
            spans = decay * spans + total[index]
            (plus[index], minus[index], total[index]) = (ups, downs, spans)
        }
        (self.plus, self.minus, self.total) = (ups, downs, spans)
    }

    @inline(__always)
    private static func move(
        _ up: Double, _ down: Double, _ index: Int, _ plus: NumberColumn, _ minus: NumberColumn
    ) {
        let wider = up > down ? up : 0
        let lower = down > up ? down : 0
        plus[index] = wider > 0 ? wider : 0
        minus[index] = lower > 0 ? lower : 0
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
        let index = Self.index(plus, minus)
        if !index.isNaN { value = index }
        return (plus, minus, value)
    }

    /// The difference over the sum, NaN where there is none.
    @inline(__always)
    private static func index(_ plus: Double, _ minus: Double) -> Double {
        let both = plus + minus
        let index = 100 * ((plus - minus).magnitude / both)
        return both != 0 && both.magnitude <= Double.greatestFiniteMagnitude ? index : .nan
    }

    /// Takes usable prices in a row once the sums have started; writes the index of each, as `push` gives it.
    mutating func run(high: NumberColumn, low: NumberColumn, close: NumberColumn, into output: NumberColumn) {
        withThreeColumns { plus, minus, total in
            let count = output.indices
            let (plus, minus, total) = (plus.part(count), minus.part(count), total.part(count))
            sums.run(high: high, low: low, close: close, plus: plus, minus: minus, total: total)
            for index in count {
                let (up, down) = (100 * plus[index].over(total[index]), 100 * minus[index].over(total[index]))
                output[index] = Self.index(up, down)
            }
        }
        for index in output.indices {
            if output[index].isNaN { output[index] = value } else { value = output[index] }
        }
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

    /// Whether each bar has a value.
    var hasStarted: Bool { average.hasStarted }

    /// Takes bars in a row; writes the average at each, and returns whether it could: not before the sums have started, nor over
    /// bars of which one is refused.
    mutating func run(_ block: BarBlock<some BarSource>, into output: NumberColumn) -> Bool {
        withThreeColumns { high, low, close in
            let count = 0..<block.count
            guard index.sums.hasStarted, block.copyRange(high, low, close) else { return false }
            index.run(high: high.part(count), low: low.part(count), close: close.part(count), into: output)
            for index in output.indices { output[index] = average.push(output[index]) }
            return true
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try index.code(&state)
        try average.code(&state)
    }
}
