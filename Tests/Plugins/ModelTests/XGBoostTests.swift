import Foundation
import PluginKit
import Synchronization
import Testing
import TreeEnsembles
import XGBoostInterface
import XGBoostModel

@Suite(.enabled(if: isXGBoostInstalled, noXGBoost)) struct XGBoostTests {
    private func model(_ changes: [String: ConfigurationValue] = [:]) throws(PluginError) -> XGBoost {
        try XGBoost(options(XGBoost.descriptor, changes), context: context())
    }

    private func fitContext(_ seed: UInt64 = 1) -> FitContext { FitContext(seed: seed) }

    /// Fits `changes`, and compares the evaluator with the library on rows of which some miss features.
    private func expectEqual(_ change: (inout XGBoostTrainer) -> Void, rows: Int = 5_000) throws {
        var trainer = XGBoostTrainer()
        change(&trainer)
        let set = bentSet(rows: 2_000, features: 20)
        let booster = try trainer.booster(set, context: fitContext(), library: try XGBoostLibrary())
        for round in 0..<trainer.rounds { try booster.update(round: round) }
        let forest = try XGBoostDocument(try booster.save(), owner: "model/xgboost").forest
        var numbers = Sequence64(state: 21)
        let test = (0..<rows * 20).map { place in
            place / 20 % 2 == 0 && numbers.next() < 0.2 ? Float.nan : Float(numbers.next() * 5 - 2.5)
        }
        let expected = try booster.predict(test, width: 20)
        let different = (0..<rows).filter { row in
            forest.value(single: Array(test[row * 20..<row * 20 + 20])).bitPattern != expected[row].bitPattern
        }
        #expect(different.isEmpty, "rows that differ: \(different.prefix(5))")
        #expect(Set(expected).count > 1)
    }

    @Test func equalsTheLibraryRowByRow() throws { try expectEqual { _ in } }
    @Test func equalsTheLibraryOnStumps() throws { try expectEqual { $0.maxDepth = 1 } }
    @Test func equalsTheLibraryOnDeepTrees() throws {
        try expectEqual { trainer in
            trainer.maxDepth = 14
            trainer.rounds = 11
        }
    }

    @Test func equalsTheLibraryOnARandomForest() throws {
        try expectEqual { trainer in
            trainer.rounds = 1
            trainer.treesPerRound = 37
            trainer.learningRate = 1
            trainer.subsample = 0.7
            trainer.columnSample = 0.6
        }
    }

    @Test func equalsTheLibraryWhereTreesAreSingleLeaves() throws {
        var trainer = XGBoostTrainer()
        trainer.gamma = 1e9
        trainer.rounds = 3
        let set = bentSet(rows: 100, features: 3)
        let booster = try trainer.booster(set, context: fitContext(), library: try XGBoostLibrary())
        for round in 0..<3 { try booster.update(round: round) }
        let forest = try XGBoostDocument(try booster.save(), owner: "model/xgboost").forest
        let row: [Float] = [0.1, 0.2, 0.3]
        #expect(try booster.predict(row, width: 3) == [forest.value(single: row)])
    }

    @Test func learnsAKnownSet() async throws {
        let set = bentSet(rows: 3_000, features: 5)
        let model = try model()
        let predictor = try model.load(try await model.fit(set, context: fitContext()), features: set.features)
        let predictions = try predictor.values(set.values, width: 5)
        let mean = set.labels.reduce(0, +) / Double(set.count)
        let total = set.labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let rest = zip(set.labels, predictions).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(1 - rest / total > 0.95)
    }

    @Test func startsFromTheMeanOfTheLabels() async throws {
        let set = bentSet(rows: 200, features: 2)
        let model = try model(["rounds": .integer(1), "learning_rate": .number(0.0001)])
        let predictor = try model.load(try await model.fit(set, context: fitContext()), features: set.features)
        let mean = set.labels.reduce(0, +) / Double(set.count)
        #expect(abs(try predictor.values([0, 0], width: 2)[0] - mean) < 1e-4)
    }

    @Test func givesTheSameBytesForTheSameSeed() async throws {
        let set = bentSet(rows: 500, features: 6)
        let model = try model(["subsample": .number(0.5), "column_sample": .number(0.5), "rounds": .integer(20)])
        let first = try await model.fit(set, context: fitContext(7))
        let second = try await model.fit(set, context: fitContext(7))
        let other = try await model.fit(set, context: fitContext(8))
        #expect(first == second)
        #expect(first != other)
    }

    @Test func refusesItsArtifactCutAnywhere() async throws {
        let set = bentSet(rows: 300, features: 4)
        let model = try model(["rounds": .integer(10)])
        let artifact = try await model.fit(set, context: fitContext())
        for part in 0..<50 {
            let cut = Array(artifact[..<(artifact.count * part / 50)])
            let error = await fault { _ = try model.load(cut, features: set.features) }
            #expect(error?.code == .corrupted)
        }
    }

    @Test func survivesFlippedBytesInItsArtifact() async throws {
        let set = bentSet(rows: 300, features: 4)
        let model = try model(["rounds": .integer(3)])
        let artifact = try await model.fit(set, context: fitContext())
        var numbers = Sequence64(state: 17)
        for _ in 0..<500 {
            var bytes = artifact
            for _ in 0..<3 { bytes[Int(numbers.next() * Double(bytes.count))] = UInt8(numbers.next() * 256) }
            guard let predictor = try? model.load(bytes, features: set.features) else { continue }
            #expect(try predictor.values([0.1, 0.2, 0.3, 0.4], width: 4)[0].isNaN == false)
        }
    }

    @Test func stopsWhenTheCheckpointThrows() async throws {
        let calls = Mutex(0)
        let stopping = FitContext(seed: 1) { (_) throws(PluginError) in
            let call = calls.withLock { count in
                count += 1
                return count
            }
            if call == 5 { throw PluginError(.cancelled, "cancelled") }
        }
        let model = try model(["rounds": .integer(1_000)])
        let error = await fault { _ = try await model.fit(bentSet(rows: 200, features: 3), context: stopping) }
        #expect(error?.code == .cancelled)
        #expect(calls.withLock { $0 } == 5)
    }

    @Test func reportsProgressFromNothingToAll() async throws {
        let seen = Mutex<[Double]>([])
        let watching = FitContext(seed: 1) { (progress) throws(PluginError) in seen.withLock { $0.append(progress) } }
        _ = try await model(["rounds": .integer(4)]).fit(bentSet(rows: 50, features: 2), context: watching)
        #expect(seen.withLock { $0 } == [0, 0.25, 0.5, 0.75, 1])
    }

    @Test func refusesOtherFeaturesThanItsOwn() async throws {
        let set = bentSet(rows: 100, features: 2)
        let model = try model(["rounds": .integer(2)])
        let artifact = try await model.fit(set, context: fitContext())
        for features in [["f.1", "f.0"], ["f.0"], ["f.0", "f.1", "f.2"]] {
            let error = await fault { _ = try model.load(artifact, features: features) }
            #expect(error?.code == .badRequest)
            #expect(error?.message.contains("'f.0, f.1'") == true)
        }
    }

    @Test func refusesABlockOfAnotherShape() async throws {
        let set = bentSet(rows: 100, features: 2)
        let model = try model(["rounds": .integer(2)])
        let predictor = try model.load(try await model.fit(set, context: fitContext()), features: set.features)
        let error = await fault { _ = try predictor.values([1, 2, 3], width: 3) }
        #expect(error?.code == .badRequest)
    }

    @Test func refusesNumbersItCannotHold() async throws {
        for value in [Double.nan, .infinity, 1e39] {
            let set = trainingSet(["a", "b"], [1, 2, 3, value], [1, 2])
            let error = await fault { _ = try await model().fit(set, context: fitContext()) }
            #expect(error?.code == .badRequest)
            #expect(error?.message.contains("'b' of training row 1") == true)
        }
    }
}

