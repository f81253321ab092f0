package import PluginKit

/// Gives the errors of versions over what became known, for rules that compare them. Implemented by storage.
package protocol EvidenceStore: Sendable {
    /// Returns the errors of the champion and of a version that shadows it on the same rows, predicted after an event time, in
    /// ascending order of that.
    func pairedErrors(
        of model: String, in pipeline: String, champion: Int, shadow: Int, after time: Int64
    ) async throws(PluginError) -> [PairedError]

    /// Returns what became of the rows that a model served, predicted after an event time, whichever version predicted them.
    func served(_ model: String, in pipeline: String, after time: Int64) async throws(PluginError) -> [ServedError]

    /// Returns the errors of a version while it served, predicted after an event time, in ascending order of that.
    func errors(of key: VersionKey, after time: Int64) async throws(PluginError) -> [TimedError]
}

/// The errors of two versions on one row.
package struct PairedError: Sendable, Hashable {
    /// Event time of the row.
    package let time: Int64
    /// What the champion, and what the shadow predicted less what came.
    package let champion, shadow: Double

    /// Creates a pair.
    package init(time: Int64, champion: Double, shadow: Double) {
        (self.time, self.champion, self.shadow) = (time, champion, shadow)
    }
}

/// The error of a prediction.
package struct TimedError: Sendable, Hashable {
    /// Event time of the row it was made from.
    package let time: Int64
    /// What was predicted less what came.
    package let error: Double

    /// Creates an error.
    package init(time: Int64, error: Double) { (self.time, self.error) = (time, error) }
}
