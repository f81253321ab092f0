public import PluginKit
import TabularModels

/// A fitted forest, served without the library that grew it; one number a row.
public struct ForestPredictor: Predictor {
    private let forest: FlatForest
    /// The columns it gives.
    public let outputs: [OutputColumn]
    private let owner: StaticString

    /// Takes a forest; `owner` is the model, `kind/id`, and begins every message.
    public init(forest: FlatForest, outputs: [OutputColumn], owner: StaticString) {
        self.forest = forest
        self.outputs = outputs
        self.owner = owner
    }

    /// Predicts rows; allocates nothing.
    public func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(
            width: forest.featureCount, input: input.count, output: output.count, owner: owner)
        forest.predict(input, into: &output)
    }
}
