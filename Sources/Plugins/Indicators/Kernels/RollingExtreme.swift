import PluginKit
import RollingStatistics

/// Highest or lowest of the last numbers and how long ago it was; of equal ones the newest, or the oldest.
///
/// Cut into an older and a newer block as in `RollingSum`, with the better of two for the sum: amortised O(1), and free of the
/// badly predicted branches of a monotonic queue. Beside each value its place in the block is kept.
struct RollingExtreme: Sendable {
    /// Which of both.
    enum Side: Sendable {
        case highest, lowest
    }

    /// Which of equal ones counts.
    enum Tie: Sendable {
        case newest, oldest
    }

    private let tie: Tie
    /// Numbers in the window.
    let period: Int
    private let offset: Int
    /// 1 where the highest counts, -1 where the lowest does: what is kept are numbers times this, of which the highest counts.
    private let sign: Double
    private var head = 0
    private var isFull = false
    /// The best number of the newer block, and its place in it.
    private var best = Extreme.none

    /// A number and its place.
    private struct Extreme {
        var number: Double
        var place: Double

        static let none = Extreme(number: -.infinity, place: 0)

        /// This one where it takes the place of an older one, else that. Two selections that differ, and no branch: which of both
        /// it is cannot be predicted.
        @inline(__always)
        func better(than older: Extreme, _ tie: Tie) -> Extreme {
            let wins = tie == .newest ? number >= older.number : number > older.number
            return Extreme(
                number: number > older.number ? number : older.number, place: wins ? place : older.place)
        }
    }

    init(_ side: Side, period: Int, keeps tie: Tie = .newest, in layout: inout WindowLayout) {
        self.tie = tie
        self.period = period
        sign = side == .highest ? 1 : -1
        offset = layout.reserve(2 * period)
    }

    /// Takes a usable number; returns the extreme and its age in numbers, NaN until the window is full.
    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> (value: Double, age: Double) {
        let window = WindowColumn(&memory, offset, 2 * period)
        best = Extreme(number: sign * value, place: Double(head)).better(than: best, tie)
        window[2 * head] = sign * value
        head += 1
        if head == period { finishBlock(window) }
        // The place of this number, counted from the beginning of the newer block: -1 where it finished the older one.
        return isFull ? extreme(best, window, 2 * head, at: Double(head - 1)) : (.nan, .nan)
    }

    /// Takes numbers in a row; writes for each what `push` gives, bit for bit.
    mutating func run(
        _ input: NumberColumn, _ memory: inout MutableSpan<Double>, values: NumberColumn, ages: NumberColumn
    ) {
        let window = WindowColumn(&memory, offset, 2 * period)
        var index = 0
        while index < input.count {
            let stretch = min(period - 1 - head, input.count - index)
            var (best, now) = (best, Double(head))
            for step in 0..<stretch {
                let place = 2 &* (head &+ step)
                best = Extreme(number: sign * input[index &+ step], place: now).better(than: best, tie)
                window[place] = sign * input[index &+ step]
                (values[index &+ step], ages[index &+ step]) = extreme(best, window, place &+ 2, at: now)
                now += 1
            }
            if !isFull {
                values.clear(index, stretch)
                ages.clear(index, stretch)
            }
            self.best = best
            head += stretch
            index += stretch
            guard index < input.count else { return }
            (values[index], ages[index]) = push(input[index], &memory)
            index += 1
        }
    }

    /// The better of the newer block's best and of what is left of the older one, and its age.
    @inline(__always)
    private func extreme(
        _ newer: Extreme, _ window: WindowColumn, _ place: Int, at now: Double
    ) -> (value: Double, age: Double) {
        let older = Extreme(number: window[place], place: window[place &+ 1] - Double(period))
        let found = newer.better(than: older, tie)
        return (sign * found.number, now - found.place)
    }

    /// Turns the full block into the older one: at each place the best from there on.
    @inline(never)
    private mutating func finishBlock(_ window: WindowColumn) {
        var best = Extreme.none
        var place = Double(period)
        for index in (0..<period).reversed() {
            place -= 1
            // Going back, the newer one is what was found so far.
            best = best.better(than: Extreme(number: window[2 &* index], place: place), tie)
            window[2 &* index] = best.number
            window[2 &* index &+ 1] = best.place
        }
        self.best = Extreme.none
        (head, isFull) = (0, true)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.flag(&isFull)
        try state.numberOrInfinite(&best.number)
        try state.number(&best.place, in: 0...Double(period))
    }
}
