package import HostCore
package import PluginKit
package import PredictionTargets

/// What a search needs beside the rows.
package struct SearchPlan: Sendable {
    /// How it is searched.
    package let scheme: SearchScheme
    /// The options as they are declared: the first trial, where they lie in the space.
    package let declared: [String: ConfigurationValue]
    /// Trials that run side by side; changes nothing of what is found.
    package let workers: Int
    /// Makes the model with other options.
    package let make: @Sendable ([String: ConfigurationValue]) async throws(PluginError) -> any Model
    /// Where trials are kept; `nil` for nowhere.
    package var trials: (any TrialStore)?

    /// Creates a plan.
    package init(
        scheme: SearchScheme, declared: [String: ConfigurationValue], workers: Int, trials: (any TrialStore)? = nil,
        make: @escaping @Sendable ([String: ConfigurationValue]) async throws(PluginError) -> any Model
    ) {
        (self.scheme, self.declared, self.workers, self.trials, self.make) = (scheme, declared, workers, trials, make)
    }
}

/// A trial that has ended, and how far the search is.
package struct SearchProgress: Sendable, Hashable, Encodable {
    /// How a trial ended.
    package enum Outcome: String, Sendable, Encodable {
        /// On all folds.
        case finished
        /// Early.
        case pruned
        /// Without a number.
        case failed
    }

    /// Which search of the fit it is, from 1, and how many there are: one a test, and one for what serves.
    package var search: Int
    package var searches: Int
    /// Number of the trial, from 1, and how many there are at most.
    package var trial: Int
    package var trials: Int
    /// The options of the trial: `max_depth 3, learning_rate 0.05`.
    package var options: String
    /// How it ended, after how many folds, and its mean metric over them.
    package var outcome: Outcome
    package var folds: Int
    package var score: Double?
    /// The metric.
    package var metric: SearchScheme.Metric
    /// The best of all trials on all folds so far.
    package var best: Double?
    /// Whether all of it was stored before.
    package var isStored: Bool
    /// Seconds until all searches have ended, as far as can be told.
    package var secondsLeft: Double?
}
