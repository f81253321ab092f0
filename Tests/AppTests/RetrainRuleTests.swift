import HostCore
import PredictionTargets
import Testing

@testable import HostApp

@Suite struct RetrainRuleTests {
    private func scheme(_ text: String) throws -> RetrainScheme {
        RetrainScheme(every: try #require(RetrainScheme.Occasion(text)))
    }

    /// A drift of errors: alarms are counted from those that are known.
    private func drift(known: Int = 0) -> RetrainRule.Drift? {
        let sketch = DriftSketch([1, 2, 3, 4], features: ["x"], error: 0.01, instruments: 1)
        var counters = FlowSnapshot.Model(id: "m")
        for _ in 0..<40 { counters.errors.add(1, beside: sketch) }
        return RetrainRule.Drift(counters, alarms: known)
    }

    @Test(arguments: [
        ("20 bars", 19, nil), ("20 bars", 20, "20 bars since the last fit"),
        ("drift", 1_000, nil), ("20 bars | drift", 5, nil),
        ("1", 1, "1 bar since the last fit"),
    ])
    func barsAreCounted(_ text: String, _ passed: Int, _ cause: String?) throws {
        #expect(RetrainRule.cause(try scheme(text), passed: passed, drift: nil) == cause)
    }

    @Test func driftCallsForOneWhereItWasAskedAndNotEachBar() throws {
        let found = try #require(drift())
        #expect(found.text == "its errors have drifted")
        #expect(drift(known: 1_000) == nil)
        #expect(RetrainRule.cause(try scheme("drift"), passed: 20, drift: found) == found.text)
        #expect(RetrainRule.cause(try scheme("drift"), passed: 19, drift: found) == nil)
        #expect(RetrainRule.cause(try scheme("500 bars"), passed: 499, drift: found) == nil)
        #expect(RetrainRule.cause(try scheme("500 bars | drift"), passed: 20, drift: found) == found.text)
        #expect(RetrainRule.needed(try scheme("500 bars | drift")) == 500)
        #expect(RetrainRule.needed(try scheme("5 bars | drift")) == 20)
        #expect(RetrainRule.needed(try scheme("drift")) == 20)
    }

    @Test func whereNothingWasFittedAsTheManifestSaysAFitIsDue() throws {
        #expect(RetrainRule.cause(try scheme("drift"), passed: nil, drift: nil) != nil)
    }

    @Test(arguments: [
        ("20 bars", "20 bars"), ("20", "20 bars"), ("1 bar", "1 bar"), ("drift", "drift"),
        ("drift|20 bars", "20 bars | drift"), ("20 bars | drift", "20 bars | drift"),
    ])
    func occasionsAreRead(_ text: String, _ meaning: String) throws {
        #expect(try scheme(text).every.description == meaning)
    }

    @Test(arguments: ["", "0", "-1", "+5", "20 days", "drift | drift", "5 | 6", "20 bars |", "never", "9999999"])
    func otherTextIsNone(_ text: String) {
        #expect(RetrainScheme.Occasion(text) == nil)
    }

    @Test func aWindowReachesBackFromTheNewest() {
        let every = RetrainScheme.Occasion(bars: 1)
        let scheme = RetrainScheme(every: every, window: .seconds(10))
        #expect(scheme.start(newest: 30_000_000_000) == 20_000_000_000)
        #expect(scheme.start(newest: .min) == .min)
        #expect(RetrainScheme(every: every).start(newest: 5) == .min)
        #expect(RetrainScheme(every: every, window: .seconds(Int64.max / 2)).start(newest: 5) == .min)
    }
}
