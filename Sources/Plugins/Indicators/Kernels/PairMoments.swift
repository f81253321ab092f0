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
            guard xx != 0, yy != 0 else { return 0 }
            return min(max(xy / xx.squareRoot() / yy.squareRoot(), -1), 1)
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

    /// Numbers of memory for each pair.
    private static let width = 5

    init(period: Int, in layout: inout WindowLayout) {
        self.period = period
        offset = layout.reserve(Self.width * period)
    }

    /// Takes a pair; returns the sums of the window, NaN until it is full.
    @inline(__always)
    mutating func push(_ x: Double, _ y: Double, _ memory: inout MutableSpan<Double>) -> Sums {
        memory[offset + Self.width * head] = x
        memory[offset + Self.width * head + 1] = y
        newer.add(x - shift.x, y - shift.y)
        head += 1
        if head == period {
            shift = (x, y)
            fold(&memory)
            head = 0
            newer = Sums()
            isFull = true
        }
        guard isFull else { return Sums(x: .nan, y: .nan, xx: .nan, yy: .nan, xy: .nan) }
        let older = offset + Self.width * head
        let sum = (x: newer.x + memory[older], y: newer.y + memory[older + 1])
        let count = Double(period)
        return Sums(
            x: sum.x, y: sum.y, xx: max(newer.xx + memory[older + 2] - sum.x * (sum.x / count), 0),
            yy: max(newer.yy + memory[older + 3] - sum.y * (sum.y / count), 0),
            xy: newer.xy + memory[older + 4] - sum.x * (sum.y / count))
    }

    private func fold(_ memory: inout MutableSpan<Double>) {
        var sums = Sums()
        for index in (0..<period).reversed() {
            let place = offset + Self.width * index
            sums.add(memory[place] - shift.x, memory[place + 1] - shift.y)
            memory[place] = sums.x
            memory[place + 1] = sums.y
            memory[place + 2] = sums.xx
            memory[place + 3] = sums.yy
            memory[place + 4] = sums.xy
        }
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
