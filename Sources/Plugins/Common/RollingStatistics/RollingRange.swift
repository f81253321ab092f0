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
    @usableFromInline var isFull = false
    @usableFromInline var highest = -Double.infinity
    @usableFromInline var lowest = Double.infinity

    /// Creates an empty window of 1 or more pairs.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a window has 1 number or more")
        self.period = period
        offset = layout.reserve(2 * period)
    }

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
            Self.fold(&memory, offset, period)
            head = 0
            highest = -.infinity
            lowest = .infinity
            isFull = true
        }
        guard isFull else { return (.nan, .nan) }
        let older = offset + 2 * head
        return (Self.larger(highest, memory[older]), Self.smaller(lowest, memory[older + 1]))
    }

    @usableFromInline @inline(never)
    static func fold(_ memory: inout MutableSpan<Double>, _ start: Int, _ period: Int) {
        var highest = -Double.infinity
        var lowest = Double.infinity
        for index in (0..<period).reversed() {
            highest = larger(memory[start + 2 * index], highest)
            lowest = smaller(memory[start + 2 * index + 1], lowest)
            memory[start + 2 * index] = highest
            memory[start + 2 * index + 1] = lowest
        }
    }

    // One instruction each; the library's `max` and `min` also order NaN, which never comes here.
    @inlinable static func larger(_ a: Double, _ b: Double) -> Double { a > b ? a : b }
    @inlinable static func smaller(_ a: Double, _ b: Double) -> Double { a < b ? a : b }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.numberOrInfinite(&highest)
        try state.numberOrInfinite(&lowest)
    }
}
