public import PluginKit

/// Mean and spread of a window.
@frozen public struct Moments: Sendable {
    /// Arithmetic mean.
    public let mean: Double
    /// Sum of squared deviations from the mean; 0 or more, NaN where the squares are beyond what a `Double` holds.
    public let squares: Double

    /// Creates moments.
    @inlinable public init(mean: Double, squares: Double) {
        self.mean = mean
        self.squares = squares
    }
}

/// Mean and variance of the last `period` numbers: safe for constant and for large numbers, never negative.
///
/// `mean(x^2) - mean(x)^2` loses every digit when the numbers are large and close together. Here sums run over `x - c`, where
/// `c` is a number that lies in the window. Then `sum (x - c)^2 <= (period + 1) * sum (x - mean)^2`, so the subtraction
/// at the end costs at most a factor of `period + 1` in relative precision, whatever the numbers are; equal numbers give
/// exactly 0. The window is cut into an older and a newer block as in `RollingSum`; `c` is the last number of the older
/// block, which is the last of it to leave the window, and then the next block takes over. Amortised O(1).
///
/// Numbers more than about 1e153 apart overflow when squared: `squares` is NaN until they left the window.
@frozen public struct RollingMoments: Sendable {
    /// Numbers in the window.
    public let period: Int
    /// Where its numbers begin in the lent memory; it takes two for each in the window.
    public let offset: Int
    @usableFromInline let share: Double
    @usableFromInline var head = 0
    @usableFromInline var isFull = false
    @usableFromInline var shift = 0.0
    @usableFromInline var newer = 0.0
    @usableFromInline var newerSquares = 0.0

    /// Creates an empty window of 1 or more numbers.
    public init(period: Int, in layout: inout WindowLayout) {
        precondition(period >= 1, "a window has 1 number or more")
        self.period = period
        offset = layout.reserve(2 * period)
        share = 1 / Double(period)
    }

    /// Takes a usable number; returns the moments of the last `period`, NaN until there are as many.
    @inlinable @inline(__always)
    public mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Moments {
        memory[offset + head] = value
        let deviation = value - shift
        newer += deviation
        newerSquares += deviation * deviation
        head += 1
        if head == period {
            shift = value
            Self.fold(WindowColumn(&memory, offset, 2 * period), period, shift)
            head = 0
            newer = 0
            newerSquares = 0
            isFull = true
        }
        guard isFull else { return Moments(mean: .nan, squares: .nan) }
        return moments(newer + memory[offset + head], newerSquares + memory[offset + period + head], shift)
    }

    /// Takes numbers in a row; writes for each the moments that `push` gives, bit for bit.
    public mutating func run(
        _ input: NumberColumn, _ memory: inout MutableSpan<Double>, means: NumberColumn, squares: NumberColumn
    ) {
        let window = WindowColumn(&memory, offset, 2 * period)
        var index = 0
        while index < input.count {
            if head == 0, isFull, period <= twoBlocksLength, index &+ 2 &* period <= input.count {
                index = runBlocks(input, index, window, means, squares)
                continue
            }
            let stretch = min(period - 1 - head, input.count - index)
            var (sum, sumOfSquares) = (newer, newerSquares)
            for step in 0..<stretch {
                let deviation = input[index &+ step] - shift
                sum += deviation
                sumOfSquares += deviation * deviation
                means[index &+ step] = sum
                squares[index &+ step] = sumOfSquares
            }
            // What a number does not have to wait for, in a loop of its own that takes several at once.
            for step in 0..<stretch {
                let place = head &+ step &+ 1
                means[index &+ step] += window[place]
                squares[index &+ step] += window[period &+ place]
            }
            finish(index..<(index &+ stretch), shift, means, squares)
            window.take(head, stretch, from: input, index)
            if !isFull {
                means.clear(index, stretch)
                squares.clear(index, stretch)
            }
            (newer, newerSquares) = (sum, sumOfSquares)
            head += stretch
            index += stretch
            guard index < input.count else { return }
            let moments = push(input[index], &memory)
            means[index] = moments.mean
            squares[index] = moments.squares
            index += 1
        }
    }

