import PluginKit
import RollingStatistics

/// Highest or lowest of the last numbers and how long ago it was; of equal ones the newest, or the oldest.
///
/// A queue of the numbers that can still become the extreme, best first: a new number drives out all that are not better.
/// Amortised O(1). The queue lies in the lent memory: value and position of each, in a ring of `period` places.
struct RollingExtreme: Sendable {
    /// Which of both.
    enum Side: Sendable {
        case highest, lowest
    }

    /// Which of equal ones counts.
    enum Tie: Sendable {
        case newest, oldest
    }

    let side: Side
    private let tie: Tie
    /// Numbers in the window.
    let period: Int
    private let offset: Int
    private var head = 0
    private var count = 0
    private var seen = 0

    init(_ side: Side, period: Int, keeps tie: Tie = .newest, in layout: inout WindowLayout) {
        self.side = side
        self.tie = tie
        self.period = period
        offset = layout.reserve(2 * period)
    }

    /// Takes a usable number; returns the extreme and its age in numbers, NaN until the window is full.
    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> (value: Double, age: Double) {
        // Positions wrap round, so that a state can live for ever: two periods are enough to tell ages apart.
        let position = seen % (2 * period)
        if count > 0, age(at: 0, position, memory) >= period { dropFirst() }
        while count > 0, isBeaten(memory[place(count - 1)], by: value) { count -= 1 }
        if count == period { dropFirst() }
        memory[place(count)] = value
        memory[place(count) + 1] = Double(position)
        count += 1
        seen += 1
        if seen >= 4 * period { seen -= 2 * period }
        guard seen >= period else { return (.nan, .nan) }
        return (memory[place(0)], Double(age(at: 0, position, memory)))
    }

    private func isBeaten(_ old: Double, by new: Double) -> Bool {
        if new == old { return tie == .newest }
        return side == .highest ? new > old : new < old
    }

    private func place(_ index: Int) -> Int {
        let slot = head + index
        return offset + 2 * (slot < period ? slot : slot - period)
    }

    private func age(at index: Int, _ position: Int, _ memory: borrowing MutableSpan<Double>) -> Int {
        // A damaged snapshot can hold any number here.
        let stored = Int(exactly: memory[place(index) + 1]) ?? position
        let age = position - max(0, min(stored, 2 * period - 1))
        return age < 0 ? age + 2 * period : age
    }

    private mutating func dropFirst() {
        head = head + 1 == period ? 0 : head + 1
        count -= 1
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&head, in: 0...(period - 1))
        try state.count(&count, in: 0...period)
        try state.count(&seen, in: 0...(4 * period - 1))
    }
}
