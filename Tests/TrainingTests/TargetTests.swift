import HostTraining
import PredictionTargets
import Testing

struct TargetTests {
    private let closes = [100.0, 102, 99, 101, 105, 104]

    @Test func aReturnIsTheChangeOverTheNextBars() {
        #expect(Target(.relativeReturn, bars: 1).label(closes, at: 0) == 102.0 / 100 - 1)
        #expect(Target(.relativeReturn, bars: 2).label(closes, at: 3) == 104.0 / 101 - 1)
        #expect(Target(.relativeReturn, bars: 2).trailing(closes, at: 2) == 99.0 / 100 - 1)
    }

    /// Golden values: numpy 2.4.6, `sqrt(mean(diff(log(closes))[i:i+2] ** 2))`.
    @Test func aVolatilityIsTheRootMeanSquareOfTheNextLogReturns() throws {
        let target = Target(.volatility, bars: 2)
        let expected = [0.025331240165530525, 0.02540891652085443, 0.030891417260676284, 0.028285217382809962]
        for (index, value) in expected.enumerated() {
            #expect(abs(try #require(target.label(closes, at: index)) - value) < 1e-15)
            #expect(abs(try #require(target.trailing(closes, at: index + 2)) - value) < 1e-15)
        }
    }

    @Test func thereIsNoLabelWithoutItsFutureAndNoTrailingWithoutItsPast() {
        #expect(Target(.relativeReturn, bars: 1).label(closes, at: 5) == nil)
        #expect(Target(.relativeReturn, bars: 3).label(closes, at: 3) == nil)
        #expect(Target(.relativeReturn, bars: 3).label(closes, at: 2) != nil)
        #expect(Target(.volatility, bars: 2).trailing(closes, at: 1) == nil)
    }

    @Test func thereIsNoLabelOverAPriceThatIsNotAboveZero() {
        let oil = [18.27, -37.63, 10.01, 13.78]
        #expect((0...2).map { Target(.relativeReturn, bars: 1).label(oil, at: $0) != nil } == [false, false, true])
        #expect(Target(.relativeReturn, bars: 2).label(oil, at: 0) == nil)
        #expect(Target(.volatility, bars: 2).trailing([1, 0, 2, 3], at: 3) == nil)
    }

    @Test func upMeansAboveZeroOrAboveTheTrailingValue() {
        #expect(Target(.relativeReturn, bars: 1).isUp(0.01, trailing: 0.5))
        #expect(!Target(.relativeReturn, bars: 1).isUp(0, trailing: -1))
        #expect(Target(.volatility, bars: 5).isUp(0.3, trailing: 0.2))
        #expect(!Target(.volatility, bars: 5).isUp(0.2, trailing: 0.2))
    }

    @Test func aDirectionIsWhetherTheCloseIsHigher() {
        let target = Target(.direction, bars: 2)
        #expect((0...3).map { target.label(closes, at: $0) } == [0, 0, 1, 1])
        #expect(target.isUp(0.51, trailing: 1) && !target.isUp(0.5, trailing: 0))
        #expect(Target(.direction, bars: 1).label([5, 5], at: 0) == 0)
    }

    @Test func aNetReturnIsWhatCostsLeave() throws {
        let target = Target(.netReturn, bars: 1, ratios: [0.025])
        let found = try (0...4).map { try #require(target.label(closes, at: $0)) }
        let expected = [0, 99.0 / 102 - 1 + 0.025, 0, 105.0 / 101 - 1 - 0.025, 0]
        for (value, golden) in zip(found, expected) { #expect(abs(value - golden) < 1e-15) }
    }

    @Test func aTripleBarrierIsWhetherTheGainComesFirst() {
        let target = Target(.tripleBarrier, bars: 3, ratios: [0.03, 0.02])
        // From 100: 102, 99, 101 reach neither; from 102: 99 is the loss; from 99: 105 is the gain.
        #expect((0...2).map { target.label(closes, at: $0) } == [0, 0, 1])
        #expect(target.label(closes, at: 3) == nil)
        // The gain after the loss does not count.
        #expect(Target(.tripleBarrier, bars: 3).label([100, 97, 103, 104], at: 0) == 0)
        #expect(Target(.tripleBarrier, bars: 3).label([100, 103, 97, 96], at: 0) == 1)
    }

    @Test func aRankIsWhereAReturnStandsAmongAll() {
        let all = [0.01, -0.02, 0.01, 0.05, 0.03]
        let target = Target(.rank, bars: 1)
        let found = all.map { SectionStanding(all).compared($0, for: target) }
        // Places 2 and 3 are shared.
        #expect(zip(found, [-0.1, -0.4, -0.1, 0.4, 0.2]).allSatisfy { abs($0 - $1) < 1e-15 }, "\(found)")
        #expect(SectionStanding(all.reversed()).compared(0.03, for: target) == found[4])
        #expect(target.label([100, 105], at: 0) == Target(.relativeReturn, bars: 1).label([100, 105], at: 0))
    }

    @Test func isDescribedInWords() {
        #expect(Target(.rank, bars: 5).description == "rank over 5 bars")
        #expect(Target(.excessReturn, bars: 1).description == "excess return over 1 bar")
        #expect(Target(.netReturn, bars: 5).description == "net return over 5 bars after 0.001")
        #expect(Target(.relativeReturn, bars: 1).description == "return over 1 bar")
        #expect(Target(.volatility, bars: 5).description == "volatility over 5 bars")
    }
}
