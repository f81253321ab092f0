import PluginKit
import TabularModels

/// What a fit has learned: a formula that all share, and where each learner begins.
struct FittedLine: OnlinePredictor {
    let outputs: [OutputColumn]
    private let line: LearnedLine

    init(_ line: LearnedLine, outputs: [OutputColumn]) {
        self.line = line
        self.outputs = outputs
    }

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = line.width
        try shape.checkTabular(width: width, input: input.count, output: output.count, owner: LearnedLine.owner)
        for row in 0..<output.count {
            output[row] = line.value(input.extracting(row * width..<(row + 1) * width))
        }
    }

    func learner() -> any Learner { line }
}

/// A linear formula over standardised features with what is known of its weights: predicts, and learns.
struct LearnedLine: Learner {
    static let owner: StaticString = "model/online_linear"

    private let means: [Double]
    /// One over the deviation of each feature; 0 for one that does not vary.
    private let scales: [Double]
    private var squares: RecursiveLeastSquares
    private var row: [Double]

    /// Knows nothing yet.
    init(_ scaling: FeatureScaling, forgetting: Double, l2: Double) {
        means = scaling.means
        scales = scaling.deviations.map { $0 > 0 ? 1 / $0 : 0 }
        squares = RecursiveLeastSquares(width: means.count + 1, forgetting: forgetting, start: 1 / l2)
        row = [Double](repeating: 1, count: means.count + 1)
    }

    /// How many features it takes.
    var width: Int { means.count }

    /// The weights, that of no feature first: what the variance of each prediction rests on.
    var weights: [Double] { squares.weights }

    @inline(__always)
    func value(_ features: Span<Double>) -> Double {
        var value = squares.weights[0]
        for feature in 0..<width {
            value += (features[feature] - means[feature]) * scales[feature] * squares.weights[feature + 1]
        }
        return value
    }

    func predict(_ features: Span<Double>, into output: inout MutableSpan<Double>) throws(PluginError) {
        try TensorShape(batch: 1, features: features.count)
            .checkTabular(width: width, input: features.count, output: output.count, owner: Self.owner)
        output[0] = value(features)
    }

    mutating func learn(_ features: Span<Double>, label: Double) throws(PluginError) {
        try TensorShape(batch: 1, features: features.count)
            .checkTabular(width: width, input: features.count, output: 1, owner: Self.owner)
        var isUsable = label.isFinite
        for feature in 0..<width {
            let number = (features[feature] - means[feature]) * scales[feature]
            isUsable = isUsable && number.isFinite
            row[feature + 1] = number
        }
        guard isUsable, squares.update(row, label) else { throw Self.unusable }
    }

    func save(to writer: inout StateWriter) { squares.save(to: &writer) }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        do throws(PluginError) {
            try squares.restore(from: &reader)
        } catch {
            throw PluginError(
                .corrupted,
                "\(Self.owner): what was learned cannot be read: \(error.message) Learn again from the fit.",
                cause: error)
        }
    }

    private static let unusable = PluginError(
        .quality,
        "\(owner): a row or its label is no finite number, or too large to learn from; allowed are finite numbers. Nothing was "
            + "learned of it.")
}

extension LearnedLine {
    /// Writes the artifact's content.
    func write(to writer: inout StateWriter) {
        writer.write(squares.forgetting)
        writer.write(squares.start)
        writer.write(means)
        writer.write(scales)
        squares.save(to: &writer)
    }

    /// Reads what `write` wrote.
    init(from reader: inout StateReader, width: Int) throws(PluginError) {
        let (forgetting, start) = (try reader.readDouble(), try reader.readDouble())
        means = try reader.readDoubles(count: width)
        scales = try reader.readDoubles(count: width)
        guard forgetting > 0, forgetting <= 1, start > 0, start.isFinite, (means + scales).allSatisfy(\.isFinite) else {
            throw PluginError(.corrupted, "the artifact holds numbers that no fit leaves.")
        }
        squares = RecursiveLeastSquares(width: width + 1, forgetting: forgetting, start: start)
        row = [Double](repeating: 1, count: width + 1)
        try squares.restore(from: &reader)
    }
}
