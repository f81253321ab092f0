import HostTraining
import Testing

struct TargetTests {
    private let closes = [100.0, 102, 99, 101, 105, 104]

    @Test func aReturnIsTheChangeOverTheNextBars() {
        #expect(Target.futureReturn(bars: 1).label(closes, at: 0) == 102.0 / 100 - 1)
        #expect(Target.futureReturn(bars: 2).label(closes, at: 3) == 104.0 / 101 - 1)
        #expect(Target.futureReturn(bars: 2).trailing(closes, at: 2) == 99.0 / 100 - 1)
    }

    /// Golden values: numpy 2.4.6, `sqrt(mean(diff(log(closes))[i:i+2] ** 2))`.
    @Test func aVolatilityIsTheRootMeanSquareOfTheNextLogReturns() throws {
        let target = Target.realisedVolatility(bars: 2)
        let expected = [0.025331240165530525, 0.02540891652085443, 0.030891417260676284, 0.028285217382809962]
        for (index, value) in expected.enumerated() {
            #expect(abs(try #require(target.label(closes, at: index)) - value) < 1e-15)
            #expect(abs(try #require(target.trailing(closes, at: index + 2)) - value) < 1e-15)
        }
    }

    @Test func thereIsNoLabelWithoutItsFutureAndNoTrailingWithoutItsPast() {
        #expect(Target.futureReturn(bars: 1).label(closes, at: 5) == nil)
        #expect(Target.futureReturn(bars: 3).label(closes, at: 3) == nil)
        #expect(Target.futureReturn(bars: 3).label(closes, at: 2) != nil)
        #expect(Target.realisedVolatility(bars: 2).trailing(closes, at: 1) == nil)
    }

    @Test func upMeansAboveZeroOrAboveTheTrailingValue() {
        #expect(Target.futureReturn(bars: 1).isUp(0.01, trailing: 0.5))
        #expect(!Target.futureReturn(bars: 1).isUp(0, trailing: -1))
        #expect(Target.realisedVolatility(bars: 5).isUp(0.3, trailing: 0.2))
        #expect(!Target.realisedVolatility(bars: 5).isUp(0.2, trailing: 0.2))
    }

    @Test func isDescribedInWords() {
        #expect(Target.futureReturn(bars: 1).description == "return over 1 bar")
        #expect(Target.realisedVolatility(bars: 5).description == "volatility over 5 bars")
    }
}
