public import PluginKit

/// Mean of the last `period` numbers with weights 1 (oldest) ... `period` (newest); no drift, no subtraction.
///
/// Cut into an older and a newer block as in `RollingSum`. With `m` numbers left of the older block and `k` of the newer:
///
/// ```
/// sum = sum over older (1 ... m) * a  +  sum over newer (m + 1 ... m + k) * b
///     = suffix[k]                     +  m * (sum of b)  +  sum of (1 ... k) * b
/// ```
///
/// `suffix[k] = suffix[k + 1] + (sum of a from k on)`: one backward pass a block, amortised O(1). The weights are divided by
/// their total beforehand, so nothing overflows.
@frozen public struct RollingWeightedMean: Sendable {
    /// Numbers in the window.
    public let period: Int
    /// Where its numbers begin in the lent memory.
    public let offset: Int
    @usableFromInline let unit: Double
    @usableFromInline var head = 0
    @usableFromInline var isFull = false
    @usableFromInline var newer = 0.0
    @usableFromInline var newerWeighted = 0.0

    /// Creates an empty window of 1 or more numbers.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a window has 1 number or more")
        self.period = period
        offset = layout.reserve(period)
        unit = 2 / (Double(period) * Double(period + 1))
    }

    /// Takes a usable number; returns the weighted mean of the last `period`, NaN until there are as many.
    @inlinable @inline(__always)
    public mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        memory[offset + head] = value
        head += 1
        newer += value
        newerWeighted += Double(head) * unit * value
        if head == period {
            Self.fold(WindowColumn(&memory, offset, period), period, unit)
            head = 0
            newer = 0
            newerWeighted = 0
            isFull = true
        }
        return isFull ? memory[offset + head] + (Double(period - head) * unit * newer + newerWeighted) : .nan
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
            let stretch = min(period - 1 - head, input.count - index)
            var (sum, weighted, place) = (newer, newerWeighted, Double(head))
            let count = Double(period)
            for step in 0..<stretch {
                let value = input[index &+ step]
                place += 1
                sum += value
                weighted += place * unit * value
                output[index &+ step] = window[head &+ step &+ 1] + ((count - place) * unit * sum + weighted)
                window[head &+ step] = value
            }
            if !isFull { output.clear(index, stretch) }
            (newer, newerWeighted) = (sum, weighted)
            head += stretch
            index += stretch
            guard index < input.count else { return }
            output[index] = push(input[index], &memory)
            index += 1
        }
    }

    /// Takes whole blocks two at a time, one in each lane, as `RollingSum`. Returns where it ended.
    private func runBlocks(
        _ input: NumberColumn, _ start: Int, _ window: WindowColumn, into output: NumberColumn
    ) -> Int {
        withTwoBlocks { older in
            var index = start
            while index &+ 2 &* period <= input.count {
                let other = index &+ period
                var (sum, weighted) = (Lanes.zero, Lanes.zero)
                var step = period &- 1
                while step >= 0 {
                    sum += Lanes(input[index &+ step], input[other &+ step])
                    weighted += sum * unit
                    older[step] = weighted
                    step &-= 1
                }
                (sum, weighted) = (Lanes.zero, Lanes.zero)
                var place = 0.0
                let count = Double(period)
                for step in 0..<(period &- 1) {
                    let values = Lanes(input[index &+ step], input[other &+ step])
                    place += 1
                    sum += values
                    weighted += (place * unit) * values
                    let total =
                        Lanes(window[step &+ 1], older[step &+ 1].x) + (((count - place) * unit) * sum + weighted)
                    (output[index &+ step], output[other &+ step]) = (total.x, total.y)
                }
                (output[other &- 1], output[other &+ period &- 1]) = (older[0].x + 0, older[0].y + 0)
                for step in 0..<period { window[step] = older[step].y }
                index = other &+ period
            }
            return index
        }
    }

    @usableFromInline @inline(never)
    static func fold(_ window: WindowColumn, _ period: Int, _ unit: Double) {
        var sum = 0.0
        var weighted = 0.0
        var index = period &- 1
        while index >= 0 {
            sum += window[index]
            weighted += sum * unit
            window[index] = weighted
            index &-= 1
        }
    }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.number(&newer)
        try state.number(&newerWeighted)
    }
}
