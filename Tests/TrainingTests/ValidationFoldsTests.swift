import HostCore
import PluginKit
import PredictionTargets
import Testing

@testable import HostTraining

struct ValidationFoldsTests {
    private func rows(_ bars: [Bar], _ target: Target = Target(.relativeReturn, bars: 3)) throws -> [SupervisedSet.Row]
    {
        try supervised(bars, try features(), columns: [0], target: target).rows
    }

    /// Rows at days 1...n with labels that end `horizon` days later.
    private func plainRows(_ count: Int, horizon: Int) -> [SupervisedSet.Row] {
        (1...count).map {
            SupervisedSet.Row(
                time: Int64($0), labelEnd: Int64($0 + horizon), instrument: id(0), label: 0, trailing: 0)
        }
    }

    @Test func foldsByHand() throws {
        let folds = ValidationScheme(folds: 2, embargo: 1, minTrain: 1).folds(of: plainRows(10, horizon: 2))
        // Stretches of three times: 1-3, 4-6, 7-10. Purge leaves labels that end before 4 and 7; embargo leaves out 3 and 6.
        #expect(folds.map(\.train) == [[0], [0, 1, 2, 3]])
        #expect(folds.map(\.test) == [[3, 4, 5], [6, 7, 8, 9]])
        #expect(folds.map(\.validAfter) == [3, 6])
        #expect(folds.map(\.validThrough) == [6, 10])
    }

    @Test func theEmbargoLeavesOutTimesBeforeTheTest() throws {
        for embargo in 0...4 {
            let folds = ValidationScheme(folds: 2, embargo: embargo, minTrain: 1).folds(of: plainRows(30, horizon: 1))
            let gaps = folds.map { $0.test[0] - ($0.train.last ?? 0) - 1 }
            // One row is purged in any case: its label ends at the test's start.
            #expect(gaps == [max(1, embargo), max(1, embargo)])
        }
    }

    @Test(arguments: 1...8)
    func noRowIsLearnedFromWhoseLabelReachesTheTest(seed: Int) throws {
        let rows = try rows(walks(instruments: 1 + seed % 5, days: 120, seed: UInt64(seed)))
        let scheme = ValidationScheme(folds: 2 + seed % 4, embargo: seed % 3, minTrain: 5)
        let folds = scheme.folds(of: rows)
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
        #expect(ValidationScheme(folds: 3, embargo: 0, minTrain: 9).folds(of: rows).count == 3)
        #expect(ValidationScheme(folds: 3, embargo: 0, minTrain: 10).folds(of: rows).count == 2)
        #expect(ValidationScheme(folds: 3, embargo: 0, minTrain: 100).folds(of: rows).isEmpty)
        #expect(ValidationScheme(folds: 3, embargo: 30, minTrain: 1).folds(of: rows).isEmpty)
        #expect(ValidationScheme(folds: 3, embargo: 0, minTrain: 1).folds(of: []).isEmpty)
        #expect(ValidationScheme(folds: 50, embargo: 0, minTrain: 1).folds(of: rows).isEmpty)
    }

    @Test func aRollingWindowForgetsWhatIsOlder() {
        let rows = plainRows(60, horizon: 1)
        let folds = ValidationScheme(.rolling, folds: 3, window: 12, embargo: 2, minTrain: 1).folds(of: rows)
        #expect(folds.map(\.train) == [Array(1..<13), Array(16..<28), Array(31..<43)])
        #expect(folds.map(\.test) == [Array(15..<30), Array(30..<45), Array(45..<60)])
        // As long as all there is, it is the walk forward.
        let walk = ValidationScheme(folds: 3, embargo: 2, minTrain: 1).folds(of: rows)
        let long = ValidationScheme(.rolling, folds: 3, window: 1_000, embargo: 2, minTrain: 1).folds(of: rows)
        #expect(long.map(\.train) == walk.map(\.train) && long.map(\.test) == walk.map(\.test))
    }

    @Test func aPurgedFoldByHand() {
        let folds = ValidationScheme(.purgedKFold, folds: 3, embargo: 1, minTrain: 1).folds(
            of: plainRows(12, horizon: 2))
        // Stretches of four times. Of the middle one, times 5-8: labels of 3 and 4 end in it, its own need 9 and 10.
        #expect(folds.map(\.test) == [Array(0..<4), Array(4..<8), Array(8..<12)])
        #expect(folds.map(\.train) == [Array(6..<12), [0, 1, 10, 11], Array(0..<6)])
    }

    /// Of the definition: no row is learned from whose time until its label meets that of a row that is tested.
    @Test(arguments: ValidationScheme.Kind.allCases, 1...4)
    func noRowIsLearnedFromThatOverlapsATest(kind: ValidationScheme.Kind, seed: Int) throws {
        let rows = try rows(walks(instruments: 1 + seed, days: 120, seed: UInt64(seed)))
        let scheme = ValidationScheme(kind, folds: 5, tested: 2, window: 40, embargo: seed - 1, minTrain: 5)
        let folds = scheme.folds(of: rows)
        #expect(folds.count == scheme.tests || kind.isForward)
        var tested = Array(repeating: 0, count: rows.count)
        for fold in folds {
            let train = fold.train.map { rows[$0].time...rows[$0].labelEnd }
            let spans = Set(fold.test.map { rows[$0].time...rows[$0].labelEnd })
            #expect(train.allSatisfy { one in !spans.contains { $0.overlaps(one) } })
            let times = Set(rows.map(\.time)).sorted()
            let places = Set(fold.test.compactMap { times.firstIndex(of: rows[$0].time) })
            #expect(
                fold.train.allSatisfy { row in
                    guard let place = times.firstIndex(of: rows[row].time) else { return false }
                    return places.allSatisfy { abs($0 - place) > scheme.embargo }
                })
            for row in fold.test { tested[row] += 1 }
        }
        guard !kind.isForward else { return }
        // Each row is tested as often as its stretch is chosen: 4 of the 10 pairs, or once.
        #expect(Set(tested) == [kind == .combinatorial ? 4 : 1])
    }

    @Test func testsAreCounted() {
        #expect(ValidationScheme(.combinatorial, folds: 6, tested: 2, embargo: 0, minTrain: 1).tests == 15)
        #expect(ValidationScheme(.combinatorial, folds: 10, tested: 5, embargo: 0, minTrain: 1).tests == 252)
        #expect(ValidationScheme(.combinatorial, folds: 50, tested: 25, embargo: 0, minTrain: 1).tests > 200)
        #expect(ValidationScheme(folds: 5, embargo: 0, minTrain: 1).tests == 5)
    }
}
