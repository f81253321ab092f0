/// What the leakage gate found of a fit: whether anything of the future reached what it learned from or was judged by.
///
/// Stored in the card, so whoever promotes, lists or serves a model has it without computing anything.
package struct LeakageVerdict: Codable, Sendable, Hashable {
    /// What the gate looks for, each declared once.
    package enum Kind: String, Codable, Sendable, CaseIterable, CodingKey {
        /// Features of a row are the same bits where the bars after it are not there, and where bars come one after the other.
        case truncatedFeatures = "truncated_features"
        /// Features of a row are the same bits where the bars after it are others.
        case poisonedFeatures = "poisoned_features"
        /// Features do not change with the scale of prices that were adjusted by factors which may be of the future.
        case adjustedPrices = "adjusted_prices"
        /// Figures are known from their publication on, and not from the end of the period they are about.
        case figureDates = "figure_dates"
        /// No feature is the label, or nearly.
        case targetInFeatures = "target_in_features"
        /// No label of what is learned from reaches into a test, or the other way.
        case labelOverlap = "label_overlap"
        /// The prediction of a row is the same bits where later rows are not there or are others, and alone.
        case truncatedPredictions = "truncated_predictions"
        /// A fit on the same rows predicts the same after all other fits: nothing of another fold stays anywhere.
        case foldMemory = "fold_memory"
        /// A fit on shuffled labels predicts nothing.
        case labelShuffle = "label_shuffle"
        /// Neither the model nor a feature alone knows more than anything could.
        case tooGood = "too_good"

        /// What is checked, in a few words.
        package var summary: String {
            switch self {
            case .truncatedFeatures: "features without the bars after them"
            case .poisonedFeatures: "features with other bars after them"
            case .adjustedPrices: "features at another scale of adjusted prices"
            case .figureDates: "figures known from their publication on"
            case .targetInFeatures: "no feature is the label"
            case .labelOverlap: "no label reaches across a split"
            case .truncatedPredictions: "predictions without the rows after them"
            case .foldMemory: "the same fit again after the others"
            case .labelShuffle: "a fit on shuffled labels"
            case .tooGood: "no more than anything could know"
            }
        }
    }

    /// How a check ended.
    package enum Outcome: String, Codable, Sendable {
        case pass, fail
        /// There was nothing to check, or too little.
        case skipped
    }

    /// One check.
    package struct Check: Codable, Sendable, Hashable {
        /// What was looked for.
        package var check: Kind
        /// How it ended.
        package var outcome: Outcome
        /// What was found, or why there was nothing to check; empty where there is nothing to say.
        package var message: String
        /// The numbers behind it.
        package var numbers: [String: Double]

        /// Notes a check; numbers that are not finite are left out.
        package init(_ check: Kind, _ outcome: Outcome, _ message: String = "", _ numbers: [String: Double?] = [:]) {
            (self.check, self.outcome, self.message) = (check, outcome, message)
            self.numbers = numbers.compactMapValues { $0.flatMap { $0.isFinite ? $0 : nil } }
        }
    }

    /// `fail` where a check failed.
    package var outcome: Outcome
    /// All checks, in the order of `Kind`.
    package var checks: [Check]
    /// Seconds the gate took; they are among those of the fit.
    package var seconds: Double

    /// Sums checks up.
    package init(_ checks: [Check], seconds: Double = 0) {
        self.checks = checks
        self.seconds = seconds
        outcome = checks.contains { $0.outcome == .fail } ? .fail : .pass
    }

    /// Names of the checks that failed.
    package var failed: [String] { checks.filter { $0.outcome == .fail }.map(\.check.rawValue) }
}
