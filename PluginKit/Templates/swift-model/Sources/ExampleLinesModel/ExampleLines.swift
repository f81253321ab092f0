public import PluginKit

/// Averages the regressions on each feature alone.
///
/// - Task: regression. For each feature the least-squares line of the label over it; the prediction is their mean.
/// - Input: `[batch, 1, feature]`, finite numbers. Output: `[batch, value]`.
/// - Parameters: none.
/// - Cost: `fit` O(rows * features), `predict` O(features), allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
public struct ExampleLines: Model {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "example_lines", version: "0.1.0",
        summary: "Averages the regressions on each feature alone.", stability: .experimental,
        schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")])

    private let instance: String

    /// Builds an instance; it holds nothing that was learned.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        instance = configuration.instance
    }

    /// Learns means and slopes; asks every 1,024 rows whether to go on.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        let width = set.features.count
        guard set.count > 0, set.time == 1, width > 0, (set.values + set.labels).allSatisfy(\.isFinite) else {
            throw PluginError(
                .badRequest,
                "\(instance): the training set has \(set.count) rows of \(set.time) steps, or numbers that are not "
                    + "finite; allowed 1 step, 1 row or more. Drop such rows.")
        }
        let rows = Double(set.count)
        let label = set.labels.reduce(0, +) / rows
        var means = [Double](repeating: 0, count: width)
        for index in set.values.indices { means[index % width] += set.values[index] / rows }
        var (products, squares) = (means.map { _ in 0.0 }, means.map { _ in 0.0 })
        for row in 0..<set.count {
            if row % 1_024 == 0 { try context.checkpoint(Double(row) / rows) }
            for column in 0..<width {
                let distance = set.values[row * width + column] - means[column]
                products[column] += distance * (set.labels[row] - label)
                squares[column] += distance * distance
            }
        }
        let slopes = zip(products, squares).map { $1 > 0 ? $0 / $1 / Double(width) : 0 }
        try context.checkpoint(1)
        return ExampleLinesArtifact(features: set.features, label: label, means: means, slopes: slopes).bytes
    }

    /// Makes a predictor.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        ExampleLinesPredictor(artifact: try ExampleLinesArtifact(artifact, features: features), instance: instance)
    }
}

/// A fitted model.
struct ExampleLinesPredictor: Predictor {
    let artifact: ExampleLinesArtifact
    let instance: String

    var outputs: [OutputColumn] { ExampleLines.descriptor.outputs }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = artifact.means.count
        guard shape.time == 1, shape.features == width, input.count == shape.count, output.count == shape.batch else {
            throw PluginError(
                .badRequest, "\(instance): a row has \(shape.time) x \(shape.features) numbers; allowed 1 x \(width).")
        }
        for row in 0..<shape.batch {
            var value = artifact.label
            for column in 0..<width {
                value += (input[row * width + column] - artifact.means[column]) * artifact.slopes[column]
            }
            output[row] = value
        }
    }
}
