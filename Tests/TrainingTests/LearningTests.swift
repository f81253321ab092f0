import HostCore
import HostTraining
import OnlineLinearModel
import PluginKit
import PredictionTargets
import Testing

@Suite struct LearningTests {
    private func online(forgetting: Double = 1) throws -> OnlineLinear {
        try OnlineLinear(
            Configuration(instance: "model/next", values: ["forgetting": .number(forgetting), "l2": .number(1)]),
            context: pluginContext)
    }

    private struct Key: Hashable {
        let time: Int64
        let instrument: InstrumentID
    }

    /// What the pipeline's own stages predict over bars.
    private func served(
        _ artifact: StoredArtifact, _ plan: TrainingPlan, _ bars: [Bar], learns: Bool
    ) throws -> [Key: Double] {
        let timeline = try Trainer.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: try data(bars).instruments)
        let computed = try features()
        var bank = IndicatorBank<Bar>(plan: computed)
        var matrix: [Double] = []
        bank.process(bars, into: &matrix)
        var inference = InferenceStage(
            model: ServingModel(
                id: "next", target: "t", columns: plan.columns.compactMap { computed.schema.names.firstIndex(of: $0) },
                measure: learns ? plan.target : nil, learns: learns, timeline: timeline))
        var rows: [Prediction] = []
        var start = 0
        // Days come whole, one after the other.
        while start < bars.count {
            let end = bars[start...].firstIndex { $0.time > bars[start].time } ?? bars.count
            let keys = bars[start..<end].map { RowKey($0) }
            inference.foresee(keys)
            let features = Array(matrix[start * computed.width..<end * computed.width])
            rows += inference.process(keys, features: features, width: computed.width) { _, _ in }?.rows ?? []
            start = end
        }
        return Dictionary(
            rows.map { (Key(time: $0.time, instrument: $0.instrument), $0.value) }, uniquingKeysWith: { $1 })
    }

    /// Walk-forward of a model that learns: each test row is predicted, then its label learned when it is known; the service does
    /// the same over history and goes on with the last fit.
    @Test(arguments: [Target.Kind.relativeReturn, .excessReturn])
    func theMetricsOfAModelThatLearnsAreThoseOfWhatItServes(kind: Target.Kind) async throws {
        let bars = walks(instruments: 4, days: 200, seed: 12)
        let plan = try plan(try online(forgetting: 0.99), target: Target(kind, bars: 2))
        let given = try data(bars)
        let artifact = try await Trainer(plan: plan).fit(given)
        let card = try #require(ModelCard(json: artifact.card))
        let served = try self.served(artifact, plan, bars, learns: true)
        let fixed = try self.served(artifact, plan, bars, learns: false)
        let set = try SupervisedSet(given, plan)
        let tests = plan.validation.folds(of: set.rows).flatMap { $0.test.map { set.rows[$0] } }
        let keys = tests.map { Key(time: $0.time, instrument: $0.instrument) }
        let values = try keys.map { try #require(served[$0]) }
        #expect(card.metrics.rows == tests.count && tests.count > 100)
        #expect(card.metrics.ic == PredictionMetrics.pearson(tests.map(\.label), values))
        #expect(card.metrics.r2 == PredictionMetrics.r2(tests.map(\.label), values))
        // Learning changes most of them, and none of a fit's first rows.
        #expect(keys.count { served[$0] != fixed[$0] } > keys.count / 2)
        #expect(served[keys[0]] == fixed[keys[0]])
    }

    /// What came after the fit was learned, so it fits no other; what it was fitted on is the same.
    @Test func theDataOfAModelThatLearnsIsWhatItWasFittedOn() async throws {
        let bars = walks(instruments: 3, days: 200, seed: 12)
        let plan = try plan(try online())
        let before = try data(bars.filter { $0.time <= 150 * day })
        let artifact = try await Trainer(plan: plan).fit(before)
        let last = try #require(artifact.parts.last?.validAfter)
        #expect(try data(bars).digest(of: plan, through: last + 1) == artifact.dataDigest)
        var changed = bars
        changed[40].close *= 1.001
        #expect(try data(changed).digest(of: plan, through: last + 1) != artifact.dataDigest)
    }

    @Test func aModelThatLearnsIsJudgedForward() async throws {
        let bars = try data(walks(instruments: 3, days: 200, seed: 12))
        let purged = ValidationScheme(.purgedKFold, folds: 4, embargo: 2, minTrain: 20)
        let plan = try plan(try online(), validation: purged)
        let error = await #expect(throws: PluginError.self) { try await Trainer(plan: plan).fit(bars) }
        #expect(error?.code == .configuration && error?.message.contains("walk_forward, rolling") == true)
    }
}
