import PluginKit
import TestSupport
import Testing

@testable import HostCore

/// Intervals from what predictions became: right shares, and the same from the last outcomes alone.
@Suite struct ConformalIntervalTests {
    /// Daily returns of AAPL, 2000-2013: errors of a model that predicts nothing.
    private static func errors(over bars: Int) throws -> [Double] {
        let closes = try RealBars.load().map(\.close)
        return closes.indices.dropLast(bars).map { closes[$0 + bars] / closes[$0] - 1 }.filter { abs($0) < 0.4 }
    }

    @Test(arguments: [(0.9, 1), (0.8, 1), (0.9, 5)]) func itHoldsTheShareThatIsDeclared(
        coverage: Double, horizon: Int
    ) throws {
        let errors = try Self.errors(over: horizon)
        var interval = ConformalInterval(coverage: coverage, horizon: horizon)
        var (inside, all) = (0, 0)
        for place in errors.indices {
            if place >= horizon { interval.add(error: errors[place - horizon]) }
            guard let reach = interval.reach else { continue }
            all += 1
            if abs(errors[place]) <= reach { inside += 1 }
        }
        #expect(all > 2_500)
        #expect(abs(Double(inside) / Double(all) - coverage) < 0.02, "\(inside) of \(all)")
    }

    @Test func itFollowsFromTheLastOutcomesAlone() throws {
        let errors = try Self.errors(over: 5)
        var whole = ConformalInterval(coverage: 0.9, horizon: 5)
        for error in errors { whole.add(error: error) }
        var part = ConformalInterval(coverage: 0.9, horizon: 5)
        for error in errors.suffix(ConformalInterval.depth(horizon: 5)) { part.add(error: error) }
        #expect(whole.reach != nil && whole.reach == part.reach)
        var writer = StateWriter()
        whole.save(to: &writer)
        var restored = ConformalInterval(coverage: 0.9, horizon: 5)
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        #expect(restored.reach == whole.reach)
    }

    @Test func itSaysNothingBeforeItKnowsEnough() {
        var interval = ConformalInterval(coverage: 0.9, horizon: 1)
        for number in 0..<60 {
            #expect(interval.reach == nil, "after \(number)")
            interval.add(error: number % 2 == 0 ? 0.01 : -0.02)
        }
        interval.add(error: 0.01)
        #expect(interval.reach != nil)
        // One in a hundred needs a hundred.
        var rare = ConformalInterval(coverage: 0.99, horizon: 1)
        for _ in 0..<100 { rare.add(error: 0.01) }
        #expect(rare.reach == nil)
        rare.add(error: .nan)
        #expect(rare.reach == nil)
    }
}
