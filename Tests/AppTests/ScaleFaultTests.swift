import CivilTime
import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// What the quality stage says of real series, and of the same with the faults that users of yfinance report put into them.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct ScaleFaultTests {
    private struct Verdict {
        var accepted: [Bar] = []
        var refused: [QualityRefusal<Bar>] = []
        var levels: [PriceLevel] = []
        var outliers = 0

        /// `2020-08-31 split`.
        var named: [String] {
            levels.map { "\(ISO8601.format($0.time).prefix(10)) \($0.change.rawValue)" }
        }
    }

    private static func judge(_ bars: [Bar], cut: Int = 500) -> Verdict {
        var stage = QualityStage<Bar>(isKnown: [true])
        var verdict = Verdict()
        for start in stride(from: 0, to: bars.count, by: cut) {
            let part = Array(bars[start..<min(bars.count, start + cut)])
            stage.process(part.span, into: &verdict.accepted) { verdict.refused.append($0) }
            verdict.levels += stage.levels
            verdict.outliers += stage.doubts[.outlier] ?? 0
        }
        stage.finish { verdict.refused.append($0) }
        return verdict
    }

    @Test func theSpliceIsNamedAndTheOtherLevelKeptOut() throws {
        let bars = try RealSeries.spliced()
        let verdict = Self.judge(bars)
        #expect(bars.count == 260 && verdict.accepted.count == 257)
        #expect(verdict.refused.map(\.reason) == [.splice, .splice, .splice])
        #expect(verdict.refused.map(\.event.close) == bars[..<3].map(\.close))
        #expect(
            verdict.refused[0].message.contains("that of the bars that came with it"), "\(verdict.refused[0].message)")
        #expect(verdict.accepted[0].flags == .afterRejected && verdict.levels.isEmpty)
    }

    @Test func nothingOfTheCleanFilesIsRefused() throws {
        let sets = try [RealSeries.lean(), RealSeries.qbot(), RealSeries.hikyuu()]
        var (count, outliers) = (0, 0)
        for (name, bars) in sets.flatMap({ $0 }) {
            let verdict = Self.judge(bars)
            #expect(verdict.refused.isEmpty, "\(name): \(verdict.refused.map(\.message))")
            #expect(verdict.accepted.count == bars.count)
            (count, outliers) = (count + bars.count, outliers + verdict.outliers)
        }
        #expect(count > 150_000)
        // Flags, not refusals: most are real days of news.
        #expect(outliers * 500 < count, "\(outliers) of \(count)")
    }

    /// A crash, a squeeze and symbols that changed owners are told at most; each bar of them is accepted as it is.
    @Test func realMovesAreNoFaults() throws {
        let lean = try RealSeries.lean()
        func named(_ code: String) throws -> [String] { Self.judge(try #require(lean[code])).named }
        #expect(try named("aapl") == ["2000-06-21", "2005-02-28", "2014-06-09", "2020-08-31"].map { $0 + " split" })
        // 2008: from 23 to 2 in three days; 2009: a reverse split of 1:20 on a day of -10 %.
        #expect(try named("aig").allSatisfy { !$0.hasPrefix("2008") })
        // 2020-04: a crash of oil; the reverse split of 1:8 that followed. 2006: another fund took the symbol over.
        #expect(try named("uso").filter { $0.hasPrefix("2020") } == ["2020-04-29 rescaled"])
        #expect(try named("goog") == ["2014-04-03 split"])
        #expect(try RealSeries.qbot().flatMap { Self.judge($1).named }.allSatisfy { $0.hasSuffix("volume_unit") })
    }

    /// GameStop, 2021: from 18 to 483 in three weeks, and to 40 in three more. Whether it comes as a whole or bar by bar, each
    /// bar is stored as it was traded.
    @Test(arguments: [1, 7, 500]) func aRealSqueezeIsTakenAsItIs(cut: Int) throws {
        let bars = try RealSeries.squeeze()
        #expect(bars.count == 71 && bars.map(\.high).max() == 483)
        let verdict = Self.judge(bars, cut: cut)
        #expect(verdict.refused.isEmpty, "\(verdict.refused.map(\.message))")
        #expect(verdict.accepted.map(Self.numbers) == bars.map(Self.numbers), "nothing is repaired")
        #expect(verdict.levels.isEmpty, "no step is named: \(verdict.named)")
    }

    private static func numbers(_ bar: Bar) -> [Double] {
        [Double(bar.time), bar.open, bar.high, bar.low, bar.close, bar.volume]
    }

    // MARK: Faults put into the series

    private struct FaultClass: Sendable {
        let name: String
        let expected: Set<ScaleChange>
        /// The series with the fault at a place.
        let damage: @Sendable ([Bar], Int, inout SeededGenerator) -> [Bar]
    }

    private static func scaled(_ bars: [Bar], _ range: Range<Int>, price: Double = 1, volume: Double = 1) -> [Bar] {
        var bars = bars
        for index in range {
            bars[index].open *= price
            bars[index].high *= price
            bars[index].low *= price
            bars[index].close *= price
            bars[index].volume *= volume
        }
        return bars
    }

    private static let splits = [1.5, 2, 3, 4, 5, 10, 20]
    private static let classes = [
        FaultClass(name: "missed split", expected: [.split]) { bars, place, random in
            let ratio = splits.randomElement(using: &random) ?? 2
            return scaled(bars, 0..<place, price: ratio, volume: 1 / ratio)
        },
        FaultClass(name: "double split", expected: [.split]) { bars, place, random in
            let ratio = splits.randomElement(using: &random) ?? 2
            return scaled(bars, 0..<place, price: 1 / ratio, volume: ratio)
        },
        FaultClass(name: "dividend taken for a split", expected: [.split, .rescaled]) { bars, place, random in
            let ratio = Double.random(in: 0.08..<0.62, using: &random)
            return scaled(bars, 0..<place, price: ratio, volume: 1 / ratio)
        },
        FaultClass(name: "price x100 from a day on", expected: [.unitJump]) { bars, place, random in
            scaled(bars, place..<bars.count, price: Bool.random(using: &random) ? 100 : 0.01)
        },
        FaultClass(name: "lots for shares", expected: [.volumeUnit]) { bars, place, _ in
            scaled(bars, place..<bars.count, volume: 0.01)
        },
    ]

    /// How often each class is found and named, and what is told of places without a fault.
    @Test func faultsAreFoundAndNamed() throws {
        let series = try RealSeries.qbot().sorted { $0.key < $1.key }.map(\.value)
        let clean = Set(
            series.indices.flatMap { index in Self.judge(series[index]).levels.map { "\(index) \($0.time)" } })
        var random = SeededGenerator(seed: 11)
        var table = ["fault                         put in  found  named  elsewhere  recall  precision"]
        for fault in Self.classes {
            var (total, found, named, elsewhere) = (0, 0, 0, 0)
            for (index, bars) in series.enumerated() {
                for _ in 0..<4 {
                    let place = Int.random(in: 100..<bars.count - 50, using: &random)
                    let verdict = Self.judge(fault.damage(bars, place, &random))
                    let near = Set(bars[place - 1...place + 1].map(\.time))
                    let hits = verdict.levels.filter { near.contains($0.time) }
                    total += 1
                    found += hits.isEmpty ? 0 : 1
                    named += hits.contains { fault.expected.contains($0.change) } ? 1 : 0
                    elsewhere +=
                        verdict.levels.filter { !near.contains($0.time) && !clean.contains("\(index) \($0.time)") }
                        .count
                    #expect(verdict.refused.isEmpty, "a step is told, not refused")
                }
            }
            let (recall, precision) = (Double(named) / Double(total), Double(named) / Double(max(1, found + elsewhere)))
            table.append(
                [(fault.name, 30), ("\(total)", 8), ("\(found)", 7), ("\(named)", 7), ("\(elsewhere)", 11)].map {
                    $0 + String(repeating: " ", count: max(1, $1 - $0.count))
                }.joined() + "\((recall * 1000).rounded() / 10) %  \((precision * 1000).rounded() / 10) %")
            #expect(recall > 0.85 && precision > 0.9, "\(fault.name): \(recall), \(precision)")
        }
        print(table.joined(separator: "\n"))
    }

    /// One or two bars at another scale are refused, and the next good one goes on.
    @Test func singleBarsAtAnotherScaleAreRefused() throws {
        var random = SeededGenerator(seed: 12)
        for bars in try RealSeries.qbot().sorted(by: { $0.key < $1.key }).map(\.value) {
            let place = Int.random(in: 100..<bars.count - 50, using: &random)
            let count = Int.random(in: 1...2, using: &random)
            let verdict = Self.judge(Self.scaled(bars, place..<place + count, price: 100))
            #expect(verdict.refused.map(\.event.time) == bars[place..<place + count].map(\.time))
            #expect(verdict.refused.allSatisfy { $0.reason == .priceJump })
        }
    }
}
