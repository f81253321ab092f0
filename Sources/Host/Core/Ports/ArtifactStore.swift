package import PluginKit

/// Keeps fitted models with their cards. Implemented by storage.
package protocol ArtifactStore: Sendable {
    /// Stores a model fitted for a pipeline as the next version of both, in a stage; returns its number. Durable when it returns.
    ///
    /// The bytes of old versions are removed by pipeline: many pipelines with one model do not push each other's out. Those of
    /// the champion, of the one before it and of shadows stay, and so does every card.
    @discardableResult
    func save(
        _ artifact: StoredArtifact, for pipeline: String, as stage: ModelStage, by who: String, reason: String
    ) async throws(PluginError) -> Int

    /// Stores what was fitted elsewhere as the next candidate; returns its number. Durable when it returns.
    func adopt(
        _ artifact: StoredArtifact, for pipeline: String, by who: String, reason: String
    ) async throws(PluginError) -> Int

    /// Returns the newest artifact of a model fitted with this configuration on this data, of this pipeline where it has one,
    /// else of another; or `nil`. Without a digest of data the newest of this configuration.
    ///
    /// Throws `.corrupted` where the stored bytes do not match their checksum; the caller fits again.
    func artifact(
        model: String, for pipeline: String, configurationDigest: String, dataDigest: String?
    ) async throws(PluginError) -> StoredArtifact?
}

extension ArtifactStore {
    /// Stores what the host had fitted by itself.
    @discardableResult
    package func save(
        _ artifact: StoredArtifact, for pipeline: String, as stage: ModelStage, reason: String
    ) async throws(PluginError) -> Int {
        try await save(artifact, for: pipeline, as: stage, by: StageOrder.host, reason: reason)
    }
}

/// A fitted model: one part for each stretch of event time, and the card that says how it came about.
package struct StoredArtifact: Sendable, Hashable {
    /// The part that predicts from an event time on, until the next part's.
    package struct Part: Sendable, Hashable {
        /// First event time (exclusive) this part may predict at: everything it learned from was known then.
        package let validAfter: Int64
        /// Last event time (inclusive); `Int64.max` for the part that serves live.
        package let validThrough: Int64
        /// The plugin's artifact.
        package let bytes: [UInt8]
        /// The instrument it is for alone; `nil` for all.
        package let instrument: Instrument?

        /// Creates a part.
        package init(validAfter: Int64, validThrough: Int64, bytes: [UInt8], instrument: Instrument? = nil) {
            self.validAfter = validAfter
            self.validThrough = validThrough
            self.bytes = bytes
            self.instrument = instrument
        }
    }

    /// The model instance.
    package let model: String
    /// Digest of plugin, version, options, features, target and validation.
    package let configurationDigest: String
    /// Digest of the bars it was fitted on.
    package let dataDigest: String
    /// The card as JSON.
    package let card: [UInt8]
    /// Parts in ascending time, of one instrument after another where each has its own; the last of each serves live.
    package let parts: [Part]
    /// Its number among the versions of the pipeline it was asked for; 0 before it is one.
    package var version = 0

    /// Creates an artifact.
    package init(
        model: String, configurationDigest: String, dataDigest: String, card: [UInt8], parts: [Part], version: Int = 0
    ) {
        self.version = version
        self.model = model
        self.configurationDigest = configurationDigest
        self.dataDigest = dataDigest
        self.card = card
        self.parts = parts
    }
}
