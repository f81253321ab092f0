/// The last outcomes of a model: how far off it was, and how often its direction was right.
package struct OutcomeWindow: Sendable, Hashable {
    /// Outcomes it holds.
    package static let size = 250

    private var errors: [Double] = []
    private var hits: [Bool] = []
    private var next = 0

    /// Creates an empty window.
    package init() {}

    /// Outcomes in it.
    package var count: Int { errors.count }

    /// Takes an outcome; beyond the size the oldest goes.
    mutating func add(error: Double, isHit: Bool) {
        guard errors.count == Self.size else {
            errors.append(error)
            return hits.append(isHit)
        }
        (errors[next], hits[next]) = (error, isHit)
        next = (next + 1) % Self.size
    }

    /// Mean of the distances between prediction and outcome; `nil` without one.
    package var meanAbsoluteError: Double? { mean { errors[$0].magnitude } }

    /// Square root of the mean squared error; `nil` without an outcome.
    package var rootMeanSquaredError: Double? { mean { errors[$0] * errors[$0] }?.squareRoot() }

    /// Fraction of outcomes whose direction was predicted, 0...1; `nil` without one.
    package var hitRate: Double? { mean { hits[$0] ? 1 : 0 } }

    private func mean(_ value: (Int) -> Double) -> Double? {
        errors.isEmpty ? nil : errors.indices.reduce(0) { $0 + value($1) } / Double(errors.count)
    }
}

/// What the outcomes of a call did to a model's counters.
struct OutcomeTally {
    /// Distance and hit of each prediction that has an outcome.
    var scores: [(error: Double, isHit: Bool)] = []
    /// Predictions over which a price is not above zero, or goes over to another level.
    var undefined = 0
    /// Labels that were learned, and that the learner refused.
    var learned = 0
    var refused = 0

    mutating func reset() {
        scores.removeAll(keepingCapacity: true)
        (undefined, learned, refused) = (0, 0, 0)
    }

    mutating func add(_ other: OutcomeTally) {
        scores += other.scores
        undefined += other.undefined
        learned += other.learned
        refused += other.refused
    }

    func add(to model: inout FlowSnapshot.Model) {
        for score in scores { model.recent.add(error: score.error, isHit: score.isHit) }
        if let sketch = model.rows.sketch {
            for score in scores { model.errors.add(score.error, beside: sketch) }
        }
        model.outcomes += scores.count
        model.undefinedOutcomes += undefined
        model.learned += learned
        model.notLearned += refused
    }
}
