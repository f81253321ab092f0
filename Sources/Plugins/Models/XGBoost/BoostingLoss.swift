import Glibc
import PluginKit
import TabularModels

/// What boosting makes small over some rows. The squared error's derivatives are the library's own; those of the others are
/// computed here, so that they mean the same with every version of the library.
package struct BoostingLoss: Sendable {
    /// The losses.
    package enum Kind: String, CaseIterable, Sendable {
        /// The squared error: the prediction is a mean.
        case squared
        /// `max(q e, (q - 1) e)` of the error `e = label - prediction`: the prediction is the quantile `q`.
        case quantile
        /// `ln(1 + exp(-(s_i - s_j)))` over pairs of one event time of which `i` has the greater label: the prediction is a
        /// score, of which only the order means something.
        case ranking
    }

    /// Pairs a row is compared in at a time, at most.
    private static let pairs = 16

    private let kind: Kind
    private let quantile: Double
    private let labels: [Double]
    private let weights: [Double]
    private let instants: [Range<Int>]
    private let seed: UInt64
    /// What sums start from.
    let base: Double
    /// Labels are about so far apart; a step of boosting is in proportion.
    let spread: Double

    /// Takes the rows; throws `.badRequest` where nothing can be ranked.
    init(_ kind: Kind, quantile: Double, _ set: TrainingSet, seed: UInt64, owner: String) throws(PluginError) {
        (self.kind, self.quantile, self.seed) = (kind, quantile, seed)
        labels = set.labels
        weights = set.weights
        instants = set.instants
        let mean = set.meanLabel
        let squares = set.labels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / Double(set.count) }
        spread = kind == .quantile && squares > 0 ? squares.squareRoot() : 1
        switch kind {
        case .squared: base = mean
        case .quantile: base = set.labels.sorted()[min(set.count - 1, Int(quantile * Double(set.count)))]
        case .ranking: base = 0
        }
        guard kind == .ranking, !instants.contains(where: { Set(set.labels[$0]).count > 1 }) else { return }
        throw PluginError(
            .badRequest,
            "\(owner): 'loss' is ranking, and no event time has two instruments with different labels. Fit on many instruments "
                + "with 'per: pool', or use 'loss: squared'.")
    }

    /// First and second derivatives by each row's sum; `nil` for the library's own.
    func derivatives(_ margins: [Float], round: Int) -> (slopes: [Float], bends: [Float])? {
        switch kind {
        case .squared: return nil
        case .quantile:
            let slopes = margins.indices.map { row in
                Float(weight(row) * (labels[row] > Double(margins[row]) ? -quantile : 1 - quantile))
            }
            // A leaf of many rows moves by `spread` times the share of them that is on the wrong side.
            return (slopes, margins.indices.map { Float(weight($0) / spread) })
        case .ranking:
            var (slopes, bends) = (
                [Float](repeating: 0, count: margins.count), [Float](repeating: 0, count: margins.count)
            )
            compare(round: UInt64(round)) { better, worse, share in
                let chance = Self.chance(Double(margins[worse]) - Double(margins[better]))
                let (slope, bend) = (Float(share * chance), Float(share * max(chance * (1 - chance), 1e-6)))
                slopes[better] -= slope
                slopes[worse] += slope
                bends[better] += bend
                bends[worse] += bend
            }
            return (slopes, bends)
        }
    }

    /// The mean loss of sums; the same pairs are compared each time.
    func value(_ margins: [Float]) -> Double {
        switch kind {
        case .squared:
            return mean { (labels[$0] - Double(margins[$0])) * (labels[$0] - Double(margins[$0])) }
        case .quantile:
            return mean { row in
                let error = labels[row] - Double(margins[row])
                return max(quantile * error, (quantile - 1) * error)
            }
        case .ranking:
            var (sum, all) = (0.0, 0.0)
            compare(round: 0) { better, worse, share in
                sum += share * log1p(exp(Double(margins[worse]) - Double(margins[better])))
                all += share
            }
            return all > 0 ? sum / all : 0
        }
    }

    private func weight(_ row: Int) -> Double { weights.isEmpty ? 1 : weights[row] }

    private func mean(_ loss: (Int) -> Double) -> Double {
        let all = labels.indices.reduce(0) { $0 + weight($1) }
        return labels.indices.reduce(0) { $0 + weight($1) * loss($1) } / all
    }

    private static func chance(_ score: Double) -> Double { 1 / (1 + exp(-score)) }

    /// Calls `take` with pairs of rows of one event time and how much each pair counts: all pairs of few rows, so many drawn for
    /// each row of many. Where both scores are alike the second derivatives of a row add up to about its weight.
    private func compare(round: UInt64, _ take: (_ better: Int, _ worse: Int, _ share: Double) -> Void) {
        var numbers = SplitMix(seed: seed &+ round &* 0x9E37_79B9_7F4A_7C15)
        for rows in instants where rows.count > 1 {
            let isWhole = rows.count <= Self.pairs + 1
            let share = 4 / Double(2 * (isWhole ? rows.count - 1 : Self.pairs))
            for row in rows {
                for draw in 0..<(isWhole ? rows.count : Self.pairs) {
                    let other = rows.lowerBound + (isWhole ? draw : numbers.next(below: rows.count))
                    guard labels[row] != labels[other] else { continue }
                    let (better, worse) = labels[row] > labels[other] ? (row, other) : (other, row)
                    take(better, worse, share * (weight(row) * weight(other)).squareRoot())
                }
            }
        }
    }
}
