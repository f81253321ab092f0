import HostCore
import PluginKit
import Testing

@testable import HostTraining

struct WalkForwardTests {
    private func rows(_ bars: [Bar], _ target: Target = .futureReturn(bars: 3)) throws -> [SupervisedSet.Row] {
        SupervisedSet(bars: bars, plan: try features(), columns: [0], target: target).rows
    }

    /// Rows at days 1...n with labels that end `horizon` days later.
    private func plainRows(_ count: Int, horizon: Int) -> [SupervisedSet.Row] {
        (1...count).map {
            SupervisedSet.Row(
                time: Int64($0), labelEnd: Int64($0 + horizon), instrument: id(0), label: 0, trailing: 0)
        }
    }

    @Test func foldsByHand() throws {
        let folds = WalkForward(folds: 2, embargo: 1, minTrain: 1).split(plainRows(10, horizon: 2))
        // Stretches of three times: 1-3, 4-6, 7-10. Purge leaves labels that end before 4 and 7; embargo leaves out 3 and 6.
        #expect(folds.map(\.train) == [[0], [0, 1, 2, 3]])
        #expect(folds.map(\.test) == [[3, 4, 5], [6, 7, 8, 9]])
        #expect(folds.map(\.validAfter) == [3, 6])
        #expect(folds.map(\.validThrough) == [6, 10])
    }

    @Test func theEmbargoLeavesOutTimesBeforeTheTest() throws {
        for embargo in 0...4 {
            let folds = WalkForward(folds: 2, embargo: embargo, minTrain: 1).split(plainRows(30, horizon: 1))
            let gaps = folds.map { $0.test[0] - ($0.train.last ?? 0) - 1 }
            // One row is purged in any case: its label ends at the test's start.
            #expect(gaps == [max(1, embargo), max(1, embargo)])
        }
    }

    @Test(arguments: 1...8)
    func noRowIsLearnedFromWhoseLabelReachesTheTest(seed: Int) throws {
        let rows = try rows(walks(instruments: 1 + seed % 5, days: 120, seed: UInt64(seed)))
        let scheme = WalkForward(folds: 2 + seed % 4, embargo: seed % 3, minTrain: 5)
        let folds = scheme.split(rows)
        #expect(!folds.isEmpty)
        var tested: [Int] = []
        for fold in folds {
            let start = try #require(fold.test.map { rows[$0].time }.min())
            #expect(fold.train.allSatisfy { rows[$0].labelEnd < start })
            #expect(fold.train.allSatisfy { rows[$0].labelEnd <= fold.validAfter })
            #expect(fold.validAfter < start)
            #expect(fold.test.allSatisfy { rows[$0].time <= fold.validThrough })
            let times = Set(rows.map(\.time).filter { $0 < start }).sorted().suffix(scheme.embargo)
            #expect(fold.train.allSatisfy { !times.contains(rows[$0].time) })
            tested += fold.test
        }
        let first = try #require(tested.first)
        #expect(tested == Array(first...rows.count - 1))
    }

    @Test func foldsWithTooLittleToLearnFromAreLeftOut() {
        let rows = plainRows(40, horizon: 1)
        #expect(WalkForward(folds: 3, embargo: 0, minTrain: 9).split(rows).count == 3)
        #expect(WalkForward(folds: 3, embargo: 0, minTrain: 10).split(rows).count == 2)
        #expect(WalkForward(folds: 3, embargo: 0, minTrain: 100).split(rows).isEmpty)
        #expect(WalkForward(folds: 3, embargo: 30, minTrain: 1).split(rows).isEmpty)
        #expect(WalkForward(folds: 3, embargo: 0, minTrain: 1).split([]).isEmpty)
        #expect(WalkForward(folds: 50, embargo: 0, minTrain: 1).split(rows).isEmpty)
    }
}
