import PluginKit
import RollingStatistics
import Testing

/// The windows of `RollingStatistics` against the plain computation over the numbers in the window.
@Suite struct KernelTests {
    private static let numbers: [Double] = {
        // Fixed pseudo-random numbers of mixed size and sign.
        var state: UInt64 = 7
        return (0..<500).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) / 0x1p53 - 0.5) * (state % 3 == 0 ? 1_000 : 1)
        }
    }()

    /// Calls `body` for each number that ends a full window, with the window's numbers.
    private func eachWindow(_ period: Int, _ body: (Int, ArraySlice<Double>) -> Void) {
        for end in (period - 1)..<Self.numbers.count { body(end, Self.numbers[(end + 1 - period)...end]) }
    }

    private func push<Result>(
        _ count: Int, _ step: (Double, inout MutableSpan<Double>) -> Result
    ) -> [Result] {
        var memory = [Double](repeating: .nan, count: count)
        var windows = memory.mutableSpan
        return Self.numbers.map { step($0, &windows) }
    }

    @Test(arguments: [1, 2, 3, 19, 100, 499]) func sumIsThatOfTheWindow(period: Int) {
        var layout = WindowLayout()
        _ = layout.reserve(3)
        var window = RollingSum(period: period, in: &layout)
        let found = push(layout.count) { window.push($0, &$1) }
        #expect(found[..<(period - 1)].allSatisfy { $0.isNaN })
        eachWindow(period) { end, slice in
            #expect((found[end] - slice.reduce(0, +)).magnitude < 1e-9)
        }
    }

    @Test(arguments: [1, 2, 3, 19, 100, 499]) func weightedMeanIsThatOfTheWindow(period: Int) {
        var layout = WindowLayout()
        _ = layout.reserve(1)
        var window = RollingWeightedMean(period: period, in: &layout)
        let found = push(layout.count) { window.push($0, &$1) }
        #expect(found[..<(period - 1)].allSatisfy { $0.isNaN })
        let total = Double(period * (period + 1) / 2)
        eachWindow(period) { end, slice in
            let sum = slice.enumerated().map { Double($0 + 1) * $1 }.reduce(0, +)
            #expect((found[end] - sum / total).magnitude < 1e-9)
        }
    }

    @Test(arguments: [1, 2, 3, 19, 100, 499]) func momentsAreThoseOfTheWindow(period: Int) {
        var layout = WindowLayout()
        _ = layout.reserve(2)
        var window = RollingMoments(period: period, in: &layout)
        let found = push(layout.count) { window.push($0, &$1) }
        #expect(found[..<(period - 1)].allSatisfy { $0.mean.isNaN && $0.squares.isNaN })
        eachWindow(period) { end, slice in
            let mean = slice.reduce(0, +) / Double(period)
            let squares = slice.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
            #expect((found[end].mean - mean).magnitude < 1e-9)
            #expect((found[end].squares - squares).magnitude <= 1e-9 * squares)
            #expect(found[end].squares >= 0)
        }
    }

    @Test(arguments: [1, 2, 3, 19, 100, 499]) func rangeIsThatOfTheWindow(period: Int) {
        var layout = WindowLayout()
        _ = layout.reserve(5)
        var window = RollingRange(period: period, in: &layout)
        let found = push(layout.count) { window.push(high: $0 + 1, low: $0 - 1, &$1) }
        #expect(found[..<(period - 1)].allSatisfy { $0.highest.isNaN && $0.lowest.isNaN })
        eachWindow(period) { end, slice in
            #expect(found[end].highest - 1 == slice.max().map { $0 + 1 - 1 })
            #expect(found[end].lowest + 1 == slice.min().map { $0 - 1 + 1 })
        }
    }

    @Test(arguments: [1, 2, 20]) func ringGivesBackWhatLeaves(period: Int) throws {
        var layout = WindowLayout()
        var ring = Ring(period: period, in: &layout)
        let found = push(layout.count) { ring.push($0, &$1) }
        #expect(found[..<period].allSatisfy { $0.isNaN })
        #expect(Array(found[period...]) == Array(Self.numbers.dropLast(period)))
        var writing = StateCoder(writingTo: StateWriter())
        try ring.code(&writing)
        var other = Ring(period: period, in: &layout)
        var reading = StateCoder(readingFrom: StateReader(writing.writer.bytes))
        try other.code(&reading)
        var again = StateCoder(writingTo: StateWriter())
        try other.code(&again)
        #expect(again.writer.bytes == writing.writer.bytes)
    }

    @Test func averageFallsToZeroAndNeverIntoSubnormalNumbers() {
        var average = ExponentialAverage(wilder: 3)
        for _ in 0..<3 { _ = average.push(1) }
        let values = (0..<5_000).map { _ in average.push(0) }
        #expect(values.last == 0)
        #expect(!values.contains { $0.isSubnormal })
    }

    @Test func trueRangeReachesBackToTheCloseBefore() {
        var range = TrueRange()
        #expect(range.push(high: 11, low: 9, close: 10).isNaN)
        #expect(range.push(high: 16, low: 14, close: 15) == 6)
        #expect(range.push(high: 8, low: 7, close: 8) == 8)
        #expect(range.push(high: 12, low: 6, close: 7) == 6)
    }

    @Test func onlyFiniteNumbersOfSensibleSizeAreUsable() {
        #expect([0, -1, 1e300, -1e300, Double.leastNonzeroMagnitude].allSatisfy { $0.isUsable })
        #expect(![Double.nan, .infinity, -.infinity, 1e302].contains { $0.isUsable })
    }
}
