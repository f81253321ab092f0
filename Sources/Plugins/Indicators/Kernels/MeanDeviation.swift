import PluginKit
import RollingStatistics

/// Mean of the last numbers and mean distance from it. O(`period`) a number: the distance has no recursion.
struct MeanDeviationKernel: PeriodKernel {
    var ring: Ring

    init(period: Int, in layout: inout WindowLayout) { ring = Ring(period: period, in: &layout) }

    var warmUpLength: Int { ring.period }

    /// Takes a number; returns both, NaN until the window is full.
    @inline(__always)
    mutating func moments(_ value: Double, _ memory: inout MutableSpan<Double>) -> (mean: Double, deviation: Double) {
        _ = ring.push(value, &memory)
        guard ring.isFull else { return (.nan, .nan) }
        var sum = 0.0
        for index in ring.offset..<(ring.offset + ring.period) { sum += memory[index] }
        let mean = sum / Double(ring.period)
        var distances = 0.0
        for index in ring.offset..<(ring.offset + ring.period) { distances += (memory[index] - mean).magnitude }
        return (mean, distances / Double(ring.period))
    }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        moments(value, &memory).deviation
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try ring.code(&state) }
}
