/// When another version of a model may take the champion's place without anybody's hand.
///
/// A fit beside the champion shadows it. Its errors are compared with the champion's on the same rows, both out of sample, by event
/// time: first when there are `minSamples` of them, then at twice, four and eight times as many. The looks share `test`, the first
/// spends half of it, so that looking often makes no promotion out of chance.
package struct PromotionScheme: Sendable, Hashable {
    /// The errors that may be compared, each declared once.
    package enum Metric: String, Sendable, CaseIterable {
        case squaredError = "squared_error"
        case absoluteError = "absolute_error"

        /// The loss of an error.
        package func loss(_ error: Double) -> Double { self == .squaredError ? error * error : error.magnitude }
    }

    /// When the champion is taken back.
    package struct Rollback: Sendable, Hashable {
        /// How many times the live error may be that of the tests.
        package let band: Double
        /// Event times in a row beyond that.
        package let bars: Int

        /// Creates a rule.
        package init(band: Double, bars: Int) { (self.band, self.bars) = (band, bars) }
    }

    /// Versions that shadow a champion at once by the rule, at most.
    package static let mostShadows = 3
    /// How often a shadow is looked at before it is put back among the candidates.
    package static let looks = 4

    /// The error that is compared.
    package let metric: Metric
    /// Share of the champion's error by which the shadow's must be less, 0..<1.
    package let margin: Double
    /// Greatest probability that the difference is chance, 0...0.5.
    package let test: Double
    /// Event times before the first look.
    package let minSamples: Int
    /// Whether the leakage gate must have passed a version.
    package let requiresLeakageCheck: Bool
    /// When the champion is taken back; `nil` for never.
    package let rollback: Rollback?

    /// Creates a scheme.
    package init(
        metric: Metric = .squaredError, margin: Double = 0, test: Double = 0.05, minSamples: Int = 250,
        requiresLeakageCheck: Bool = true, rollback: Rollback? = nil
    ) {
        (self.metric, self.margin, self.test, self.minSamples) = (metric, margin, test, minSamples)
        (self.requiresLeakageCheck, self.rollback) = (requiresLeakageCheck, rollback)
    }

    /// Whether a version of which the gate said this, `nil` where it was not asked, may shadow and be promoted by the rule.
    package func takes(leakage outcome: String?) -> Bool {
        requiresLeakageCheck ? outcome == "pass" : outcome != "fail"
    }

    /// The last look that so many event times allow, counted from 0, and the event times and the level it has; `nil` before the first.
    package func look(at samples: Int) -> (number: Int, samples: Int, level: Double)? {
        var found: (number: Int, samples: Int, level: Double)?
        for number in 0..<Self.looks where minSamples << number <= samples {
            found = (number, minSamples << number, test / Double(2 << number))
        }
        return found
    }
}
