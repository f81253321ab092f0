import HostCore
import PluginKit
import Testing

struct IndicatorBankTests {
    private let plan = FeaturePlan([("roll", RollingCloses(period: 5)), ("count", EventCount())])

    /// Each instrument's bars through indicators of its own, one bar at a time.
    private func oneByOne(_ bars: [Bar]) -> [UInt64] {
        var states: [InstrumentID: (RollingCloses, EventCount)] = [:]
        return bars.flatMap { bar in
            var (rolling, count) = states[bar.instrument] ?? (RollingCloses(period: 5), EventCount())
            var row = [0.0, 0, 0]
            row.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                _ = rolling.update(bar, into: OutputRow(base: base, width: 2))
                _ = count.update(bar, into: OutputRow(base: base + 2, width: 1))
            }
            states[bar.instrument] = (rolling, count)
            return row.map(\.bitPattern)
        }
    }

    @Test(arguments: [1...1, 1...3, 1...40, 7...7, 100...300])
    func anyBatchSizeGivesTheBitsOfOneByOneInTheOrderOfTheBars(sizes: ClosedRange<Int>) {
        let bars = walks(instruments: 7, days: 60, seed: 5)
        var stage = IndicatorBank<Bar>(plan: plan)
        var made: [UInt64] = []
        var matrix: [Double] = []
        for delivery in deliveries(bars, sizes: sizes, seed: 3) {
            guard case .bars(let part) = delivery.batch else { continue }
            stage.process(part, into: &matrix)
            #expect(matrix.count == part.count * 3)
            made += matrix.map(\.bitPattern)
        }
        #expect(made == oneByOne(bars))
    }

    @Test func instrumentNumbersMayBeSparse() {
        var stage = IndicatorBank<Bar>(plan: plan)
        var matrix: [Double] = []
        stage.process([bar(900, 1), bar(3, 1), bar(900, 2)], into: &matrix)
        #expect([matrix[2], matrix[5], matrix[8]] == [1, 1, 2])
    }

    @Test func anEmptyBatchGivesAnEmptyMatrix() {
        var stage = IndicatorBank<Bar>(plan: plan)
        var matrix = [1.0, 2]
        stage.process([], into: &matrix)
        #expect(matrix.isEmpty)
    }

    @Test func aPlanWithoutIndicatorsHasNoColumns() {
        var stage = IndicatorBank<Bar>(plan: FeaturePlan([]))
        var matrix = [1.0]
        stage.process([bar(0, 1)], into: &matrix)
        #expect(matrix.isEmpty)
        #expect(FeaturePlan([]).warmUpLength == 0)
    }

    @Test func columnsAreNamedByInstanceAndOutput() {
        #expect(plan.schema.names == ["roll.mean", "roll.sum", "count"])
        #expect(plan.width == 3)
        #expect(plan.warmUpLength == 5)
        #expect(plan.columns.map(\.offset) == [0, 2])
    }
}
