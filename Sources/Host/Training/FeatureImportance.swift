import PluginKit

/// How much worse fits predict their tests where the values of one feature change places among the rows: what they rely on.
///
/// Features that say the same share what they are worth; one that a fit does not use has exactly 0.
/// Source: L. Breiman, *Random Forests*, Machine Learning 45, 2001; here over rows that were not learned from.
struct FeatureImportance {
    /// Predictions asked for in each test, all features together.
    private static let most = 16_384
    /// Rows at least, however many features there are.
    private static let leastRows = 32

    private let seed: UInt64
    /// For each test, for each feature: how much the mean squared error grew, as a share of it.
    private var tests: [[Double]] = []

    init(seed: UInt64) { self.seed = seed }

    /// Measures a fit on rows of its test. One that gives no numbers for them is left out: it was judged before.
    mutating func take(_ predictor: any Predictor, _ set: SupervisedSet, _ fold: Fold) {
        let (width, columns) = (set.features.count, predictor.outputs.count)
        let rows = min(fold.test.count, max(Self.leastRows, Self.most / max(1, width)))
        guard rows > 1, width > 0, columns > 0 else { return }
        let places = (0..<rows).map { fold.test[$0 * fold.test.count / rows] }
        let (labels, order, input) = (places.map { set.rows[$0].label }, order(rows), set.input(places))
        func loss(_ input: [Double]) -> Double? {
            guard let output = try? FoldFit.predict(predictor, input, columns, steps: set.steps, width: width),
                output.count == rows * columns
            else { return nil }
            let errors = labels.indices.map { labels[$0] - output[$0 * columns] }
            return errors.reduce(0) { $0 + $1 * $1 }
        }
        guard let usual = loss(input), usual > 0, usual.isFinite else { return }
        let grown = (0..<width).map { feature in
            loss(Self.moved(input, feature, order, width: width)).map { ($0 - usual) / usual } ?? .nan
        }
        if grown.allSatisfy({ $0.isFinite }) { tests.append(grown) }
    }

    /// Each feature with the mean over the tests and the deviation between them; the greatest first.
    func card(_ features: [String]) -> [ModelCard.Importance] {
        guard !tests.isEmpty else { return [] }
        return features.indices.map { place in
            let found = tests.map { $0[place] }
            let mean = found.reduce(0, +) / Double(found.count)
            let squares = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return ModelCard.Importance(
                feature: features[place], mean: mean,
                deviation: found.count > 1 ? (squares / Double(found.count - 1)).squareRoot() : nil)
        }.sorted { ($1.mean, $0.feature) < ($0.mean, $1.feature) }
    }

    /// Which row each row gets the feature of (Fisher and Yates).
    private func order(_ count: Int) -> [Int] {
        var (random, order) = (SplitMix(state: seed), Array(0..<count))
        for place in stride(from: count - 1, to: 0, by: -1) { order.swapAt(place, random.next(below: place + 1)) }
        return order
    }

    /// The rows with one feature of others, in every bar that a row holds.
    private static func moved(_ input: [Double], _ feature: Int, _ order: [Int], width: Int) -> [Double] {
        let size = input.count / order.count
        var moved = input
        for (row, other) in order.enumerated() {
            for place in stride(from: feature, to: size, by: width) {
                moved[row * size + place] = input[other * size + place]
            }
        }
        return moved
    }
}
