import Ensembles
public import PluginKit
import TabularModels

/// A vote of models: the mean or median of what they predict, or a mean weighted by how well they did.
///
/// - Task: that of its members. `inverse_error` weighs by one over the mean squared error of each; `hedge` by
///   `exp(-rate * sum of losses)`, where the loss of an event time is the mean squared error there over four times the variance of
///   the labels, at most 1. With `half_life` older rows count less.
/// - Input: `[batch, 1, member...]`, NaN for a member that gave nothing: it is left out and the other weights grow in proportion.
///   Columns beside the members mean nothing to it. Output: `[batch, value]`.
/// - Cost: `fit` O(rows * members); `predict` O(members), the median O(members^2); allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Paper: Y. Freund, R. Schapire, *A Decision-Theoretic Generalization of On-Line Learning*, 1997 (hedge).
public struct Voting: Model {
    /// What the plugin is: `model/voting`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "voting", summary: "Mean, median or weighted mean of other models.",
        schema: ConfigurationSchema([
            .choice(
                "method", Method.allCases.map(\.rawValue), default: Method.mean.rawValue,
                "How what the members say becomes one number; the last two weigh by how well each did."),
            .integer(
                "half_life", 0...1_000_000, default: 0, unit: "bars",
                "Event times after which what a member did counts half; 0 for never."),
            .number("rate", 0.001...100, default: 0.5, "How fast hedge leaves members that do worse."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The vote, in the target's unit.")]
    ).combining()

    /// How a vote is taken.
    enum Method: String, CaseIterable {
        case mean
        case median
        case inverseError = "inverse_error"
        case hedge
    }

    private static let owner = "model/voting"
    private static let format = SealedArtifact("VOTING", owner: owner)
    private let method: Method
    private let halfLife: Int
    private let rate: Double

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        method = Method(rawValue: try configuration.text("method")) ?? .mean
        halfLife = try configuration.integer("half_life")
        rate = try configuration.number("rate")
    }

    /// Weighs the members; throws `.badRequest` for a set it cannot use.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0)
        let table = try MemberTable(set, halfLife: halfLife, owner: Self.owner)
        var writer = StateWriter()
        writer.write(method == .median ? 1 : 0)
        let formula = WeightedMembers(weights: weights(table)).normalised
        formula.write(to: &writer)
        if method != .median { formula.report(table, of: set, to: context) }
        return Self.format.seal(writer, features: set.features)
    }

    private func weights(_ table: MemberTable) -> [Double] {
        switch method {
        case .mean, .median: table.columns.members.map { _ in 1 }
        case .inverseError:
            table.squaredErrors().map { $0.isFinite ? 1 / max($0, .leastNormalMagnitude) : 0 }.scaled
        case .hedge: Hedge(table, rate: rate).weights
        }
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

extension [Double] {
    /// The same in proportion to the greatest, so that none is too large to add.
    fileprivate var scaled: [Double] {
        guard let greatest = self.max(), greatest > 0 else { return self }
        return map { $0 / greatest }
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
