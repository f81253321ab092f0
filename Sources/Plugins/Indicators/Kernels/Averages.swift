import PluginKit
import RollingStatistics

/// Plain mean of the last numbers.
struct SimpleAverage: PeriodKernel {
    var window: RollingSum
    private let share: Double

    init(period: Int, in layout: inout WindowLayout) {
        window = RollingSum(period: period, in: &layout)
        share = 1 / Double(period)
    }

    var warmUpLength: Int { window.period }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        window.push(value, &memory) * share
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        window.run(input, &memory, into: output)
        let share = share
        for index in input.indices { output[index] *= share }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
}

extension RollingWeightedMean: PeriodKernel {
    var warmUpLength: Int { period }
}

extension RollingSum: PeriodKernel {
    var warmUpLength: Int { period }
}

extension ExponentialAverage: PeriodKernel {
    init(period: Int, in layout: inout WindowLayout) { self.init(period: period) }

    var warmUpLength: Int { max(period, 1) }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { push(value) }

    var isWarm: Bool { hasStarted }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { next(value) }
}

/// Wilder's average: exponential with weight 1 / period.
struct WilderAverage: PeriodKernel {
    var average: ExponentialAverage

    init(period: Int, in layout: inout WindowLayout) { average = ExponentialAverage(wilder: period) }

    var warmUpLength: Int { average.period }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { average.push(value) }

    var isWarm: Bool { average.hasStarted }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { average.next(value) }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try average.code(&state) }
}

/// Twice an exponential average less the average of the average.
struct DoubleAverage: PeriodKernel {
    var first: ExponentialAverage
    var second: ExponentialAverage

    init(period: Int, in layout: inout WindowLayout) {
        first = ExponentialAverage(period: period)
        second = first
    }

    var warmUpLength: Int { 2 * first.period - 1 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let one = first.push(value)
        guard !one.isNaN else { return .nan }
        return 2 * one - second.push(one)
    }

    var isWarm: Bool { second.hasStarted }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let one = first.next(value)
        return 2 * one - second.next(one)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try first.code(&state)
        try second.code(&state)
    }
}

/// Three exponential averages of each other, combined so that their lags cancel.
struct TripleAverage: PeriodKernel {
    var first: ExponentialAverage
    var second: ExponentialAverage
    var third: ExponentialAverage

    init(period: Int, in layout: inout WindowLayout) {
        first = ExponentialAverage(period: period)
        second = first
        third = first
    }

    var warmUpLength: Int { 3 * first.period - 2 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let one = first.push(value)
        guard !one.isNaN else { return .nan }
        let two = second.push(one)
        guard !two.isNaN else { return .nan }
        return 3 * one - 3 * two + third.push(two)
    }

    var isWarm: Bool { third.hasStarted }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let one = first.next(value)
        let two = second.next(one)
        return 3 * one - 3 * two + third.next(two)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try first.code(&state)
        try second.code(&state)
        try third.code(&state)
    }
}

/// A plain mean of plain means: weights rise to the middle of the window and fall again.
struct TriangularAverage: PeriodKernel {
    var means: Cascade<SimpleAverage, SimpleAverage>

    init(period: Int, in layout: inout WindowLayout) {
        means = Cascade(
            first: SimpleAverage(period: (period + 1) / 2, in: &layout),
            second: SimpleAverage(period: period / 2 + 1, in: &layout))
        if period % 2 == 1 { means.second = SimpleAverage(period: (period + 1) / 2, in: &layout) }
    }

    var warmUpLength: Int { means.warmUpLength }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { means.push(value, &memory) }

    @inline(__always)
    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        means.run(input, &memory, into: output)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try means.code(&state) }
}

/// Kaufman's adaptive average: as fast as an average of 2 in a straight move, as slow as one of 30 in noise.
struct AdaptiveAverage: PeriodKernel {
    var efficiency: EfficiencyKernel
    var value = Double.nan

    init(period: Int, in layout: inout WindowLayout) { efficiency = EfficiencyKernel(period: period, in: &layout) }

    var warmUpLength: Int { efficiency.warmUpLength }

    @inline(__always)
    mutating func push(_ number: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let ratio = efficiency.push(number, &memory)
        if ratio.isNaN {
            value = number
            return .nan
        }
        let root = ratio * (2.0 / 3 - 2.0 / 31) + 2.0 / 31
        value += root * root * (number - value)
        return value
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try efficiency.code(&state)
        try state.numberOrNone(&value)
    }
}

/// How straight a move was: the change over the window, over the sum of the changes within.
struct EfficiencyKernel: PeriodKernel {
    var lag: Ring
    var path: RollingSum
    var previous = Double.nan

