package import PluginKit

/// Keeps who looked at the hold-out of a model, when, and what was seen. Implemented by storage.
package protocol LookStore: Sendable {
    /// Returns every look at what a model of a pipeline holds out, oldest first.
    func looks(of model: String, in pipeline: String) async throws(PluginError) -> [HoldoutLook]

    /// Notes a look; durable when it returns. A version that was looked at before stays as it is.
    func save(_ look: HoldoutLook, of model: String, in pipeline: String) async throws(PluginError)
}

/// One look at a hold-out.
package struct HoldoutLook: Sendable, Hashable {
    /// Digest of the model's configuration and data: what is looked at once.
    package let version: String
    /// When, nanoseconds since the Unix epoch, UTC.
    package let lookedAt: Int64
    /// What was seen, as JSON.
    package let figures: [UInt8]

    /// Creates a look.
    package init(version: String, lookedAt: Int64, figures: [UInt8]) {
        (self.version, self.lookedAt, self.figures) = (version, lookedAt, figures)
    }
}
