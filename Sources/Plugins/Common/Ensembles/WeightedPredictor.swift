public import PluginKit
import TabularModels

/// Predicts with weights; a few operations a member, allocates nothing.
public struct WeightedPredictor: Predictor {
    private let formula: WeightedMembers
    private let columns: MemberColumns
    /// The columns it gives.
    public let outputs: [OutputColumn]
    private let owner: StaticString

    /// Takes what was learned; `owner` is the model, `kind/id`, and begins every message.
    public init(formula: WeightedMembers, columns: MemberColumns, outputs: [OutputColumn], owner: StaticString) {
        self.formula = formula
        self.columns = columns
        self.outputs = outputs
        self.owner = owner
    }

    /// Predicts rows.
    public func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(width: columns.width, input: input.count, output: output.count, owner: owner)
        for row in 0..<shape.batch { output[row] = formula.value(input, at: row * columns.width, columns.members) }
    }
}
