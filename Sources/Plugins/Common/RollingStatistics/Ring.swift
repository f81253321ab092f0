public import PluginKit

/// The last `period` numbers in order; gives back the one that leaves. For lags, momentum and rates of change.
@frozen public struct Ring: Sendable {
    /// Numbers in the ring.
    public let period: Int
    /// Where its numbers begin in the lent memory.
    public let offset: Int
    @usableFromInline var head = 0
    @usableFromInline var isFilled = false

    /// Creates an empty ring of 1 or more numbers.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a ring has 1 number or more")
        self.period = period
        offset = layout.reserve(period)
    }

    /// Whether as many numbers came as it holds.
    @inlinable public var isFull: Bool { isFilled }

    /// Takes a number; returns the one pushed `period` pushes ago, NaN where there was none.
    @inlinable @inline(__always)
    public mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let leaving = isFilled ? memory[offset + head] : .nan
        memory[offset + head] = value
        head += 1
        if head == period {
            head = 0
            isFilled = true
        }
        return leaving
    }

    /// Returns one of the numbers of a full ring: 0 is the oldest, `period - 1` the newest.
    @inlinable @inline(__always)
    public func value(_ index: Int, _ memory: borrowing MutableSpan<Double>) -> Double {
        let place = head + index
        return memory[offset + (place < period ? place : place - period)]
    }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFilled)
    }
}
