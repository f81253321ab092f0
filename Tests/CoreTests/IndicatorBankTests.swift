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

    @Test func jointStatesAreFedOnceABatchAndGiveTheSame() {
        var bars = walks(instruments: 5, days: 40, seed: 9)
        for place in stride(from: 11, to: bars.count, by: 17) { bars[place].flags.insert(.newLevel) }
        let calls = Guarded(0)
        var together = IndicatorBank<Bar>(
            plan: FeaturePlan([("count", EventCount()), ("sum", JointSum(calls: calls))]))
        var alone = IndicatorBank<Bar>(plan: FeaturePlan([("count", EventCount()), ("sum", Sum())]))
        var (made, expected): ([Double], [Double]) = ([], [])
        for delivery in deliveries(bars, sizes: 10...10, seed: 3) {
            guard case .bars(let part) = delivery.batch else { continue }
            let before = calls.value
            together.process(part, into: &made)
            alone.process(part, into: &expected)
            #expect(made == expected)
            // A second round only for what follows a change of level.
            #expect((1...2).contains(calls.value - before))
        }
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

/// The sum of all closes.
private struct Sum: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "sum", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")])
    var total = 0.0
    let warmUpLength = 1

    init() {}
    init(_ configuration: Configuration) throws(PluginError) {}

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        total += event.close
        row[0] = total
        return true
    }

    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}

/// The same, fed together; counts the calls.
private struct JointSum: JointIndicator {
    static let descriptor = Sum.descriptor
    var sum = Sum()
    let calls: Guarded<Int>
    let warmUpLength = 1

    init(calls: Guarded<Int>) { self.calls = calls }
    init(_ configuration: Configuration) throws(PluginError) { calls = Guarded(0) }

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool { sum.update(event, into: row) }
    func save(to writer: inout StateWriter) {}
    mutating func restore(from reader: inout StateReader) throws(PluginError) {}

    static func update(_ states: inout [any Indicator<Bar>], _ runs: [JointRun], of events: Span<Bar>) {
        (states[runs[0].state] as? JointSum)?.calls.change { $0 += 1 }
        for run in runs { states[run.state].update(events.extracting(run.events), into: run.rows) }
    }
}