    /// Takes whole blocks two at a time, one in each lane, as `RollingSum`. Returns where it ended.
    private mutating func runBlocks(
        _ input: NumberColumn, _ start: Int, _ window: WindowColumn, _ means: NumberColumn, _ squares: NumberColumn
    ) -> Int {
        withTwoBlocks { older in
            withTwoBlocks { olderSquares in
                var index = start
                while index &+ 2 &* period <= input.count {
                    takeTwoBlocks(input, index, window, (older, olderSquares), means, squares)
                    index &+= 2 &* period
                }
                return index
            }
        }
    }

    @inline(__always)
    private mutating func takeTwoBlocks(
        _ input: NumberColumn, _ index: Int, _ window: WindowColumn, _ older: (sums: LaneColumn, squares: LaneColumn),
        _ means: NumberColumn, _ squares: NumberColumn
    ) {
        let other = index &+ period
        let ends = Lanes(input[other &- 1], input[other &+ period &- 1])
        let shifts = Lanes(shift, ends.x)
        var (sum, sumOfSquares) = (Lanes.zero, Lanes.zero)
        var step = period &- 1
        while step >= 0 {
            let deviations = Lanes(input[index &+ step], input[other &+ step]) - ends
            sum += deviations
            sumOfSquares += deviations * deviations
            (older.sums[step], older.squares[step]) = (sum, sumOfSquares)
            step &-= 1
        }
        (sum, sumOfSquares) = (Lanes.zero, Lanes.zero)
        for step in 0..<(period &- 1) {
            let deviations = Lanes(input[index &+ step], input[other &+ step]) - shifts
            sum += deviations
            sumOfSquares += deviations * deviations
            let total = sum + Lanes(window[step &+ 1], older.sums[step &+ 1].x)
            let squared = sumOfSquares + Lanes(window[period &+ step &+ 1], older.squares[step &+ 1].x)
            (means[index &+ step], means[other &+ step]) = (total.x, total.y)
            (squares[index &+ step], squares[other &+ step]) = (squared.x, squared.y)
        }
        (means[other &- 1], means[other &+ period &- 1]) = (0 + older.sums[0].x, 0 + older.sums[0].y)
        (squares[other &- 1], squares[other &+ period &- 1]) = (0 + older.squares[0].x, 0 + older.squares[0].y)
        finish(index..<(other &- 1), shifts.x, means, squares)
        finish((other &- 1)..<(other &+ period &- 1), shifts.y, means, squares)
        finish((other &+ period &- 1)..<(other &+ period), ends.y, means, squares)
        for step in 0..<period {
            (window[step], window[period &+ step]) = (older.sums[step].y, older.squares[step].y)
        }
        shift = ends.y
    }

    /// Turns sums over distances from a shift into moments.
    @inline(__always)
    private func finish(_ range: Range<Int>, _ shift: Double, _ means: NumberColumn, _ squares: NumberColumn) {
        for index in range {
            let moments = moments(means[index], squares[index], shift)
            (means[index], squares[index]) = (moments.mean, moments.squares)
        }
    }

    /// The moments of sums over distances from a shift.
    @inlinable @inline(__always)
    func moments(_ sum: Double, _ sumOfSquares: Double, _ shift: Double) -> Moments {
        let mean = sum * share
        let squares = (sumOfSquares - sum * mean).orUndefined
        return Moments(mean: shift + mean, squares: squares <= 0 ? 0 : squares)
    }

    @usableFromInline @inline(never)
    static func fold(_ window: WindowColumn, _ period: Int, _ shift: Double) {
        var sum = 0.0
        var squares = 0.0
        var index = period &- 1
        while index >= 0 {
            let deviation = window[index] - shift
            sum += deviation
            squares += deviation * deviation
            window[index] = sum
            window[period &+ index] = squares
            index &-= 1
        }
    }

    /// Codes everything but the lent memory.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.number(&shift)
        try state.number(&newer)
        try state.numberOrInfinite(&newerSquares)
    }
}
