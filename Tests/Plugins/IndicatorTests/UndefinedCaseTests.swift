import PluginKit
import TestSupport
import Testing

/// What the doc comments promise where a formula has no value, and at the ends of what a `Double` holds.
@Suite struct UndefinedCaseTests {
    @Test func rsiIsZeroWithoutMovementAndAtItsBoundsOneWay() throws {
        let flat = try Subjects.rows("rsi", "", Subjects.bars(Array(repeating: 5, count: 30)))
        let rising = try Subjects.rows("rsi", "", Subjects.bars((1...30).map(Double.init)))
        let falling = try Subjects.rows("rsi", "", Subjects.bars((1...30).reversed().map(Double.init)))
        let fifty = try Subjects.rows("rsi", "flat=fifty", Subjects.bars(Array(repeating: 5, count: 30)))
        #expect(flat[29] == [0])
        #expect(fifty[29] == [50] && fifty[13][0].isNaN)
        #expect(rising[29] == [100])
        #expect(falling[29] == [0])
    }

    @Test func rsiOfAStandstillEndsAtZeroAndNotInRoundingNoise() throws {
        let prices = [1.0, 2, 1.5, 3] + Array(repeating: 3, count: 30_000)
        #expect(try Subjects.rows("rsi", "period=2", Subjects.bars(prices)).last == [0])
    }

    @Test func williamsIsZeroAndKDJIsFiftyWithoutRange() throws {
        let bars = Subjects.bars(Array(repeating: 5, count: 30))
        #expect(try Subjects.rows("williams_r", "", bars)[29] == [0])
        #expect(try Subjects.rows("kdj", "", bars)[29] == [50, 50, 50])
    }

    @Test(arguments: ["vwap period=4", "volume_ratio period=4"])
    func hasNoValueWithoutVolumeAndHasOneAgainAfter(subject: String) throws {
        let parts = subject.split(separator: " ").map(String.init)
        let bars =
            Subjects.bars(Array(repeating: 5, count: 10)) + Subjects.bars(Array(repeating: 5, count: 6), volume: 0)
            + Subjects.bars(Array(repeating: 5, count: 10))
        let rows = try Subjects.rows(parts[0], parts[1], bars)
        #expect(rows[15][0].isNaN)
        #expect(rows[25][0] == (parts[0] == "vwap" ? 5 : 1))
    }

    @Test func refusesNegativeVolume() throws {
        for name in ["obv", "vwap", "volume_ratio"] {
            let rows = try Subjects.rows(name, "", Subjects.bars([5], volume: -1))
            #expect(rows[0][0].isNaN)
        }
    }

    @Test(arguments: [0.1, 1e-300, 1e300, 123_456_789.123, -7])
    func deviationOfEqualNumbersIsExactlyZero(price: Double) throws {
        let bars = Subjects.bars(Array(repeating: price, count: 70))
        #expect(try Subjects.rows("standard_deviation", "", bars)[69] == [0])
        let bands = try Subjects.rows("bollinger_bands", "", bars)[69]
        #expect(bands == [price, price, price, 0, 0.5])
    }

    @Test func deviationKeepsItsDigitsOnLargeCloseNumbers() throws {
        // 0 and 1 in turn on top of 1e12: the deviation is 0.5 exactly; squares of the prices differ by less than rounding.
        let bars = Subjects.bars((0..<99).map { 1e12 + Double($0 % 2) })
        #expect(try Subjects.rows("standard_deviation", "", bars)[98] == [0.5])
    }

    @Test func deviationHasNoValueBeyondItsRangeAndRecovers() throws {
        let prices = Array(repeating: 1.0, count: 25) + [1e200] + (0..<40).map { Double($0 % 2) }
        let rows = try Subjects.rows("standard_deviation", "", Subjects.bars(prices))
        #expect(rows[25][0].isNaN)
        #expect(rows[44][0].isNaN)
        #expect((rows[45][0] - 0.5).magnitude < 1e-15)
    }

    @Test(arguments: [
        "sma", "wma", "vwap", "williams_r", "bollinger_bands", "linear_regression", "percentile", "cmf",
    ])
    func aHugeNumberIsForgottenWhenItLeavesTheWindow(name: String) throws {
        let clean = Array(try RealBars.load()[..<200])
        var spoiled = clean
        spoiled[60] = Subjects.bars([1e150])[0]
        let expected = try Subjects.rows(name, "period=20", clean)
        let found = try Subjects.rows(name, "period=20", spoiled)
        #expect(Array(found[80...]) == Array(expected[80...]))
        #expect(found[79][0] != expected[79][0])
    }

    @Test func withoutMovementStatisticsHaveTheValuesThatTheirCommentsSay() throws {
        let bars = Subjects.bars(Array(repeating: 5, count: 200))
        func last(_ name: String) throws -> [Double]? { try Subjects.rows(name, "", bars).last }
        #expect(try last("correlation") == [0])
        #expect(try last("beta") == [0])
        #expect(try last("percent_rank") == [0])
        let line = try #require(try last("linear_regression"))
        #expect(line == [5, 0, 5, 5, 0, 0, 0])
        #expect(try last("efficiency_ratio") == [1])
        #expect(try last("relative_volatility_index") == [50])
        #expect(try last("mass_index") == [25])
        #expect(try last("rolling_extremes") == [5, 5, 0, 0])
    }

    @Test func anIndexOfVolumeGoesOnAfterAPriceOfZero() throws {
        let prices = [5.0, 0, 5, 10]
        let bars = zip(prices, [1.0, 2, 3, 4]).map { Subjects.bars([$0], volume: $1)[0] }
        #expect(try Subjects.rows("pvi", "", bars) == [[1_000], [1_000], [1_000], [2_000]])
        #expect(try Subjects.rows("pvt", "", bars) == [[0], [-2], [-2], [2]])
    }

    @Test func averagesDoNotDrift() throws {
        let real = try RealBars.load()
        let bars = (0..<200).flatMap { _ in real }
        let last = bars.suffix(20).map(\.close)
        let sum = last.reduce(0, +)
        let found = try Subjects.rows("sma", "", bars).last?[0]
        #expect(try #require(found) - sum / 20 < 1e-13 * sum)
        let weighted = last.enumerated().map { Double($0 + 1) * $1 }.reduce(0, +)
        let average = try Subjects.rows("wma", "", bars).last?[0]
        #expect((try #require(average) - weighted / 210).magnitude < 1e-13 * sum)
    }
}
