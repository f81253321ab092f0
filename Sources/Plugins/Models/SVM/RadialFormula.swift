import Glibc
import PluginKit
import TabularModels

/// `link(scale * (sum coefficient * exp(-gamma * |z - vector|^2) - rho) + shift)` over standardised features `z`.
struct RadialFormula: Sendable, Equatable {
    var gamma: Double
    var scale: Double
    var shift: Double
    var link: LinearFormula.Link
    /// Vectors in the features' own units, row-major, so that a row needs no standardising.
    var vectors: [Double]
    var coefficients: [Double]
    /// 1 by the deviation of a feature; 0 for one that does not vary.
    var inverses: [Double]

    /// Takes vectors of standardised features.
    init(
        gamma: Double, scaling: FeatureScaling, vectors: [Double], coefficients: [Double], scale: Double, shift: Double,
        link: LinearFormula.Link
    ) {
        let width = scaling.means.count
        self.gamma = gamma
        self.scale = scale
        self.shift = shift
        self.link = link
        self.vectors = vectors.indices.map { place in
            scaling.means[place % width] + vectors[place] * scaling.deviations[place % width]
        }
        self.coefficients = coefficients
        inverses = scaling.deviations.map { $0 > 0 ? 1 / $0 : 0 }
    }

    func write(to writer: inout StateWriter) {
        writer.write(link.rawValue)
        for number in [gamma, scale, shift] { writer.write(number) }
        writer.write(coefficients.count)
        writer.write(coefficients)
        writer.write(vectors)
        writer.write(inverses)
    }

    init(from reader: inout StateReader, width: Int) throws(PluginError) {
        link = try reader.readInt(in: 0...1) == 1 ? .logistic : .identity
        gamma = try reader.readDouble()
        scale = try reader.readDouble()
        shift = try reader.readDouble()
        let count = try reader.readInt(in: 0...10_000_000)
        coefficients = try reader.readDoubles(count: count)
        vectors = try reader.readDoubles(count: count * width)
        inverses = try reader.readDoubles(count: width)
    }

    var isFinite: Bool {
        [gamma, scale, shift].allSatisfy(\.isFinite) && coefficients.allSatisfy(\.isFinite)
            && vectors.allSatisfy(\.isFinite) && inverses.allSatisfy(\.isFinite)
    }
}

/// A fitted machine with the RBF kernel; O(vectors * features) a row, allocates nothing.
struct RadialPredictor: Predictor {
    let formula: RadialFormula
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = formula.inverses.count
        try shape.checkTabular(width: width, input: input.count, output: output.count, owner: "model/svm")
        for row in 0..<output.count {
            let value = formula.scale * sum(input, at: row * width) + formula.shift
            output[row] = formula.link == .identity ? value : 1 / (1 + exp(-value))
        }
    }

    @inline(__always)
    private func sum(_ input: Span<Double>, at start: Int) -> Double {
        let width = formula.inverses.count
        var total = 0.0
        for vector in formula.coefficients.indices {
            var distance = 0.0
            for feature in 0..<width {
                let step =
                    (input[start + feature] - formula.vectors[vector * width + feature]) * formula.inverses[feature]
                distance += step * step
            }
            total += formula.coefficients[vector] * exp(-formula.gamma * distance)
        }
        return total
    }
}
