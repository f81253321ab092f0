import Glibc
public import PluginKit

/// `link(intercept + sum (x - mean) * weight)`: what linear models learn.
public struct LinearFormula: Sendable, Equatable {
    /// What is done with the sum.
    public enum Link: Int, Sendable {
        /// Nothing.
        case identity = 0
        /// `1 / (1 + exp(-sum))`: a probability.
        case logistic = 1
    }

    /// Added to every prediction.
    public var intercept: Double
    /// Means of the features.
    public var means: [Double]
    /// Weights of the features as they come.
    public var weights: [Double]
    /// What is done with the sum.
    public var link: Link

    /// Takes what was learned on standardised features.
    public init(intercept: Double, scaling: FeatureScaling, weights: [Double], link: Link = .identity) {
        self.intercept = intercept
        means = scaling.means
        self.weights = zip(weights, scaling.deviations).map { weight, scale in scale > 0 ? weight / scale : 0 }
        self.link = link
    }

    /// Writes the formula.
    public func write(to writer: inout StateWriter) {
        writer.write(link.rawValue)
        writer.write(intercept)
        writer.write(means)
        writer.write(weights)
    }

    /// Reads what `write` wrote.
    public init(from reader: inout StateReader, width: Int) throws(PluginError) {
        link = try reader.readInt(in: 0...1) == 1 ? .logistic : .identity
        intercept = try reader.readDouble()
        means = try reader.readDoubles(count: width)
        weights = try reader.readDoubles(count: width)
    }

    /// Whether every number is one.
    public var isFinite: Bool { intercept.isFinite && means.allSatisfy(\.isFinite) && weights.allSatisfy(\.isFinite) }
}

/// A fitted linear model; two operations a feature, allocates nothing.
public struct LinearPredictor: Predictor {
    private let formula: LinearFormula
    /// The columns it gives.
    public let outputs: [OutputColumn]
    private let owner: StaticString

    /// Takes a formula; `owner` is the model, `kind/id`, and begins every message.
    public init(_ formula: LinearFormula, outputs: [OutputColumn], owner: StaticString) {
        self.formula = formula
        self.outputs = outputs
        self.owner = owner
    }

    /// Predicts rows.
    public func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = formula.weights.count
        try shape.checkTabular(width: width, input: input.count, output: output.count, owner: owner)
        for row in 0..<output.count {
            var value = formula.intercept
            for feature in 0..<width {
                value += (input[row * width + feature] - formula.means[feature]) * formula.weights[feature]
            }
            output[row] = formula.link == .identity ? value : 1 / (1 + exp(-value))
        }
    }
}
