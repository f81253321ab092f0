package import HostCore
package import PredictionTargets

/// How versions that share the rows of a model compare, by the loss of what each served.
///
/// Rows of one instrument, or of one slot, hang together, and were drawn together: so the units that were drawn are the sample, and
/// the variance of a mean is that of sums over units,
///
/// ```
/// m = sum(l) / n          V = G / (G - 1) * sum over units of (sum(l - m))^2 / n^2
/// difference = m - m of the champion, +- t * sqrt(V + V of the champion),   t: Student's, of the fewer units less one
/// ```
package struct SplitComparison: Sendable, Hashable {
    /// What a difference says.
    package enum Verdict: String, Sendable, Hashable, Codable {
        /// The interval of 95 % lies below 0, above it, or on both sides; or there are too few units.
        case better, worse, open
        case tooFew = "too_few"
    }

    /// A version.
    package struct Arm: Sendable, Hashable {
        /// Its number, and its share.
        package let version: Int
        package let share: Double
        /// Rows it served whose outcome is known, and instruments or slots they are of.
        package let rows, units: Int
        /// Mean loss; `nil` of no rows.
        package let loss: Double?
        /// Mean loss less the champion's, with where it lies in 95 of 100 draws; `nil` of the champion and of too few units.
        package let difference: (value: Double, low: Double, high: Double)?
        /// What that says; `nil` of the champion.
        package let verdict: Verdict?

        package static func == (left: Arm, right: Arm) -> Bool {
            left.version == right.version && left.rows == right.rows && left.loss == right.loss
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(version) }
    }

    /// Units that each side needs at least.
    package static let leastUnits = 5

    /// The champion first.
    package let arms: [Arm]

    /// Compares rows that were served while a split was in force.
    package init(_ rows: [ServedError], _ split: ModelSplit, by metric: PromotionScheme.Metric) {
        let shares = [(split.champion, split.rest)] + split.arms.map { ($0.number, $0.share) }
        let sides = shares.map { version, share in
            (version, share, Side(rows.filter { $0.version == version }, split, metric))
        }
        let champion = sides[0].2
        arms = sides.map { version, share, side in
            let isChampion = version == split.champion
            let difference = isChampion ? nil : side.difference(from: champion)
            return Arm(
                version: version, share: share, rows: side.rows, units: side.units,
                loss: side.rows > 0 ? side.mean : nil,
                difference: difference, verdict: isChampion ? nil : Self.verdict(difference))
        }
    }

    private static func verdict(_ difference: (value: Double, low: Double, high: Double)?) -> Verdict {
        guard let difference else { return .tooFew }
        return difference.high < 0 ? .better : difference.low > 0 ? .worse : .open
    }

    /// The losses of a version by what was drawn.
    private struct Side {
        let rows, units: Int
        let mean, variance: Double

        init(_ served: [ServedError], _ split: ModelSplit, _ metric: PromotionScheme.Metric) {
            var sums: [String: (loss: Double, rows: Double)] = [:]
            for row in served {
                sums[split.unit(row.instrument, at: row.time), default: (0, 0)].loss += metric.loss(row.error)
                sums[split.unit(row.instrument, at: row.time), default: (0, 0)].rows += 1
            }
            let (count, groups) = (Double(served.count), Double(sums.count))
            (rows, units) = (served.count, sums.count)
            // In the order of their names: a sum is the same at every look.
            let all = sums.sorted { $0.key < $1.key }.map(\.value)
            let mean = all.reduce(0) { $0 + $1.loss } / max(1, count)
            let squares = all.reduce(0) { sum, unit in
                let off = unit.loss - mean * unit.rows
                return sum + off * off
            }
            self.mean = mean
            variance = groups > 1 ? groups / (groups - 1) * squares / (count * count) : .infinity
        }

        func difference(from champion: Side) -> (value: Double, low: Double, high: Double)? {
            let least = min(units, champion.units)
            guard least >= SplitComparison.leastUnits else { return nil }
            let reach = Self.student(least - 1) * (variance + champion.variance).squareRoot()
            let value = mean - champion.mean
            return (value, value - reach, value + reach)
        }

        /// The value that 97.5 % of Student's distribution lie below; within 0.5 % from 4 degrees of freedom on.
        ///
        /// Source: Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5.
        static func student(_ freedom: Int) -> Double {
            let (z, n) = (NormalDistribution.quantile(0.975), Double(freedom))
            let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
            return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
                + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
        }
    }
}
