public import PluginKit

/// Highest of one series and lowest of another over the last `period` pairs, usually the highs and lows of bars.
///
/// Cut into an older and a newer block as in `RollingSum`, with maximum and minimum for the sum: amortised O(1), and free of
/// the badly predicted branches of a monotonic queue.
@frozen public struct RollingRange: Sendable {
    /// Pairs in the window.
    public let period: Int
    /// Where its numbers begin in the lent memory; it takes two for each pair.
    public let offset: Int
    @usableFromInline var head = 0
    @usableFromInline var isFilled = false
    @usableFromInline var highest = -Double.infinity
    @usableFromInline var lowest = Double.infinity

    /// Creates an empty window of 1 or more pairs.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a window has 1 number or more")
        self.period = period
        offset = layout.reserve(2 * period)
    }

    /// Whether as many pairs came as it holds.
    @inlinable public var isFull: Bool { isFilled }

    /// Takes a usable pair; returns the highest and the lowest of the last `period`, NaN until there are as many.
    @inlinable @inline(__always)
    public mutating func push(
        high: Double, low: Double, _ memory: inout MutableSpan<Double>
    ) -> (highest: Double, lowest: Double) {
        memory[offset + 2 * head] = high
        memory[offset + 2 * head + 1] = low
        highest = Self.larger(high, highest)
        lowest = Self.smaller(low, lowest)
        head += 1
        if head == period {
            Self.fold(WindowColumn(&memory, offset, 2 * period), period)
            head = 0
            highest = -.infinity
            lowest = .infinity
            isFilled = true
        }
        guard isFilled else { return (.nan, .nan) }
        let older = offset + 2 * head
        return (Self.larger(highest, memory[older]), Self.smaller(lowest, memory[older + 1]))
    }

    /// Takes pairs in a row; writes for each what `push` gives, bit for bit. Both sides may be the same numbers.
    public mutating func run(
        high: NumberColumn, low: NumberColumn, _ memory: inout MutableSpan<Double>, highest: NumberColumn,
        lowest: NumberColumn
    ) {
        // Short windows, whose blocks end every few numbers: straight from the columns. The extreme of a window is the same number
        // however it is found.
        guard isFilled, period <= 16, high.count >= 4 * period, high.count <= 128 else {
            return runBlocks(high: high, low: low, &memory, highest: highest, lowest: lowest)
        }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 128) { first in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 128) { second in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 128) { third in
                    let (tops, spare) = Self.slide(high, period, first, second, Self.larger)
                    let (bottoms, _) = Self.slide(low, period, spare, third, Self.smaller)
                    runEnds(high: high, low: low, &memory, highest: highest, lowest: lowest)
                    for index in (period - 1)..<high.count {
                        highest[index] = tops[index]
                        lowest[index] = bottoms[index]
                    }
                }
            }
        }
    }

    /// Takes the numbers at the beginning, which need what came before, and the last ones, which the state is made of.
    ///
    /// What is left out between is a multiple of the period, so that the blocks end where they would.
    private mutating func runEnds(
        high: NumberColumn, low: NumberColumn, _ memory: inout MutableSpan<Double>, highest: NumberColumn,
        lowest: NumberColumn
    ) {
        let skipped = (high.count - 3 * period + 1) / period * period
        let (start, end) = (0..<(period - 1), (period - 1 + skipped)..<high.count)
        runBlocks(
            high: high.part(start), low: low.part(start), &memory, highest: highest.part(start),
            lowest: lowest.part(start))
        runBlocks(
            high: high.part(end), low: low.part(end), &memory, highest: highest.part(end), lowest: lowest.part(end))
    }

    /// Computes the best of each number and the `period - 1` before it, from the first on that has as many: over 1, 2, 4 ... numbers, the
    /// last windows overlapping. Returns where it is, and the other column.
    @inline(__always)
    private static func slide(
        _ input: NumberColumn, _ period: Int, _ first: NumberColumn, _ second: NumberColumn,
        _ better: (Double, Double) -> Double
    ) -> (result: NumberColumn, spare: NumberColumn) {
        var (source, target) = (second, first)
        for index in input.indices { source[index] = input[index] }
        var width = 1
        while width < period {
            let step = min(width, period - width)
            for index in 0..<step { target[index] = source[index] }
            for index in step..<input.count { target[index] = better(source[index], source[index &- step]) }
            (source, target) = (target, source)
            width += step
        }
        return (source, target)
    }

    private mutating func runBlocks(
        high: NumberColumn, low: NumberColumn, _ memory: inout MutableSpan<Double>, highest: NumberColumn,
        lowest: NumberColumn
    ) {
        let window = WindowColumn(&memory, offset, 2 * period)
        var index = 0
        while index < high.count {
            let stretch = min(period - 1 - head, high.count - index)
            var (top, bottom) = (self.highest, self.lowest)
            for step in 0..<stretch {
                let (up, down) = (high[index &+ step], low[index &+ step])
                let place = 2 &* (head &+ step)
                top = Self.larger(up, top)
                bottom = Self.smaller(down, bottom)
                highest[index &+ step] = Self.larger(top, window[place &+ 2])
                lowest[index &+ step] = Self.smaller(bottom, window[place &+ 3])
                window[place] = up
                window[place &+ 1] = down
            }
            if !isFilled {
                highest.clear(index, stretch)
                lowest.clear(index, stretch)
            }
            (self.highest, self.lowest) = (top, bottom)
            head += stretch
            index += stretch
            guard index < high.count else { return }
            let range = push(high: high[index], low: low[index], &memory)
            highest[index] = range.highest
            lowest[index] = range.lowest
            index += 1
        }
    }

    @usableFromInline @inline(never)
    static func fold(_ window: WindowColumn, _ period: Int) {
        var highest = -Double.infinity
        var lowest = Double.infinity
        var place = 2 &* period &- 2
        while place >= 0 {
            highest = larger(window[place], highest)
            lowest = smaller(window[place &+ 1], lowest)
            window[place] = highest
            window[place &+ 1] = lowest
            place &-= 2
        }
    }

    // One instruction each; the library's `max` and `min` also order NaN, which never comes here.
    @inlinable static func larger(_ a: Double, _ b: Double) -> Double { a > b ? a : b }
    @inlinable static func smaller(_ a: Double, _ b: Double) -> Double { a < b ? a : b }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFilled)
        try state.numberOrInfinite(&highest)
        try state.numberOrInfinite(&lowest)
    }
}
