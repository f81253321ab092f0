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

    /// Takes numbers in a row; writes for each what `push` gives.
    public mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        let window = WindowColumn(&memory, offset, period)
        var index = 0
        while index < input.count {
            let stretch = min(period - head, input.count - index)
            for step in 0..<stretch {
                let value = input[index &+ step]
                output[index &+ step] = window[head &+ step]
                window[head &+ step] = value
            }
            if !isFilled { output.clear(index, stretch) }
            head += stretch
            index += stretch
            if head == period { (head, isFilled) = (0, true) }
        }
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
