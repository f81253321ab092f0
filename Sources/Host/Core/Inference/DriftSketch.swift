/// How the features of what a fit has learned from are distributed, in ten steps each, and how far off it was in its tests: what
/// live rows are compared with.
package struct DriftSketch: Codable, Sendable, Hashable {
    /// Steps a feature is cut into.
    package static let steps = 10

    /// Names of the model's columns.
    package let features: [String]
    /// For each the nine ends of its steps, by rows as equal as its values allow.
    package let ends: [[Double]]
    /// For each the share of rows in each step.
    package let shares: [[Double]]
    /// Mean distance between prediction and label over the tests, in the target's unit.
    package let error: Double
    /// Instruments that the rows are of.
    package let instruments: Int

    /// Cuts the columns of rows; what is no number is left out.
    package init(_ values: [Double], features: [String], error: Double, instruments: Int) {
        let width = features.count
        var (ends, shares) = ([[Double]](), [[Double]]())
        for column in features.indices {
            let all = stride(from: column, to: values.count, by: width).map { values[$0] }
            let sorted = all.filter(\.isFinite).sorted()
            let own: [Double] =
                sorted.isEmpty ? [] : (1..<Self.steps).map { sorted[$0 * (sorted.count - 1) / Self.steps] }
            var counts = Array(repeating: 0.0, count: Self.steps)
            for value in sorted { counts[Self.step(value, own)] += 1 / Double(sorted.count) }
            ends.append(own)
            shares.append(counts)
        }
        (self.features, self.ends, self.shares) = (features, ends, shares)
        (self.error, self.instruments) = (error, instruments)
    }

    /// Returns the step that a value of a column lies in.
    func step(_ column: Int, _ value: Double) -> UInt8 { UInt8(Self.step(value, ends[column])) }

    private static func step(_ value: Double, _ ends: [Double]) -> Int {
        var step = 0
        for end in ends where value > end { step += 1 }
        return step
    }
}

/// The last rows that the serving fit predicted, beside what it has learned from.
package struct FeatureWindow: Sendable, Hashable {
    /// Rows it holds, and from how many on it says something.
    package static let size = 1_000
    package static let least = 250

    /// A column with how far its values went away.
    package struct Shift: Sendable, Hashable {
        /// The column.
        package let feature: String
        /// Population stability index: `sum((p - q) ln(p / q))` over the steps; above 0.25 is usually called a change.
        package let psi: Double
        /// Kolmogorov-Smirnov: the largest distance of the two distributions at the ends of the steps, 0...1.
        package let ks: Double
    }

    /// What rows are compared with; `nil` before the first.
    package private(set) var sketch: DriftSketch?
    private var rows: [UInt8] = []
    private var counts: [Int] = []
    private var next = 0

    /// Creates an empty window.
    package init() {}

    /// Rows in it.
    package var count: Int { rows.count / max(1, sketch?.features.count ?? 1) }

    /// Takes rows by their steps; under another fit it begins anew, beyond the size the oldest go.
    package mutating func add(_ steps: [UInt8], _ sketch: DriftSketch) {
        let width = sketch.features.count
        if self.sketch != sketch {
            self.sketch = sketch
            rows = []
            next = 0
            counts = Array(repeating: 0, count: width * DriftSketch.steps)
        }
        guard width > 0 else { return }
        for start in stride(from: 0, to: steps.count, by: width) {
            let isFull = rows.count == Self.size * width
            for column in 0..<width {
                let (place, step) = (next * width + column, steps[start + column])
                if isFull {
                    counts[column * DriftSketch.steps + Int(rows[place])] -= 1
                    rows[place] = step
                } else {
                    rows.append(step)
                }
                counts[column * DriftSketch.steps + Int(step)] += 1
            }
            next = (next + 1) % Self.size
        }
    }

    /// For each column the share of rows in each step; empty while there are none.
    package var shares: [[Double]] {
        guard let sketch, count > 0 else { return [] }
        return sketch.features.indices.map { column in
            (0..<DriftSketch.steps).map { Double(counts[column * DriftSketch.steps + $0]) / Double(count) }
        }
    }

    /// Each column's shift; empty while there are too few rows.
    package var shifts: [Shift] {
        guard let sketch, count >= Self.least else { return [] }
        return sketch.features.indices.map { column in
            var (psi, ks, left, right) = (0.0, 0.0, 0.0, 0.0)
            for step in 0..<DriftSketch.steps {
                let share = Double(counts[column * DriftSketch.steps + step]) / Double(count)
                // A step without rows has no logarithm.
                let (p, q) = (max(share, 0.0005), max(sketch.shares[column][step], 0.0005))
                psi += (p - q) * logarithm(p / q)
                left += share
                right += sketch.shares[column][step]
                ks = max(ks, abs(left - right))
            }
            return Shift(feature: sketch.features[column], psi: psi, ks: ks)
        }
    }
}

/// Whether errors have become larger than those of the tests: Page and Hinkley's sum.
///
/// ```
/// m_t = m_(t-1) + min(|e_t| / E, 10) - 1 - 0.5        E: mean error of the tests
/// alarm where m_t - min(m) > 30 sqrt(n)               n: instruments; then it begins anew
/// ```
/// Outcomes of all instruments together: one instrument alarms after 60 errors twice as large, 26 after twelve days of them.
///
/// Source: E. S. Page, *Continuous Inspection Schemes*, Biometrika 41, 1954.
package struct ErrorWatch: Sendable, Hashable {
    private static let slack = 0.5
    private var limit = 1.0
    private var sum = 0.0
    private var least = 0.0
    /// Alarms so far.
    package private(set) var alarms = 0

    /// Creates one without an outcome.
    package init() {}

    /// Takes an outcome's error beside the usual one of a sketch.
    package mutating func add(_ error: Double, beside sketch: DriftSketch) {
        let usual = sketch.error
        guard usual > 0, error.isFinite else { return }
        limit = 30 * Double(max(1, sketch.instruments)).squareRoot()
        sum += min(error.magnitude / usual, 10) - 1 - Self.slack
        least = min(least, sum)
        guard sum - least > limit else { return }
        alarms += 1
        (sum, least) = (0, 0)
    }

    /// How near the next alarm is, 0...1.
    package var level: Double { (sum - least) / limit }
}
