import PluginKit
import RollingStatistics

/// Means of the second, third and fourth power of the distance from the mean, over the last numbers.
///
/// O(`period`) a number, in two passes: sums of high powers would lose the digits that a distribution's shape is in. Equal
/// numbers give exactly 0.
struct CentralMoments: Sendable {
    private var ring: Ring

    init(period: Int, in layout: inout WindowLayout) { ring = Ring(period: period, in: &layout) }

    /// Numbers in the window.
    var period: Int { ring.period }

    /// Takes a number; returns the three means, NaN until the window is full.
    mutating func push(
        _ value: Double, _ memory: inout MutableSpan<Double>
    ) -> (second: Double, third: Double, fourth: Double) {
        _ = ring.push(value, &memory)
        guard ring.isFull else { return (.nan, .nan, .nan) }
        let places = ring.offset..<(ring.offset + period)
        var sum = 0.0
        for index in places { sum += memory[index] - value }
        let mean = sum / Double(period)
        var powers = (second: 0.0, third: 0.0, fourth: 0.0)
        for index in places {
            let distance = memory[index] - value - mean
            let square = distance * distance
            powers.second += square
            powers.third += square * distance
            powers.fourth += square * square
        }
        return (powers.second / Double(period), powers.third / Double(period), powers.fourth / Double(period))
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try ring.code(&state) }
}