    init(period: Int, in layout: inout WindowLayout) {
        lag = Ring(period: period, in: &layout)
        path = RollingSum(period: period, in: &layout)
    }

    var warmUpLength: Int { lag.period + 1 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let before = lag.push(value, &memory)
        let step = (value - previous).magnitude
        previous = value
        guard !step.isNaN else { return .nan }
        let length = path.push(step, &memory)
        guard !length.isNaN else { return .nan }
        let ratio = (value - before).magnitude / length
        return ratio <= 1 ? ratio : 1
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try lag.code(&state)
        try path.code(&state)
        try state.numberOrNone(&previous)
    }
}

/// Hull's average: linear weights over half the window, doubled, less those over the whole, smoothed over the root of it.
struct HullAverage: PeriodKernel {
    var half: RollingWeightedMean
    var whole: RollingWeightedMean
    var last: RollingWeightedMean

    init(period: Int, in layout: inout WindowLayout) {
        half = RollingWeightedMean(period: max(period / 2, 1), in: &layout)
        whole = RollingWeightedMean(period: period, in: &layout)
        last = RollingWeightedMean(period: max(Int(Double(period).squareRoot()), 1), in: &layout)
    }

    var warmUpLength: Int { whole.period + last.period - 1 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let fast = half.push(value, &memory)
        let slow = whole.push(value, &memory)
        return slow.isNaN ? .nan : last.push(2 * fast - slow, &memory)
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        withColumn { slow in
            let slow = slow.part(input.indices)
            whole.run(input, &memory, into: slow)
            half.run(input, &memory, into: output)
            for index in output.indices { output[index] = 2 * output[index] - slow[index] }
        }
        last.run(over: output, &memory)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try half.code(&state)
        try whole.code(&state)
        try last.code(&state)
    }
}

/// An exponential average of numbers that are led on by their change over half the window.
struct ZeroLagAverage: PeriodKernel {
    var lag: Lag
    var average: ExponentialAverage

    init(period: Int, in layout: inout WindowLayout) {
        lag = Lag((period - 1) / 2, in: &layout)
        average = ExponentialAverage(period: period)
    }

    var warmUpLength: Int { lag.distance + average.period }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let before = lag.push(value, &memory)
        return before.isNaN ? .nan : average.push(2 * value - before)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try lag.code(&state)
        try average.code(&state)
    }
}

/// Tillson's average: a double average with a volume factor, applied three times.
struct TillsonAverage: PeriodKernel {
    var links: [6 of ExponentialAverage]
    let factor: Double

    init(period: Int, in layout: inout WindowLayout) { self.init(period: period, factor: 0.7) }

    init(period: Int, factor: Double) {
        links = .init(repeating: ExponentialAverage(period: period))
        self.factor = factor
    }

    var warmUpLength: Int { 6 * links[0].period - 5 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        // One after the other and no loop: with a number for an index the links would have to lie in memory.
        let first = links[0].push(value)
        let second = first.isNaN ? .nan : links[1].push(first)
        let third = second.isNaN ? .nan : links[2].push(second)
        let fourth = third.isNaN ? .nan : links[3].push(third)
        let fifth = fourth.isNaN ? .nan : links[4].push(fourth)
        return fifth.isNaN ? .nan : combined(third, fourth, fifth, links[5].push(fifth))
    }

    var isWarm: Bool { links[5].hasStarted }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let third = links[2].next(links[1].next(links[0].next(value)))
        let fourth = links[3].next(third)
        let fifth = links[4].next(fourth)
        return combined(third, fourth, fifth, links[5].next(fifth))
    }

    @inline(__always)
    private func combined(_ third: Double, _ fourth: Double, _ fifth: Double, _ sixth: Double) -> Double {
        let square = factor * factor
        let cube = square * factor
        return -cube * sixth + 3 * (square + cube) * fifth + (-6 * square - 3 * (factor + cube)) * fourth
            + (1 + 3 * factor + cube + 3 * square) * third
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        for index in links.indices { try links[index].code(&state) }
    }
}

/// The number some pushes ago; 0 is the newest itself.
struct Lag: SeriesKernel {
    let distance: Int
    var ring: Ring

    init(_ distance: Int, in layout: inout WindowLayout) {
        self.distance = distance
        ring = Ring(period: max(distance, 1), in: &layout)
    }

    var warmUpLength: Int { distance + 1 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let before = ring.push(value, &memory)
        return distance == 0 ? value : before
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        ring.run(input, &memory, into: output)
        guard distance == 0 else { return }
        for index in input.indices { output[index] = input[index] }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try ring.code(&state) }
}
