import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

/// Versions that share rows, compared by what was drawn.
@Suite struct SplitComparisonTests {
    private static let split = ModelSplit(
        model: "m", champion: 1, arms: [.init(2, share: 0.5)], slot: 0, sequence: 1)

    /// Rows of instruments with a loss each; of an instrument all alike, since they hang together.
    private static func rows(_ losses: [(version: Int, loss: Double)], each count: Int = 100) -> [ServedError] {
        losses.enumerated().flatMap { place, side in
            (0..<count).map {
                ServedError(
                    version: side.version, instrument: Instrument(code: "S\(place)", venue: "US"), time: Int64($0),
                    error: side.loss)
            }
        }
    }

    /// The numbers of `scipy.stats.ttest_ind` over the means of the instruments, where each has as many rows: half-width
    /// 2.7764 * sqrt(s1^2 / 5 + s2^2 / 5), by the fewer units less one.
    @Test func theSampleIsWhatWasDrawn() throws {
        let losses: [(Int, Double)] = [1, 2, 3, 4, 5].map { (1, $0) } + [2, 3, 4, 5, 6].map { (2, $0) }
        let found = SplitComparison(Self.rows(losses), Self.split, by: .absoluteError).arms
        #expect(found.map(\.version) == [1, 2] && found.map(\.rows) == [500, 500] && found.map(\.units) == [5, 5])
        #expect(found[0].loss == 3 && found[1].loss == 4 && found[0].difference == nil && found[0].verdict == nil)
        let difference = try #require(found[1].difference)
        #expect(difference.value == 1 && found[1].verdict == .open)
        #expect(abs(difference.high - 1 - 2.7764) < 0.02, "\(difference)")
        // A hundred rows of an instrument that are all alike say no more than one.
        let few = SplitComparison(Self.rows(losses, each: 1), Self.split, by: .absoluteError).arms[1].difference
        #expect(few?.high == difference.high)
    }

    @Test func aDifferenceIsTold() {
        let noise = [0.9, 1.0, 1.1, 1.05, 0.95, 1.02, 0.98, 1.0]
        let losses = noise.map { (1, $0) } + noise.map { (2, $0 * 0.8) }
        #expect(SplitComparison(Self.rows(losses), Self.split, by: .squaredError).arms[1].verdict == .better)
        let other = noise.map { (1, $0) } + noise.map { (2, $0 * 1.3) }
        #expect(SplitComparison(Self.rows(other), Self.split, by: .absoluteError).arms[1].verdict == .worse)
    }

    @Test func fewUnitsSayNothing() {
        let losses: [(Int, Double)] = [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 9), (2, 9), (2, 8), (2, 9)]
        let found = SplitComparison(Self.rows(losses), Self.split, by: .absoluteError).arms
        #expect(found[1].verdict == .tooFew && found[1].difference == nil)
        let none = SplitComparison([], Self.split, by: .absoluteError).arms
        #expect(none.map(\.loss) == [nil, nil] && none.map(\.rows) == [0, 0])
    }

    /// Where versions do not differ, 95 of 100 intervals hold 0: rows of 12 instruments with a level of their own each, drawn anew.
    @Test func noDifferenceIsSeldomTold() {
        var (state, told) = (UInt64(11), 0)
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) * 0x1p-53
        }
        for _ in 0..<400 {
            let losses = (0..<24).map { place in (place % 2 + 1, 0.5 + random() + random() + random()) }
            let arm = SplitComparison(Self.rows(losses, each: 5), Self.split, by: .absoluteError).arms[1]
            if arm.verdict == .better || arm.verdict == .worse { told += 1 }
        }
        #expect((6...34).contains(told), "\(told) of 400")
    }
}