@Suite struct XGBoostWithoutLibraryTests {
    @Test func saysHowToInstallTheLibrary() async throws {
        let configuration = options(XGBoost.descriptor, ["library": .text("none/libxgboost.so")])
        let model = try XGBoost(configuration, context: context())
        let error = await fault { try await model.probe() }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("'library' is '/nowhere/none/libxgboost.so'") == true)
        #expect(error?.message.hasSuffix("Install it: sudo apt-get install libxgboost-dev") == true)
    }

    @Test func servesAStoredArtifactWithoutTheLibrary() throws {
        let configuration = options(XGBoost.descriptor, ["library": .text("none/libxgboost.so")])
        let model = try XGBoost(configuration, context: context())
        let predictor = try model.load(ForestText().bytes, features: ["a", "b"])
        #expect(try predictor.values([0, 1, 0, 2], width: 2) == [0.25, 1.25])
    }

    @Test func refusesMoreTreesThanAModelMayHave() {
        let changes: [String: ConfigurationValue] = ["rounds": .integer(10_000), "trees_per_round": .integer(11)]
        let faults = XGBoost.validate(options(XGBoost.descriptor, changes))
        #expect(faults.map(\.option) == ["trees_per_round"])
        #expect(XGBoost.validate(options(XGBoost.descriptor)).isEmpty)
    }

    @Test(arguments: ["Linear", "XGBoost"]) func hasAReadmeWithEveryHeading(folder: String) throws {
        let file = repository.appending(path: "Sources/Plugins/Models/\(folder)/README.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        for heading in ["Configuration", "Output", "Behaviour", "Example", "Problems", "References"] {
            #expect(text.contains("\n## \(heading)\n"))
        }
    }
}
