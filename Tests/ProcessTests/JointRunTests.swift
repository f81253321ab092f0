import Glibc
import HostCore
import HostProcess
import PluginKit
import Synchronization
import Testing

/// One message carries the runs of many instruments, and gives what one message each would.
@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct JointRunTests {
    /// An indicator over trades that sums sizes and counts the messages it gets; `trouble` can raise.
    private static func program(_ trouble: String = "pass") -> String {
        """
        import penstock_plugin as kit
        calls = {"run": 0, "checkpoint": 0, "restore": 0}
        def counted(name, call):
            def on(self, message, frames):
                calls[name] += 1
                self.host.metric(name, calls[name])
                return call(self, message, frames)
            return on
        for name in calls:
            setattr(kit._Session, "on_" + name, counted(name, getattr(kit._Session, "on_" + name)))
        class Flow(kit.Indicator):
            descriptor = {"kind": "indicator", "name": "flow", "version": "1", "summary": "", "options": [],
                          "reads": "trade", "outputs": [{"name": "value", "unit": "", "summary": ""}]}
            def fresh(self): return {"sum": 0.0}
            def update(self, state, trade):
                \(trouble)
                state["sum"] += trade["size"] * (-1 if trade["side"] == 2 else 1)
                return [state["sum"]]
        kit.run(Flow)
        """
    }

    private static let descriptor = PluginDescriptor(
        kind: .indicator, name: "flow", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")]
    ).reading(.trade)

    private final class Counts: Sendable {
        private let counts = Mutex<[String: Double]>([:])
        func note(_ name: String, _ value: Double) { counts.withLock { $0[name] = value } }
        func of(_ name: String) -> Double { counts.withLock { $0[name] ?? 0 } }
    }

    private func indicator(
        _ fixture: ProcessFixture, _ counts: Counts, _ trouble: String = "pass"
    ) throws
        -> any Indicator<Trade>
    {
        var plugin = fixture.plugin(try fixture.script(Self.program(trouble)))
        plugin.onMetric = { counts.note($1, $2) }
        guard case .indicator(let make) = plugin.type(Self.descriptor).maker,
            let made = try make(Configuration(instance: "indicator/a", values: [:])) as? any Indicator<Trade>
        else { throw PluginError(.unsupported, "test: no indicator over trades.") }
        return made
    }

    /// Trades of so many instruments, `each` one after the other.
    private func trades(_ instruments: Int, each: Int, from first: Int = 0) -> [Trade] {
        var trades: [Trade] = []
        for instrument in 0..<instruments {
            for step in first..<first + each {
                let size = Double(step % 7 + instrument % 5)
                let side: Trade.Side = step % 3 == 0 ? .sell : .buy
                trades.append(
                    Trade(
                        time: Int64(step + 1), price: 10, size: size, side: side,
                        instrument: InstrumentID(rawValue: UInt32(instrument))))
            }
        }
        return trades
    }

    /// Feeds runs of `each` trades to the states with one call; returns the outputs.
    private func joint(_ states: inout [any Indicator<Trade>], _ trades: [Trade], each: Int) -> [Double] {
        func feed(_ type: any JointIndicator<Trade>.Type, _ values: inout [Double]) {
            values.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                let runs = states.indices.map { state in
                    JointRun(
                        state: state, events: state * each..<(state + 1) * each,
                        rows: FeatureRows(base: base + state * each, count: each, width: 1, stride: 1))
                }
                type.update(&states, runs, of: trades.span)
            }
        }
        var values = [Double](repeating: 0, count: trades.count)
        if let type = type(of: states[0]) as? any JointIndicator<Trade>.Type { feed(type, &values) }
        return values
    }

    private func single(_ states: inout [any Indicator<Trade>], _ trades: [Trade], each: Int) -> [Double] {
        var values = [Double](repeating: 0, count: trades.count)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for state in states.indices {
                let run = Array(trades[state * each..<(state + 1) * each])
                let rows = FeatureRows(base: base + state * each, count: each, width: 1, stride: 1)
                states[state].update(run.span, into: rows)
            }
        }
        return values
    }

    @Test func fiveHundredInstrumentsAreOneRoundTrip() throws {
        let (fixture, counts, others) = (try ProcessFixture(), Counts(), Counts())
        let apart = try ProcessFixture()
        var states = Array(repeating: try indicator(fixture, counts), count: 500)
        var singles = Array(repeating: try indicator(apart, others), count: 500)
        for step in 0..<3 {
            let trades = trades(500, each: 2, from: 2 * step)
            let values = joint(&states, trades, each: 2)
            #expect(counts.of("run") == Double(step + 1))
            #expect(values == single(&singles, trades, each: 2))
        }
        #expect(others.of("run") == 1_500)
        #expect(counts.of("restore") == 0 && counts.of("checkpoint") == 0)
    }

    @Test func savesManyStatesAtOnceAndGoesOnAfterAKill() throws {
        let (fixture, counts) = (try ProcessFixture(), Counts())
        let (calm, calmCounts) = (try ProcessFixture(), Counts())
        fixture.states.withLock { $0 = [] }
        var states = Array(repeating: try indicator(fixture, counts), count: 40)
        var calmStates = Array(repeating: try indicator(calm, calmCounts), count: 40)
        for step in 0..<3 {
            let trades = trades(40, each: 600, from: 600 * step)
            #expect(joint(&states, trades, each: 600) == joint(&calmStates, trades, each: 600))
        }
        #expect(counts.of("checkpoint") == 1)
        let process = try #require(
            fixture.states.withLock { states in
                states.compactMap { if case .running(let process) = $0 { process } else { nil } }.last
            })
        kill(process, SIGKILL)
        // The process is away for some calls; what passes is played to it when it is back.
        var last: [Double] = []
        var expected: [Double] = []
        for step in 0..<50 {
            let trades = trades(40, each: 1, from: 1_800 + step)
            last = joint(&states, trades, each: 1)
            expected = joint(&calmStates, trades, each: 1)
        }
        #expect(last == expected)
        #expect(counts.of("restore") == 1)
    }

    @Test func oneInstrumentsFaultLeavesTheOthersAsTheyAre() throws {
        let (fixture, counts) = (try ProcessFixture(), Counts())
        var states = Array(
            repeating: try indicator(
                fixture, counts, "if trade['instrument'] == 3 and trade['time'] == 2: raise KeyError('two')"),
            count: 10)
        let first = joint(&states, trades(10, each: 3), each: 3)
        let plain = try ProcessFixture()
        var clean = Array(repeating: try indicator(plain, Counts()), count: 10)
        let expected = joint(&clean, trades(10, each: 3), each: 3)
        for state in 0..<10 where state != 3 {
            #expect(Array(first[state * 3..<state * 3 + 3]) == Array(expected[state * 3..<state * 3 + 3]))
        }
        #expect(!first[9].isNaN && first[10].isNaN && !first[11].isNaN)
        let faults = fixture.states.withLock { states in states.count { if case .faulty = $0 { true } else { false } } }
        #expect(faults == 1)
    }

    @Test func aCopyHasAStateOfItsOwn() throws {
        let (fixture, counts) = (try ProcessFixture(), Counts())
        var states = Array(repeating: try indicator(fixture, counts), count: 3)
        _ = joint(&states, trades(3, each: 4), each: 4)
        var copies = states
        let ahead = joint(&states, trades(3, each: 4, from: 4), each: 4)
        #expect(joint(&copies, trades(3, each: 4, from: 4), each: 4) == ahead)
    }
}
