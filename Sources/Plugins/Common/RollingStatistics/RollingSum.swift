public import PluginKit

/// Sum of the last `period` numbers, without drift and without subtraction.
///
/// Subtracting what leaves the window lets rounding errors pile up, and one huge number spoils the sum for good. Here the
/// window is cut into an older and a newer block of `period` numbers:
///
/// ```
/// older block:  a b c d   stored as suffix sums  a+b+c+d  b+c+d  c+d  d
/// newer block:  e f       stored as they are, and as one running sum  e+f
/// window after f:  (c+d) + (e+f)
/// ```
///
/// When the newer block is full, one backward pass turns it into suffix sums and it becomes the older one: two additions a
/// number, amortised O(1). Every sum is a sum of exactly the numbers in the window; when a blunder leaves it, it is gone. The
/// cut depends on how many numbers came since the start and on nothing else, so any chunking gives the same bits.
///
/// The numbers live in memory that the caller lends (`period` of them, from `offset`): see `MutableSpan`. Several windows
/// share one array, and its uniqueness is checked once a run instead of once a number.
@frozen public struct RollingSum: Sendable {
    /// Numbers in the window.
    public let period: Int
    /// Where its numbers begin in the lent memory.
    public let offset: Int
    @usableFromInline var head = 0
    @usableFromInline var isFull = false
    @usableFromInline var newer = 0.0

    /// Creates an empty window of 1 or more numbers.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a window has 1 number or more")
        self.period = period
        offset = layout.reserve(period)
    }

    /// Takes a usable number; returns the sum of the last `period`, NaN until there are as many.
    @inlinable @inline(__always)
    public mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        memory[offset + head] = value
        newer += value
        head += 1
        if head == period {
            Self.fold(WindowColumn(&memory, offset, period), period)
            head = 0
            newer = 0
            isFull = true
        }
        return isFull ? newer + memory[offset + head] : .nan
    }

    /// Takes numbers in a row; writes for each what `push` gives, bit for bit.
    public mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        let window = WindowColumn(&memory, offset, period)
        var index = 0
        while index < input.count {
            if head == 0, isFull, period <= twoBlocksLength, index &+ 2 &* period <= input.count {
                index = runBlocks(input, index, window, into: output)
                continue
            }
            // Up to the number that fills the block there is nothing to decide.
            let stretch = min(period - 1 - head, input.count - index)
            var sum = newer
            for step in 0..<stretch {
                let value = input[index &+ step]
                sum += value
                output[index &+ step] = sum + window[head &+ step &+ 1]
                window[head &+ step] = value
            }
            if !isFull { output.clear(index, stretch) }
            newer = sum
            head += stretch
            index += stretch
            guard index < input.count else { return }
            output[index] = push(input[index], &memory)
            index += 1
        }
    }

    /// Takes whole blocks two at a time, one in each lane: the sums of one do not wait for those of the other. Returns where it ended.
    private func runBlocks(
        _ input: NumberColumn, _ start: Int, _ window: WindowColumn, into output: NumberColumn
    ) -> Int {
        withTwoBlocks { older in
            var index = start
            while index &+ 2 &* period <= input.count {
                let other = index &+ period
                var (newest, last, lastButOne) = (Lanes.zero, Lanes.zero, Lanes.zero)
                var step = period &- 1
                while step >= 0 {
                    let values = Lanes(input[index &+ step], input[other &+ step])
                    let sum = (values + newest) + lastButOne
                    older[step] = sum
                    (newest, last, lastButOne) = (values, sum, last)
                    step &-= 1
                }
                var sum = Lanes.zero
                for step in 0..<(period &- 1) {
                    sum += Lanes(input[index &+ step], input[other &+ step])
                    let total = sum + Lanes(window[step &+ 1], older[step &+ 1].x)
                    (output[index &+ step], output[other &+ step]) = (total.x, total.y)
                }
                (output[other &- 1], output[other &+ period &- 1]) = (0 + older[0].x, 0 + older[0].y)
                for step in 0..<period { window[step] = older[step].y }
                index = other &+ period
            }
            return index
        }
    }

    // Once a block; kept out of the loop over bars, whose numbers then stay in registers.
    @usableFromInline @inline(never)
    static func fold(_ window: WindowColumn, _ period: Int) {
        // Each sum is two numbers and the sum two places on, so that it does not wait for the one just computed.
        var (newest, last, lastButOne) = (0.0, 0.0, 0.0)
        var index = period &- 1
        while index >= 0 {
            let value = window[index]
            let sum = (value + newest) + lastButOne
            window[index] = sum
            (newest, last, lastButOne) = (value, sum, last)
            index &-= 1
        }
    }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.number(&newer)
    }
}
