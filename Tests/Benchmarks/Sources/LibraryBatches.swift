import GradientBoostingModel
import PluginKit
import RandomForestModel
import XGBoostInterface
import XGBoostModel

/// 500 rows in one call, as the host predicts the instruments of a pipeline, beside the batch of the library that grew the trees.
enum LibraryBatches {
    private static let block = 500
    private static let rounds = 200

    /// Measures each family whose library is there.
    static func measure(_ set: TrainingSet) throws {
        let context = FitContext(seed: 7)
        if let library = try? XGBoostLibrary() {
            let xgboost = try XGBoostTrainer().booster(set, context: context, library: library)
            for round in 0..<100 { try xgboost.update(round: round) }
            let forest = try RandomForestTrainer(trees: 100, maxDepth: 8).fit(set, context: context, library: library)
            for (name, booster) in [("xgboost", xgboost), ("forest", forest)] {
                let rows = set.values.prefix(block * set.features.count).map { Float($0) }
                try report(name) { _ = try booster.predict(rows, width: set.features.count) }
            }
        }
        if let library = try? LightGBMLibrary(folder: ".") {
            let (booster, _) = try LightGBMTrainer().fit(set, context: context, library: library)
            let rows = Array(set.values.prefix(block * set.features.count))
            try report("boosting") { _ = try booster.predict(rows, width: set.features.count) }
        }
    }

    private static func report(_ name: String, _ predict: () throws -> Void) throws {
        try predict()
        let clock = ContinuousClock()
        let began = clock.now
        for _ in 0..<rounds { try predict() }
        let seconds = began.duration(to: clock.now).inSeconds
        printResult("model_\(name)_library_block", seconds * 1e6 / Double(rounds * block), "us")
    }
}
