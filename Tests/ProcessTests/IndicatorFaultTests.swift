import HostProcess
import PluginKit
import Synchronization
import Testing

/// An indicator that gives nothing says so, and loses no more than the bars it cannot take.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct IndicatorFaultTests {
    private static let descriptor = PluginDescriptor(
        kind: .indicator, name: "count", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")])

    /// An indicator that counts bars and does `trouble` on each `bar`; its state is the count.
    private func indicator(_ fixture: ProcessFixture, _ trouble: String) throws -> any Indicator<Bar> {
        let script = """
            import penstock_plugin as kit
            class Count(kit.Indicator):
                descriptor = {"kind": "indicator", "name": "count", "version": "1", "summary": "", "options": [],
                              "outputs": [{"name": "value", "unit": "", "summary": ""}]}
                def fresh(self): return {"n": 0}
                def update(self, state, bar):
                    state["n"] += 1
                    \(trouble)
                    return [state["n"]]
            kit.run(Count)
            """
        var plugin = fixture.plugin(try fixture.script(script))
        plugin.deadlines.steady = .zero
        guard case .indicator(let make) = plugin.type(Self.descriptor).maker,
            let made = try make(Configuration(instance: "indicator/a", values: [:])) as? any Indicator<Bar>
        else { throw PluginError(.unsupported, "test: no indicator over bars.") }
        return made
    }

    private func values(_ indicator: inout some Indicator<Bar>, _ bars: [Bar]) -> [Double] {
        var values = [Double](repeating: 0, count: bars.count)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            indicator.update(bars.span, into: FeatureRows(base: base, count: bars.count, width: 1, stride: 1))
        }
        return values
    }

    private func faults(_ fixture: ProcessFixture) -> [(reason: String, count: Int)] {
        fixture.states.withLock { $0 }.compactMap { state in
            if case .faulty(let reason, let count) = state { (reason, count) } else { nil }
        }
    }

    @Test func losesTheBarsItRaisesForAndNoMore() throws {
        let fixture = try ProcessFixture()
        var indicator = try indicator(fixture, "if bar['time'] == 3 * 60_000_000_000: raise KeyError('third')")
        let made = values(&indicator, bars(6))
        #expect(made.map { $0.isNaN ? -1 : $0 } == [1, 2, -1, 3, 4, 5])
        let faults = faults(fixture)
        #expect(faults.count == 1 && faults.first?.reason.contains("KeyError: 'third' (plugin.py, line ") == true)
    }

    @Test func countsTheCallsThatGaveNothing() throws {
        let fixture = try ProcessFixture()
        var indicator = try indicator(fixture, "raise ValueError('always')")
        for index in 0..<12 { #expect(values(&indicator, bars(1, from: index))[0].isNaN) }
        #expect(faults(fixture).map(\.count) == Array(1...12))
    }

    @Test func tellsOfWrongColumns() throws {
        let fixture = try ProcessFixture()
        var indicator = try indicator(fixture, "return [1, 2]")
        #expect(values(&indicator, bars(1))[0].isNaN)
        #expect(faults(fixture).count == 1)
    }

    @Test func worksAgainOnceItGivesValues() async throws {
        let fixture = try ProcessFixture()
        var indicator = try indicator(fixture, "if bar['time'] == 60_000_000_000: raise KeyError('first')")
        _ = values(&indicator, bars(1))
        _ = values(&indicator, bars(3, from: 1))
        #expect(try await isWell(fixture))
    }

    /// A model's history and a pipeline that ended leave states behind: that shows nothing.
    @Test func isNotWellBecauseAStateIsGone() async throws {
        let fixture = try ProcessFixture()
        var indicator = try indicator(fixture, "if bar['time'] == 60_000_000_000: raise KeyError('first')")
        do {
            var copy = indicator
            _ = values(&copy, bars(1))
        }
        // Calls that show neither, so that time passes for the process.
        for _ in 0..<50 {
            var writer = StateWriter()
            indicator.save(to: &writer)
        }
        let isWellTooSoon = fixture.states.withLock { states in
            let fault = states.lastIndex { if case .faulty = $0 { true } else { false } }
            return states[(fault ?? 0)...].contains(where: Self.isSteady)
        }
        #expect(!isWellTooSoon)
        _ = values(&indicator, bars(3, from: 1))
        #expect(try await isWell(fixture))
    }

    private static let isSteady: @Sendable (ProcessState) -> Bool = { if case .steady = $0 { true } else { false } }

    /// Waits until it is well after a fault.
    private func isWell(_ fixture: ProcessFixture) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(600)
        var isWell = false
        while !isWell, ContinuousClock.now < end {
            isWell = fixture.states.withLock { states in
                guard let fault = states.firstIndex(where: { if case .faulty = $0 { true } else { false } }) else {
                    return false
                }
                return states[fault...].contains(where: Self.isSteady)
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        return isWell
    }
}
