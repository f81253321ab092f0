import LinearModel
import PluginKit
import Testing

@Suite struct LinearTests {
    private func model(_ changes: [String: ConfigurationValue]) throws(PluginError) -> Linear {
        try Linear(options(Linear.descriptor, changes), context: context())
    }

    private func predictor(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> any Predictor {
        let model = try model(changes)
        return try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: set.features)
    }

    private func fitFault(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> PluginError? {
        let model = try model(changes)
        return await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
    }

    @Test(arguments: ModelGolden.all(of: "linear")) func equalsTheReferenceOnRecordedBars(
        _ golden: ModelGolden
    ) async throws {
        let set = try RecordedSet.training(isDirection: golden.isDirection)
        let predictor = try await predictor(set, try golden.options(Linear.descriptor.schema))
        golden.expect(try predictor.values(try RecordedSet.probes(), width: 4))
    }

    @Test func thereAreReferencesForEveryLoss() {
        let texts = ModelGolden.all(of: "linear").map(\.testDescription)
        for loss in ["squared", "huber", "logistic"] { #expect(texts.contains { $0.contains("loss=\(loss)") }) }
    }

    @Test func leavesOutFeaturesThatSayTooLittle() async throws {
        let set = try RecordedSet.training()
        let found = try await predictor(set, ["l1": .number(400), "l2": .number(0)]).values(set.values, width: 4)
        let mean = set.labels.reduce(0, +) / Double(set.count)
        #expect(found.allSatisfy { abs($0 - mean) < 1e-15 }, "no correlation is above 1")
    }

    @Test(arguments: ["squared", "huber", "logistic"]) func givesAConstantFeatureNoWeight(loss: String) async throws {
        let values: [Double] = [1, 5, 2, 5, 3, 5, 4, 5, 5, 5, 6, 5]
        let set = trainingSet(["x", "same"], values, loss == "logistic" ? [0, 1, 0, 1, 1, 0] : [2, 4, 7, 8, 9, 12])
        for l1 in loss == "squared" ? [0.0, 0.1] : [0] {
            let changes: [String: ConfigurationValue] = ["loss": .text(loss), "l1": .number(l1), "l2": .number(0)]
            let found = try await predictor(set, changes).values([5, 5, 5, 500], width: 2)
            #expect(found[0] == found[1] && found[0].isFinite)
        }
    }

    @Test(arguments: ["squared", "huber"]) func givesTheMeanWhereNothingVaries(loss: String) async throws {
        let found = try await predictor(trainingSet(["x"], [3, 1, 2], [2, 2, 2]), ["loss": .text(loss)])
        #expect(try found.values([99], width: 1) == [2])
    }

    @Test func huberHeedsAnOutlierLess() async throws {
        let values = (0..<50).map { Double($0) }
        var labels = values.map { 2 * $0 + ($0.truncatingRemainder(dividingBy: 3) - 1) }
        labels[40] = 5_000
        let set = trainingSet(["x"], values, labels)
        let squared = try await predictor(set, ["l2": .number(0)]).values([10], width: 1)[0]
        let huber = try await predictor(set, ["loss": .text("huber"), "l2": .number(0)]).values([10], width: 1)[0]
        #expect(abs(huber - 20) < 1 && abs(squared - 20) > 7, "\(huber), \(squared)")
    }

    /// A row of weight two is learned from as two rows are.
    @Test(arguments: ["squared", "huber", "logistic"]) func aRowCountsByItsWeight(loss: String) async throws {
        let set = try RecordedSet.training(isDirection: loss == "logistic")
        let twice = set.labels.indices.map { $0 % 3 == 0 ? 2 : 1 }
        let places = set.labels.indices.flatMap { Array(repeating: $0, count: twice[$0]) }
        let all = Double(places.count)
        let weighed = TrainingSet(
            features: set.features, values: set.values, labels: set.labels, times: set.times,
            instruments: set.instruments, weights: twice.map { Double($0) * Double(set.count) / all })
        let doubled = trainingSet(set.features, places.flatMap { set.window($0) }, places.map { set.labels[$0] })
        let options: (Double) -> [String: ConfigurationValue] = { ["loss": .text(loss), "l2": .number($0)] }
        // The penalty is in rows, and there are more of them.
        let rows = try RecordedSet.probes()
        let found = try await predictor(weighed, options(1)).values(rows, width: 4)
        let expected = try await predictor(doubled, options(all / Double(set.count))).values(rows, width: 4)
        let plain = try await predictor(set, options(1)).values(rows, width: 4)
        let scale = expected.map(abs).max() ?? 1
        for place in expected.indices { #expect(abs(found[place] - expected[place]) <= 1e-6 * scale) }
        #expect(zip(found, plain).contains { abs($0 - $1) > 1e-4 * scale })
    }

    @Test func refusesLabelsThatAreNoClasses() async throws {
        let error = try await fitFault(try RecordedSet.training(), ["loss": .text("logistic")])
        #expect(error?.code == .badRequest)
        #expect(error?.message.contains("the label of training row 0 is") == true)
        #expect(error?.message.contains("direction") == true)
    }

    @Test func refusesOneClass() async throws {
        let error = try await fitFault(trainingSet(["x"], [1, 2, 3], [1, 1, 1]), ["loss": .text("logistic")])
        #expect(error?.code == .noData)
        #expect(error?.message.contains("all 3 training rows are of class 1") == true)
    }

    @Test func asksForAPenaltyWhereTheClassesPart() async throws {
        let set = trainingSet(["x"], [1, 2, 3, 4], [0, 0, 1, 1])
        let error = try await fitFault(set, ["loss": .text("logistic"), "l2": .number(0)])
        #expect(error?.code == .quality)
        #expect(error?.message.contains("Set 'l2' higher") == true)
        let found = try await predictor(set, ["loss": .text("logistic")]).values([1, 4], width: 1)
        #expect(found[0] < 0.5 && found[1] > 0.5)
    }

    @Test(arguments: ["squared", "huber", "logistic"]) func refusesNumbersThatAreNotFinite(loss: String) async throws {
        for value in [Double.nan, .infinity] {
            let set = trainingSet(["x"], [1, 2, value], [0, 1, 0])
            let error = try await fitFault(set, ["loss": .text(loss)])
            #expect(error?.message.contains("'x' of training row 2") == true)
        }
    }

    @Test func refusesAnL1ThatTheLossDoesNotTake() {
        for loss in ["huber", "logistic"] {
            let faults = Linear.validate(
                options(Linear.descriptor, ["loss": .text(loss), "l1": .number(1)]))
            #expect(faults.map(\.option) == ["l1"])
        }
        #expect(Linear.validate(options(Linear.descriptor, ["l1": .number(1)])).isEmpty)
    }

    @Test func refusesAnArtifactOfAnotherVersion() async throws {
        let set = try RecordedSet.training()
        let model = try model([:])
        var artifact = try await model.fit(set, context: FitContext(seed: 1))
        artifact[7] = 9
        let error = await fault { _ = try model.load(artifact, features: set.features) }
        #expect(error?.code == .corrupted)
        #expect(error?.message == "model/linear: the artifact has version 9; read here is 1. Fit the model again.")
    }
}
