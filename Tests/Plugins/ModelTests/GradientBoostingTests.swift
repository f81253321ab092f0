import GradientBoostingModel
import PluginKit
import TestSupport
import Testing

private let library = try? LightGBMLibrary(folder: Repository.root)
private let missing: Comment = "LightGBM is not installed. Run `make bench-peers`, which puts it into .venv-bench"

@Suite(.enabled(if: library != nil, missing)) struct GradientBoostingTests {
    private func model(_ changes: [String: ConfigurationValue] = [:]) throws(PluginError) -> GradientBoosting {
        try GradientBoosting(
            options(GradientBoosting.descriptor, changes),
            context: PluginContext(
                baseDirectory: Repository.root, stateDirectory: "/nowhere", instruments: NoInstruments()))
    }

    private func predictor(_ set: TrainingSet, _ changes: [String: ConfigurationValue]) async throws -> any Predictor {
        let model = try model(changes)
        return try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: set.features)
    }

    /// Compares the evaluator with the library on rows of recorded bars and on made ones.
    private func expectEqual(_ set: TrainingSet, _ change: (inout LightGBMTrainer) -> Void = { _ in }) throws {
        var trainer = LightGBMTrainer()
        change(&trainer)
        let (booster, rounds) = try trainer.fit(set, context: FitContext(seed: 3), library: try #require(library))
        let forest = try LeafForest(try booster.save(rounds: rounds), owner: "model/gradient_boosting")
        let rows = try RecordedSet.probes() + set.values + bentSet(rows: 500, features: 4).values
        let expected = try booster.predict(rows, width: 4, rounds: rounds)
        let found = predicted(forest, rows)
        for row in expected.indices {
            #expect(abs(found[row] - expected[row]) <= 1e-12 * max(1, abs(expected[row])), "row \(row)")
        }
        #expect(Set(found).count > 20)
    }

    private func predicted(_ forest: LeafForest, _ rows: [Double]) -> [Double] {
        var output = [Double](repeating: .nan, count: rows.count / 4)
        var span = output.mutableSpan
        forest.predict(rows.span, into: &span)
        return output
    }

    @Test func equalsTheLibraryRowByRow() throws { try expectEqual(try RecordedSet.training()) }
    @Test func equalsTheLibraryOnLinearTrees() throws {
        try expectEqual(try RecordedSet.training()) { $0.isLinear = true }
        try expectEqual(bentSet(rows: 2_000, features: 4)) { $0.isLinear = true }
    }
    @Test func equalsTheLibraryOnClasses() throws {
        try expectEqual(try RecordedSet.training(isDirection: true)) { $0.loss = .logistic }
    }
    @Test(arguments: [LightGBMTrainer.Loss.absolute, .huber]) func equalsTheLibrary(
        on loss: LightGBMTrainer.Loss
    ) throws {
        try expectEqual(bentSet(rows: 1_000, features: 4)) { $0.loss = loss }
    }
    /// A feature that names kinds whose means have no order, negative, missing and unknown kinds among what is predicted.
    @Test func equalsTheLibraryOnKinds() throws {
        var numbers = Sequence64(state: 4)
        let values = (0..<12_000).map { $0 % 4 == 1 ? Double(Int(numbers.next() * 70)) : numbers.next() }
        let labels = (0..<3_000).map { row in
            let kind = values[4 * row + 1]
            return (kind * 7).truncatingRemainder(dividingBy: 11) / 11 + 0.1 * values[4 * row] + 0.01 * numbers.next()
        }
        let set = trainingSet(["a", "kind", "b", "c"], values, labels)
        try expectEqual(set) { $0.categories = "kind" }
        var trainer = LightGBMTrainer()
        trainer.categories = "kind"
        let (booster, _) = try trainer.fit(set, context: FitContext(seed: 3), library: try #require(library))
        let text = try booster.save()
        #expect(!String(decoding: text, as: UTF8.self).contains("num_cat=0\n"), "every tree splits by kinds")
        let rows = [-3, -0.5, .nan, 3.7, 69, 70, 5_000, 1e300, -.infinity, .infinity].flatMap { [0.5, $0, 0.5, 0.5] }
        let forest = try LeafForest(text, owner: "model/gradient_boosting")
        let expected = try booster.predict(rows.map { $0.magnitude > 1e9 ? .nan : $0 }, width: 4)
        #expect(predicted(forest, rows) == expected)
    }

    @Test func refusesKindsThatAreNone() async throws {
        let model = try model(["categories": .text("x")])
        for value in [-1, 0.5, 1_024] {
            let set = trainingSet(["x"], [1, 2, value], [0, 1, 0])
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(
                error?.message.contains("'x' of training row 2 is \(value); allowed in 'categories' are whole") == true)
        }
    }

    @Test func equalsTheLibraryOnDeepTreesOfSampledRows() throws {
        try expectEqual(bentSet(rows: 3_000, features: 4)) { trainer in
            trainer.leaves = 500
            trainer.minLeaf = 1
            trainer.subsample = 0.6
            trainer.columnSample = 0.5
            trainer.rounds = 13
        }
    }
    @Test func equalsTheLibraryWhereGrowingEndsEarly() throws {
        try expectEqual(bentSet(rows: 1_000, features: 4)) { trainer in
            trainer.patience = 3
            trainer.rounds = 400
            trainer.learningRate = 0.5
        }
    }

    @Test func endsEarlyWhereTheWatchedRowsGainNoMore() throws {
        var trainer = LightGBMTrainer()
        trainer.patience = 5
        trainer.rounds = 500
        let set = try RecordedSet.training()
        let (_, rounds) = try trainer.fit(set, context: FitContext(seed: 1), library: try #require(library))
        #expect(rounds >= 1 && rounds < 100, "returns of a day are nearly noise: \(rounds) rounds")
    }

    @Test func givesTheSameBytesForTheSameSeed() async throws {
        let set = try RecordedSet.training()
        let model = try model(["subsample": .number(0.5), "column_sample": .number(0.5), "rounds": .integer(20)])
        let first = try await model.fit(set, context: FitContext(seed: 7))
        #expect(try await model.fit(set, context: FitContext(seed: 7)) == first)
        #expect(try await model.fit(set, context: FitContext(seed: 8)) != first)
    }

    @Test func givesTheMeanWhereNothingVaries() async throws {
        let set = trainingSet(["x", "y"], [Double](repeating: 3, count: 100), (0..<50).map { Double($0 % 2) })
        #expect(try await predictor(set, [:]).values([3, 3, 9, 9], width: 2) == [0.5, 0.5])
    }

    @Test func refusesWhatItCannotLearnFrom() async throws {
        let classes: [String: ConfigurationValue] = ["loss": .text("logistic")]
        let cases: [(TrainingSet, [String: ConfigurationValue], String)] = [
            (trainingSet(["x"], [1, 2, .infinity], [0, 1, 0]), [:], "'x' of training row 2 is inf"),
            (trainingSet(["x"], [1, 2, 3], [0, .nan, 0]), [:], "the label of training row 1 is nan"),
            (trainingSet(["x"], [1, 2, 3], [0, 0.5, 0]), classes, "classes are 0 and 1"),
            (trainingSet(["x"], [1, 2, 3], [1, 1, 1]), classes, "two classes are needed"),
        ]
        for (set, changes, text) in cases {
            let model = try model(changes)
            let error = await fault { _ = try await model.fit(set, context: FitContext(seed: 1)) }
            #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
        }
    }

    @Test func refusesADamagedArtifact() async throws {
        let set = try RecordedSet.training()
        let model = try model(["rounds": .integer(3)])
        let artifact = try await model.fit(set, context: FitContext(seed: 1))
        for place in stride(from: 0, to: artifact.count, by: 97) {
            var bytes = artifact
            bytes[place] ^= 0x40
            let error = await fault { _ = try model.load(bytes, features: set.features) }
            #expect(error?.code == .corrupted)
        }
    }

    /// Text whose checksum was made to fit is refused, or gives numbers; it never reads out of bounds.
    @Test func survivesChangedText() throws {
        let (booster, _) = try LightGBMTrainer().fit(
            bentSet(rows: 300, features: 4), context: FitContext(seed: 1), library: try #require(library))
        let text = try booster.save(rounds: 2)
        var numbers = Sequence64(state: 17)
        for _ in 0..<300 {
            var bytes = text
            for _ in 0..<3 { bytes[Int(numbers.next() * 1_500)] = UInt8(48 + numbers.next() * 10) }
            guard let forest = try? LeafForest(bytes, owner: "model/gradient_boosting"), forest.featureCount == 4 else {
                continue
            }
            #expect(predicted(forest, [0.1, 0.2, 0.3, 0.4]).count == 1)
        }
    }
}

@Suite struct GradientBoostingWithoutLibraryTests {
    @Test func saysHowToInstallTheLibrary() async throws {
        let configuration = options(GradientBoosting.descriptor, ["library": .text("none.so")])
        let error = await fault { try await GradientBoosting(configuration, context: context()).probe() }
        #expect(error?.code == .environment)
        #expect(error?.message.hasPrefix("model/gradient_boosting: 'library' is '/nowhere/none.so'") == true)
        #expect(error?.message.hasSuffix("Install it: python3 -m venv .venv && .venv/bin/pip install lightgbm") == true)
    }
}
