import PluginKit
import RollingStatistics

/// The last numbers in order of size: for quantiles and ranks.
///
/// A number that comes takes the place of the one that leaves; those between both move up or down by one. Places are found
/// by counting what is below: over windows of the usual lengths that is faster than a search, whose branches nobody can
/// predict.
struct OrderedWindow: Sendable {
    private var ring: Ring
    private let offset: Int
    private var count = 0

    init(period: Int, in layout: inout WindowLayout) {
        ring = Ring(period: period, in: &layout)
        offset = layout.reserve(period)
    }

    /// Numbers in the window.
    var period: Int { ring.period }

    /// Whether as many numbers came as it holds.
    var isFull: Bool { ring.isFull }

    /// Takes a usable number.
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) {
        let order = WindowColumn(&memory, offset, period)
        let leaving = ring.push(value, &memory)
        let place = order.count(count) { $0 < value }
        if count < period {
            order.move(place..<count, by: 1)
            count += 1
            order[place] = value
            return
        }
        let hole = min(order.count(count) { $0 < leaving }, period - 1)
        if place <= hole {
            order.move(place..<hole, by: 1)
            order[place] = value
        } else {
            order.move((hole + 1)..<place, by: -1)
            order[place - 1] = value
        }
    }

    /// Returns the number at a place: 0 is the smallest, `period - 1` the largest.
    func value(_ place: Int, _ memory: borrowing MutableSpan<Double>) -> Double { memory[offset + place] }

    /// Returns how many are below a number.
    func count(below value: Double, _ memory: borrowing MutableSpan<Double>) -> Int {
        bound(memory) { $0 < value }
    }

    /// Returns how many are at or below a number.
    func count(upTo value: Double, _ memory: borrowing MutableSpan<Double>) -> Int {
        bound(memory) { $0 <= value }
    }

    /// Returns the value that a share of a full window lies at or below, on the line between two numbers.
    func quantile(_ share: Double, _ memory: borrowing MutableSpan<Double>) -> Double {
        let place = share * Double(period - 1)
        let below = value(Int(place), memory)
        guard place > place.rounded(.down) else { return below }
        return below + (place - place.rounded(.down)) * (value(Int(place) + 1, memory) - below)
    }

    /// Returns the share of a full window that lies at or below a number of it; of equal ones the middle.
    func rank(_ value: Double, _ memory: borrowing MutableSpan<Double>) -> Double {
        let below = Double(count(below: value, memory))
        let equal = Double(count(upTo: value, memory)) - below
        return (below + (equal + 1) / 2) / Double(period)
    }

    @inline(__always)
    private func bound(_ memory: borrowing MutableSpan<Double>, _ isBefore: (Double) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(memory[offset + middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try ring.code(&state)
        try state.count(&count, in: 0...period)
    }
}
