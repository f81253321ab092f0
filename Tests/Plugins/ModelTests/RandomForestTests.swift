import PluginKit
import RandomForestModel
import Synchronization
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

    /// The error over rows that a tree has not seen is near that of rows the forest never saw, and above that of its own.
    @Test func reportsTheErrorOverRowsThatATreeHasNotSeen() async throws {
        let (set, other) = (bentSet(rows: 2_000, features: 4), bentSet(rows: 2_000, features: 4, seed: 12))
        let told = Mutex<[String: Double]>([:])
        let model = try model()
        let artifact = try await model.fit(
            set, context: FitContext(seed: 1, report: { figure, value in told.withLock { $0[figure] = value } }))
        let predictor = try model.load(artifact, features: set.features)
        func error(_ set: TrainingSet) throws -> Double {
            let found = try predictor.values(set.values, width: 4)
            return zip(found, set.labels).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(set.count)
        }
        let unseen = try #require(told.withLock { $0["out_of_bag_error"] })
        let (own, fresh) = (try error(set), try error(other))
        #expect(unseen > 1.2 * own && abs(unseen / fresh - 1) < 0.15, "\(unseen) beside \(own) and \(fresh)")
        #expect(try #require(told.withLock { $0["out_of_bag_r2"] }) > 0.8)
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
