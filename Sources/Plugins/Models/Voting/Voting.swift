import Ensembles
public import PluginKit
import TabularModels

/// A vote of models: the mean or median of what they predict, or a mean weighted by how well they did.
///
/// - Task: that of its members. `adaptive` gives the weights of the mean: see `MemberWeighting`.
/// - Input: `[batch, 1, member...]`, NaN for a member that gave nothing: it is left out and the other weights grow in proportion.
///   Columns beside the members mean nothing to it. Output: `[batch, value]`.
/// - Cost: `fit` O(rows * members); `predict` O(members), the median O(members^2); allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Paper: Y. Freund, R. Schapire, *A Decision-Theoretic Generalization of On-Line Learning*, 1997 (hedge).
public struct Voting: Model {
    /// What the plugin is: `model/voting`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "voting", summary: "Mean, median or weighted mean of other models.",
        schema: ConfigurationSchema(
            [
                .choice(
                    "method", Method.allCases.map(\.rawValue), default: Method.mean.rawValue,
                    "How what the members say becomes one number; a mean is weighted by 'adaptive'.")
            ] + MemberWeighting.options()),
        outputs: [OutputColumn("value", unit: "", "The vote, in the target's unit.")]
    ).combining()

    /// How a vote is taken.
    enum Method: String, CaseIterable {
        case mean
        case median
    }

    private static let owner = "model/voting"
    private static let format = SealedArtifact("VOTING", owner: owner)
    private let method: Method
    private let weighting: MemberWeighting

    /// Finds weights of a median, which has none.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard (try? configuration.text("method")) == Method.median.rawValue,
            let adaptive = try? configuration.text("adaptive"), adaptive != MemberWeighting.Adaptive.none.rawValue
        else { return [] }
        return [
            ConfigurationFault(
                option: "adaptive",
                "'adaptive' is \(adaptive) with 'method' median, which has no weights; allowed none. Remove it, or use 'method: mean'."
            )
        ]
    }

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        method = Method(rawValue: try configuration.text("method")) ?? .mean
        weighting = try MemberWeighting(configuration)
    }

    /// Weighs the members; throws `.badRequest` for a set it cannot use.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0)
        let table = try weighting.table(set, owner: Self.owner)
        var writer = StateWriter()
        writer.write(method == .median ? 1 : 0)
        let formula = weighting.weights(table)
        formula.write(to: &writer)
        if method != .median { formula.report(table, of: set, to: context) }
        return Self.format.seal(writer, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other members.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let columns = MemberColumns(features)
        let read = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            (
                isMedian: try reader.readInt(in: 0...1) == 1,
                formula: try WeightedMembers(from: &reader, members: columns.members.count)
            )
        }
        guard read.formula.isUsable else { throw Self.format.corrupted("holds a weight that is none") }
        let outputs = Self.descriptor.outputs
        guard read.isMedian else {
            return WeightedPredictor(formula: read.formula, columns: columns, outputs: outputs, owner: "model/voting")
        }
        return MedianPredictor(columns: columns, outputs: outputs)
    }
}

/// The middle of what the members predict, of an even number the mean of the two middle ones.
private struct MedianPredictor: Predictor {
    let columns: MemberColumns
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(width: columns.width, input: input.count, output: output.count, owner: "model/voting")
        for row in 0..<shape.batch { output[row] = median(input, at: row * columns.width) }
    }

    /// The member of a rank is found by counting those below it: nothing is allocated.
    private func median(_ input: Span<Double>, at start: Int) -> Double {
        var count = 0
        for member in columns.members where input[start + member].isFinite { count += 1 }
        guard count > 0 else { return .nan }
        let upper = ranked(input, start, count / 2)
        return count % 2 == 1 ? upper : (ranked(input, start, count / 2 - 1) + upper) / 2
    }

    private func ranked(_ input: Span<Double>, _ start: Int, _ rank: Int) -> Double {
        for member in columns.members where input[start + member].isFinite {
            let value = input[start + member]
            var (below, equal) = (0, 0)
            for other in columns.members where input[start + other].isFinite {
                if input[start + other] < value { below += 1 } else if input[start + other] == value { equal += 1 }
            }
            if below <= rank, rank < below + equal { return value }
        }
        return .nan
    }
}
