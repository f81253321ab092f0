import Ensembles
public import PluginKit
import TabularModels

/// A small net over what other models predict, and over features that say when to believe whom.
///
/// - Task: regression. The prediction is the mean of the members, weighted by what `adaptive` gives (see `MemberWeighting`), plus
///   what a net with one hidden layer adds to it; it begins at nothing, so a net that learns nothing is a vote. Minimised is the mean
///   squared error of standardised rows plus `l2` times the squares of the weights, by Adam over all rows at once.
/// - Input: `[batch, 1, member..., feature...]`, NaN for a member that gave nothing: the net hears the mean of the others.
///   Output: `[batch, value]`.
/// - Cost: `fit` O(epochs * rows * columns * hidden); `predict` O(columns * hidden), allocates nothing.
/// - Seed: the first weights. The same set, options and seed give the same bytes.
/// - Paper: L. Hansen, P. Salamon, *Neural Network Ensembles*, 1990; D. Kingma, J. Ba, *Adam*, 2015.
public struct Neural: Model {
    /// What the plugin is: `model/neural`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "neural", summary: "Small neural net over what other models predict, and features.",
        schema: ConfigurationSchema(
            [
                .integer("hidden", 1...64, default: 8, unit: "units", "Units of the hidden layer."),
                .integer("epochs", 1...10_000, default: 200, "Steps over all rows."),
                .number("learning_rate", 1e-5...1, default: 0.01, "Size of a step."),
                .number("l2", 0...10, default: 0.001, "Penalty on the squares of the weights."),
            ] + MemberWeighting.options()),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")]
    ).combining()

    private static let owner = "model/neural"
    private static let format = SealedArtifact("NEURAL", version: 2, owner: owner)
    private let trainer: NetTrainer
    private let weighting: MemberWeighting

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        trainer = NetTrainer(
            hidden: try configuration.integer("hidden"), epochs: try configuration.integer("epochs"),
            rate: try configuration.number("learning_rate"), l2: try configuration.number("l2"))
        weighting = try MemberWeighting(configuration)
    }

    /// Learns; calls `context.checkpoint` before each step. Throws `.badRequest` for a set it cannot use.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        let table = try weighting.table(set, owner: Self.owner)
        let vote = weighting.weights(table)
        let net = try trainer.fit(table, vote, context)
        guard net.isUsable else {
            throw PluginError(
                .quality, "\(Self.owner): the net learned numbers that are not finite. Lower 'learning_rate'.")
        }
        var writer = StateWriter()
        vote.write(to: &writer)
        net.write(to: &writer)
        net.share(of: table, vote).report(table, of: set, to: context)
        return Self.format.seal(writer, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other columns.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let columns = MemberColumns(features)
        let read = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            (
                vote: try WeightedMembers(from: &reader, members: columns.members.count),
                net: try HiddenNet(from: &reader, inputs: columns.width)
            )
        }
        guard read.net.isUsable, read.vote.isUsable else { throw Self.format.corrupted("holds a number that is none") }
        return NetPredictor(vote: read.vote, net: read.net, columns: columns, outputs: Self.descriptor.outputs)
    }
}

/// Adds what the net says to the weighted mean of the members.
private struct NetPredictor: Predictor {
    let vote: WeightedMembers
    let net: HiddenNet
    let columns: MemberColumns
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(width: columns.width, input: input.count, output: output.count, owner: "model/neural")
        for row in 0..<shape.batch {
            let start = row * columns.width
            let mean = vote.value(input, at: start, columns.members)
            guard mean.isFinite else {
                output[row] = .nan
                continue
            }
            output[row] =
                mean
                + net.value { place in
                    let value = input[start + place]
                    return value.isFinite ? value : mean
                }
        }
    }
}
