public import PluginKit

/// Weighted mean and standard deviation (population) of each feature of a training set: what the features are standardised by.
public struct FeatureScaling: Sendable, Equatable {
    /// Means in column order.
    public let means: [Double]
    /// Standard deviations; 0 for a feature that does not vary.
    public let deviations: [Double]

    /// Takes stored numbers; both have one a feature.
    public init(means: [Double], deviations: [Double]) {
        self.means = means
        self.deviations = deviations
    }

    /// Measures a tabular set of one row or more; two passes.
    public init(_ set: TrainingSet) {
        let width = set.features.count
        var means = [Double](repeating: 0, count: width)
        for place in set.values.indices {
            means[place % width] += set.weight(place / width) * set.values[place] / Double(set.count)
        }
        var squares = [Double](repeating: 0, count: width)
        for place in set.values.indices {
            let deviation = set.values[place] - means[place % width]
            squares[place % width] += set.weight(place / width) * deviation * deviation / Double(set.count)
        }
        self.means = means
        deviations = zip(squares, means).map { square, mean in Self.deviation(square, mean: mean) }
    }

    /// Returns the deviation of a variance; one that is only rounding of a constant counts as none.
    public static func deviation(_ variance: Double, mean: Double) -> Double {
        let deviation = variance.squareRoot()
        return deviation > mean.magnitude * 1e-12 ? deviation : 0
    }

    /// Writes a row of a set, standardised; a feature that does not vary gives 0.
    public func standardise(_ set: TrainingSet, _ index: Int, into row: inout [Double]) {
        let width = means.count
        for feature in 0..<width {
            let deviation = deviations[feature]
            row[feature] = deviation > 0 ? (set.values[index * width + feature] - means[feature]) / deviation : 0
        }
    }

    /// Returns all rows of a set, standardised, row-major.
    public func standardised(_ set: TrainingSet) -> [Double] {
        var rows: [Double] = []
        rows.reserveCapacity(set.values.count)
        var row = [Double](repeating: 0, count: means.count)
        for index in 0..<set.count {
            standardise(set, index, into: &row)
            rows += row
        }
        return rows
    }
}
