import HostCore
import HostTraining
import PluginKit
import PredictionTargets
import Testing

struct FeatureImportanceTests {
    /// The walks remember a third of their last step, which the relative strength knows and the mean price does not.
    @Test func whatPredictsIsWorthMoreThanWhatDoesNot() async throws {
        let artifact = try await Trainer(plan: try plan(try ridge())).fit(
            data(walks(instruments: 4, days: 400, seed: 5)))
        let found = try #require(ModelCard(json: artifact.card)?.importance)
        #expect(found.map(\.feature) == ["rsi5", "sma8"])
        #expect(found[0].mean > 0.02)
        #expect(abs(found[1].mean) < 0.02)
        #expect(try #require(found[0].deviation) < found[0].mean)
    }

    @Test func whatIsNotUsedIsWorthExactlyNothing() async throws {
        let artifact = try await Trainer(plan: try plan(MeanModel())).fit(
            data(walks(instruments: 3, days: 150, seed: 2)))
        let found = try #require(ModelCard(json: artifact.card)?.importance)
        #expect(found.map(\.feature) == ["rsi5", "sma8"])
        #expect(found.allSatisfy { $0.mean == 0 && $0.deviation == 0 })
    }

    @Test func theSameFitHasTheSameFigures() async throws {
        let bars = walks(instruments: 3, days: 200, seed: 8)
        let first = try await Trainer(plan: try plan(try ridge())).fit(data(bars))
        let second = try await Trainer(plan: try plan(try ridge())).fit(data(bars))
        #expect(ModelCard(json: first.card)?.importance == ModelCard(json: second.card)?.importance)
    }
}
