import PluginKit
import RandomForestModel
import Testing
import TreeEnsembles
import XGBoostInterface

@Suite(.enabled(if: isXGBoostInstalled, noXGBoost)) struct RandomForestTests {
    private func model(_ changes: [String: ConfigurationValue] = [:]) throws(PluginError) -> RandomForest {
        try RandomForest(options(RandomForest.descriptor, changes), context: context())
    }

    @Test func equalsTheLibraryRowByRow() throws {
        let set = try RecordedSet.training()
        let trainer = RandomForestTrainer(trees: 60, maxDepth: 10, minLeaf: 2)
        let booster = try trainer.fit(set, context: FitContext(seed: 3), library: try XGBoostLibrary())
        let forest = try XGBoostDocument(try booster.save(), owner: "model/random_forest").forest
        let rows = try RecordedSet.probes() + set.values
        let expected = try booster.predict(rows.map { Float($0) }, width: 4)
        let found = (0..<rows.count / 4).map { forest.value(Array(rows[$0 * 4..<$0 * 4 + 4])) }
        #expect(found == expected)
        #expect(Set(found).count > 300)
    }

    /// With every row in one leaf a tree is the mean of its bootstrap sample, so the forest is near the mean of all.
    @Test func isTheMeanOfTreesThatDoNotCorrectEachOther() async throws {
        let set = trainingSet(["x"], (0..<100).map { Double($0) }, (0..<100).map { $0 < 50 ? 0.0 : 1 })
        let model = try model(["max_depth": .integer(1), "min_leaf": .integer(1), "column_sample": .number(1)])
        let predictor = try model.load(try await model.fit(set, context: FitContext(seed: 1)), features: ["x"])
        let found = try predictor.values([10, 90], width: 1)
        #expect(abs(found[0]) < 0.05 && abs(found[1] - 1) < 0.05, "\(found): a stump tells the halves apart")
        let single = try self.model(["max_depth": .integer(1), "min_leaf": .integer(100)])
        let flat = try single.load(try await single.fit(set, context: FitContext(seed: 1)), features: ["x"])
        let values = try flat.values([10, 90], width: 1)
        #expect(values[0] == values[1] && abs(values[0] - 0.5) < 0.05, "no split leaves 100 rows on both sides")
    }

    @Test func givesOtherTreesForAnotherSeedOnly() async throws {
        let set = try RecordedSet.training()
        let model = try model(["trees": .integer(10)])
        let first = try await model.fit(set, context: FitContext(seed: 7))
        #expect(try await model.fit(set, context: FitContext(seed: 7)) == first)
        #expect(try await model.fit(set, context: FitContext(seed: 8)) != first)
    }

    @Test func refusesADamagedArtifactAndOneOfOtherFeatures() async throws {
        let set = try RecordedSet.training()
        let model = try model(["trees": .integer(3)])
        let artifact = try await model.fit(set, context: FitContext(seed: 1))
        for place in stride(from: 0, to: artifact.count, by: 97) {
            var bytes = artifact
            bytes[place] ^= 0x40
            let error = await fault { _ = try model.load(bytes, features: set.features) }
            #expect(error?.code == .corrupted)
        }
        let error = await fault { _ = try model.load(artifact, features: set.features.reversed()) }
        #expect(error?.code == .badRequest)
    }

    @Test func saysHowToInstallTheLibrary() async throws {
        let error = await fault { try await model(["library": .text("none.so")]).probe() }
        #expect(error?.message.hasPrefix("model/random_forest: 'library' is '/nowhere/none.so'") == true)
        #expect(error?.message.hasSuffix("Install it: sudo apt-get install libxgboost-dev") == true)
    }
}
