import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// What is said of a step of the level, over the bars that the repository ships: raw, 2000-2013.
@Suite struct ScaleWatchTests {
    private static func bars(_ code: String) throws -> [Bar] {
        try Repository.text("data/history/\(code).csv").split(separator: "\n").dropFirst().enumerated().map {
            row, line in
            let numbers = line.split(separator: ",").dropFirst().compactMap { Double($0) }
            return Bar(
                time: Int64(row) * day, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
                volume: numbers[4], instrument: id(0))
        }
    }

    private static func judge(
        _ bars: [Bar], by size: Int = .max, rules: QualityRules = QualityRules()
    ) -> (accepted: [Bar], refused: [QualityRefusal<Bar>], levels: [PriceLevel]) {
        var stage = QualityStage<Bar>(isKnown: [true], rules: rules)
        var (accepted, refused, levels): ([Bar], [QualityRefusal<Bar>], [PriceLevel]) = ([], [], [])
        for start in stride(from: 0, to: bars.count, by: min(size, bars.count)) {
            let part = Array(bars[start..<min(bars.count, start + min(size, bars.count))])
            stage.process(part.span, into: &accepted) { refused.append($0) }
            levels += stage.levels
        }
        return (accepted, refused, levels)
    }

    private static func scaled(_ bars: [Bar], _ range: Range<Int>, price: Double = 1, volume: Double = 1) -> [Bar] {
        bars.enumerated().map { index, bar in
            guard range.contains(index) else { return bar }
            return Bar(
                time: bar.time, open: bar.open * price, high: bar.high * price, low: bar.low * price,
                close: bar.close * price, volume: bar.volume * volume, instrument: bar.instrument)
        }
    }

    /// 2000-06-21 was a split; 2000-09-29 was a crash by half, which stands out and no more. At that of 2005 the file's volumes
    /// do not double, so it is not told from a move.
    @Test(arguments: [1, 7, Int.max]) func namesSplitsAndNoCrash(size: Int) throws {
        let bars = try Self.bars("AAPL")
        let (accepted, refused, levels) = Self.judge(bars, by: size)
        #expect(refused.isEmpty && accepted.count == bars.count)
        #expect(levels.map(\.change) == [.split])
        #expect(levels.map { bars[Int($0.time / day)].close } == [55.63])
        #expect(Self.judge(try Self.bars("MSFT"), by: size).levels.map(\.change) == [.split], "2003-02-18")
        #expect(levels.allSatisfy { !$0.isOdd }, "raw prices are as they should be")
        let outliers = accepted.filter { $0.flags.contains(.suspect) }.map(\.close)
        #expect(outliers.contains(25.75), "\(outliers)")
    }

    @Test func aFactorExplainsASplitAndNothingElseDoes() throws {
        let bars = try Self.bars("AAPL")
        let found = UnadjustedSplits.found(in: bars, factors: [])
        #expect(found.map { bars[Int($0.time / day)].close } == [55.63])
        let split = try #require(found.first)
        let known = Factor(time: split.time - day, ratio: 2, instrument: id(0))
        #expect(UnadjustedSplits.found(in: bars, factors: [known]).isEmpty)
        let paid = Factor(time: split.time, cash: 1, instrument: id(0))
        let late = Factor(time: split.time + 9 * day, ratio: 2, instrument: id(0))
        #expect(UnadjustedSplits.found(in: bars, factors: [paid, late]).count == 1)
        let adjusted = bars.map { bar in
            var bar = bar
            bar.flags.insert(.adjusted)
            return bar
        }
        #expect(UnadjustedSplits.found(in: adjusted, factors: []).isEmpty)
    }

    @Test func namesEachFaultOfScale() throws {
        let bars = try Self.bars("IBM")
        #expect(Self.judge(bars).levels.isEmpty)
        let faults: [(ScaleChange, [Bar])] = [
            (.split, Self.scaled(bars, 0..<1_500, price: 3, volume: 1.0 / 3)),
            (.rescaled, Self.scaled(bars, 0..<1_500, price: 0.43, volume: 1 / 0.43)),
            (.unitJump, Self.scaled(bars, 1_500..<bars.count, price: 100)),
            (.splice, Self.scaled(bars, 1_500..<bars.count, price: 110, volume: 95)),
            (.volumeUnit, Self.scaled(bars, 1_500..<bars.count, volume: 0.01)),
            // A company that merged its shares 60 to 1: that is no fault, and a new level as before.
            (.newLevel, Self.scaled(bars, 1_500..<bars.count, price: 60, volume: 1.0 / 60)),
        ]
        for (change, damaged) in faults {
            let (accepted, refused, levels) = Self.judge(damaged)
            #expect(levels.map(\.change) == [change], "\(levels)")
            #expect(levels.map(\.time) == [bars[1_500].time])
            #expect(refused.isEmpty && accepted.count == bars.count, "told, never refused")
            #expect(levels.allSatisfy { $0.isOdd == (change != .split) })
        }
    }

    @Test func firstRowsOfAnotherSourceAreKeptOut() throws {
        let bars = Array(try Self.bars("IBM").prefix(300))
        let spliced = Self.scaled(bars, 0..<3, price: 110, volume: 95)
        let (accepted, refused, levels) = Self.judge(spliced)
        #expect(refused.map(\.reason) == [.splice, .splice, .splice] && accepted.count == 297 && levels.isEmpty)
        // A reverse split in the first days of a company is none, and what comes bar by bar is not known ahead.
        #expect(Self.judge(Self.scaled(bars, 0..<3, price: 1.0 / 110, volume: 110)).refused.isEmpty)
        #expect(Self.judge(spliced, by: 1).levels.map(\.change) == [.splice])
    }

    @Test func whatStandsOutIsChoice() throws {
        let bars = try Self.bars("AAPL")
        func outliers(_ maxMove: Double) -> Int {
            Self.judge(bars, rules: QualityRules(maxMove: maxMove)).accepted.filter { $0.flags.contains(.suspect) }
                .count
        }
        #expect(outliers(4) > outliers(10) && outliers(10) > 0 && outliers(1e9) == 0)
    }
}
