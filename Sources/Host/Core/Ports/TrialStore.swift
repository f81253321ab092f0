package import PluginKit

/// Keeps what the trials of a search found, so that one that was ended goes on. Implemented by storage.
package protocol TrialStore: Sendable {
    /// Stores what trials found on single folds, in one transaction; what is there of the same fold is replaced.
    ///
    /// Durable when it returns.
    func save(_ folds: [TrialFold], of search: SearchKey) async throws(PluginError)

    /// Returns what is stored of a search, by trial and fold.
    func folds(of search: SearchKey) async throws(PluginError) -> [TrialFold]
}

/// Which search it is.
package struct SearchKey: Sendable, Hashable {
    /// The model that is searched.
    package let model: String
    /// Digest of what the model is fitted on and how: all searches of one fit share it.
    package let fit: String
    /// Which of these: the instrument, and the test it is for.
    package let part: String

    /// Creates a key.
    package init(model: String, fit: String, part: String) { (self.model, self.fit, self.part) = (model, fit, part) }
}

/// What a trial found on one fold.
package struct TrialFold: Sendable, Hashable {
    /// Number of the trial, from 0.
    package let trial: Int
    /// Number of the fold, from 0.
    package let fold: Int
    /// The options, as text: what was stored counts only for the same.
    package let options: String
    /// The metric; `nil` where it is not defined, or the fit failed.
    package let score: Double?
    /// Why the fit failed; empty else.
    package let fault: String

    /// Creates a finding.
    package init(trial: Int, fold: Int, options: String, score: Double?, fault: String = "") {
        (self.trial, self.fold, self.options, self.score, self.fault) = (trial, fold, options, score, fault)
    }
}
