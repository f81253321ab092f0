import PluginKit
import RollingStatistics

/// How two series vary together over the last `period` pairs; no drift, and equal numbers give exactly 0.
///
/// Cut into an older and a newer block, with sums over the distance from a pair in the window, as `RollingMoments`.
/// Amortised O(1). Takes numbers whose products stay finite: `isSquarable`.
struct PairMoments: Sendable {
    /// Sums of squared deviations from the means, and of their products.
    struct Sums: Sendable {
        var x = 0.0
        var y = 0.0
        var xx = 0.0
        var yy = 0.0
        var xy = 0.0

        @inline(__always)
        mutating func add(_ dx: Double, _ dy: Double) {
            x += dx
            y += dy
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        }

        /// Pearson's correlation; 0 where one of both does not change, NaN before the window is full.
        var correlation: Double {
            let value = xy / (xx.squareRoot() * yy.squareRoot())
            let bounded = value > 1 ? 1 : value < -1 ? -1 : value
            return xx == 0 || yy == 0 ? 0 : bounded
        }

        /// Slope of y over x; 0 where x does not change, NaN before the window is full.
        var slope: Double { xy.over(xx) }
    }

    /// Pairs in the window.
    let period: Int
    private let offset: Int
    private var head = 0
    private var isFull = false
    private var shift = (x: 0.0, y: 0.0)
    private var newer = Sums()

    /// Columns of memory: both numbers of the newer block, or five sums of the older one.
    private static let width = 5

    init(period: Int, in layout: inout WindowLayout) {
        self.period = period
        offset = layout.reserve(Self.width * period)
    }

    /// Takes a pair; returns the sums of the window, NaN until it is full.
    @inline(__always)
    mutating func push(_ x: Double, _ y: Double, _ memory: inout MutableSpan<Double>) -> Sums {
        let window = WindowColumn(&memory, offset, Self.width * period)
        window[head] = x
        window[period + head] = y
        newer.add(x - shift.x, y - shift.y)
        head += 1
        if head == period { finishBlock(window, x, y) }
        guard isFull else { return Sums(x: .nan, y: .nan, xx: .nan, yy: .nan, xy: .nan) }
        return total(newer, window, head)
    }

    /// Takes pairs in a row and writes what is made of the sums at each; same bits as one by one.
    @inline(__always)
    mutating func run(
        _ x: NumberColumn, _ y: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn,
        _ result: (Sums) -> Double
    ) {
        let window = WindowColumn(&memory, offset, Self.width * period)
        var index = 0
        while index < output.count {
            let range = index..<(index + min(period - 1 - head, output.count - index))
            takeStretch(x.part(range), y.part(range), window, into: output.part(range), result)
            if !isFull { output.clear(index, range.count) }
            index += range.count
            guard index < output.count else { return }
            let filled = push(x[index], y[index], &memory)
            output[index] = isFull ? result(filled) : .nan
            index += 1
        }
    }

    /// Takes pairs that do not fill the block: the sums one after the other, what is made of them several at once.
    @inline(__always)
    private mutating func takeStretch(
        _ x: NumberColumn, _ y: NumberColumn, _ window: WindowColumn, into output: NumberColumn,
        _ result: (Sums) -> Double
    ) {
        withTwoColumns { sumX, sumY in
            withThreeColumns { sumXX, sumYY, sumXY in
                var sums = newer
                for step in x.indices {
                    sums.add(x[step] - shift.x, y[step] - shift.y)
                    (sumX[step], sumY[step]) = (sums.x, sums.y)
                    (sumXX[step], sumYY[step], sumXY[step]) = (sums.xx, sums.yy, sums.xy)
                }
                newer = sums
                for step in x.indices {
                    let sums = Sums(
                        x: sumX[step], y: sumY[step], xx: sumXX[step], yy: sumYY[step], xy: sumXY[step])
                    output[step] = result(total(sums, window, head &+ step &+ 1))
                }
            }
        }
        window.take(head, x.count, from: x, 0)
        window.take(period + head, x.count, from: y, 0)
        head += x.count
    }

    /// The sums over the newer block and what is left of the older one, taken about the means.
    @inline(__always)
    private func total(_ newer: Sums, _ window: WindowColumn, _ head: Int) -> Sums {
        let share = 1 / Double(period)
        let x = newer.x + window[head]
        let y = newer.y + window[period &+ head]
        let xx = newer.xx + window[2 &* period &+ head] - x * (x * share)
        let yy = newer.yy + window[3 &* period &+ head] - y * (y * share)
        return Sums(
            x: x, y: y, xx: xx > 0 ? xx : 0, yy: yy > 0 ? yy : 0,
            xy: newer.xy + window[4 &* period &+ head] - x * (y * share))
    }

    @inline(never)
    private mutating func finishBlock(_ window: WindowColumn, _ x: Double, _ y: Double) {
        shift = (x, y)
        var sums = Sums()
        for index in (0..<period).reversed() {
            sums.add(window[index] - shift.x, window[period &+ index] - shift.y)
            window[index] = sums.x
            window[period &+ index] = sums.y
            window[2 &* period &+ index] = sums.xx
            window[3 &* period &+ index] = sums.yy
            window[4 &* period &+ index] = sums.xy
        }
        (head, newer, isFull) = (0, Sums(), true)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.number(&shift.x)
        try state.number(&shift.y)
        try state.number(&newer.x)
        try state.number(&newer.y)
        try state.number(&newer.xx)
        try state.number(&newer.yy)
        try state.number(&newer.xy)
    }
}

extension Double {
    /// Whether squares of the number and of sums of such numbers stay finite: at most 2^495 in magnitude (about 1e149).
    @inline(__always) var isSquarable: Bool { magnitude <= 0x1p495 }
}
