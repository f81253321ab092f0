import PluginKit
import TabularModels
import TreeEnsembles

/// A fitted XGBoost model, served without the library.
struct XGBoostPredictor: Predictor {
    let forest: FlatForest
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(
            width: forest.featureCount, input: input.count, output: output.count, owner: "model/xgboost")
        forest.predict(input, into: &output)
    }
}

extension TrainingSet {
    /// Throws where the library cannot learn from the set; it holds numbers in single precision.
    func checkForXGBoost() throws(PluginError) {
        try checkTabular(owner: "model/xgboost", limit: Double(Float.greatestFiniteMagnitude))
    }
}
