package import PluginKit

/// What a version of a model is used for.
package enum ModelStage: String, Sendable, Hashable, Codable, CaseIterable {
    /// Fitted and kept; it predicts nothing.
    case candidate
    /// Predicts the stream beside the champion; what it says is recorded and never served.
    case shadow
    /// Serves. A model of a pipeline has at most one.
    case champion
    /// Out of use for good.
    case retired
}

/// Names a version: the model and pipeline it was fitted for, and its number there, counted from 1.
package struct VersionKey: Sendable, Hashable {
    /// The model instance.
    package let model: String
    /// The pipeline.
    package let pipeline: String
    /// The number.
    package let number: Int

    /// Creates a key.
    package init(_ model: String, in pipeline: String, _ number: Int) {
        (self.model, self.pipeline, self.number) = (model, pipeline, number)
    }
}

/// A fit that was kept. All of it but its stage and whether its bytes are still there stays as it was saved.
package struct ModelVersion: Sendable, Hashable {
    /// What its out-of-sample tests reached; NaN where a figure is undefined.
    package struct Figures: Sendable, Hashable {
        /// Rows judged.
        package let rows: Int
        /// Rank IC, IC, R2 and directional accuracy.
        package let rankIC, ic, r2, direction: Double

        /// Creates figures.
        package init(rows: Int, rankIC: Double, ic: Double, r2: Double, direction: Double) {
            (self.rows, self.rankIC, self.ic, self.r2, self.direction) = (rows, rankIC, ic, r2, direction)
        }
    }

    /// Its name.
    package let key: VersionKey
    /// What it is used for now.
    package let stage: ModelStage
    /// The version that served when it was fitted; `nil` for the first.
    package let parent: Int?
    /// When it was saved, nanoseconds since the Unix epoch, UTC.
    package let madeAt: Int64
    /// Who had it fitted: `host`, or a user.
    package let madeBy: String
    /// The plugin with its version: the code it was fitted by.
    package let code: String
    /// Digest of plugin, options, features, target and validation.
    package let configurationDigest: String
    /// Digest of the data it was fitted on.
    package let dataDigest: String
    /// What the leakage gate said of it, `pass` or `fail`; `nil` where it was not asked.
    package let verdict: String?
    /// Bytes of its artifact; 0 where only its card is kept.
    package let bytes: Int
    /// What its tests reached.
    package let figures: Figures

    /// Creates a version.
    package init(
        key: VersionKey, stage: ModelStage, parent: Int?, madeAt: Int64, madeBy: String, code: String,
        configurationDigest: String, dataDigest: String, verdict: String?, bytes: Int, figures: Figures
    ) {
        (self.key, self.stage, self.parent, self.madeAt, self.madeBy) = (key, stage, parent, madeAt, madeBy)
        (self.code, self.configurationDigest, self.dataDigest) = (code, configurationDigest, dataDigest)
        (self.verdict, self.bytes, self.figures) = (verdict, bytes, figures)
    }
}

/// A change of a version's stage, as the history keeps it.
package struct StageChange: Sendable, Hashable {
    /// Counts the changes of all models: a later one has a greater number.
    package let sequence: Int64
    /// The version.
    package let key: VersionKey
    /// Its stage before; `nil` where it was new.
    package let from: ModelStage?
    /// Its stage after.
    package let to: ModelStage
    /// When, nanoseconds since the Unix epoch, UTC.
    package let at: Int64
    /// Who: `host` where a rule or a fit did it, else a user.
    package let by: String
    /// Why.
    package let reason: String
    /// Event time of the last stored prediction before it; `nil` where there was none.
    package let after: Int64?

    /// Creates a change.
    package init(
        sequence: Int64, key: VersionKey, from: ModelStage?, to: ModelStage, at: Int64, by: String, reason: String,
        after: Int64? = nil
    ) {
        self.after = after
        (self.sequence, self.key, self.from, self.to) = (sequence, key, from, to)
        (self.at, self.by, self.reason) = (at, by, reason)
    }
}

/// That a version is to have another stage.
package struct StageOrder: Sendable, Hashable {
    /// The name under which the host itself changes stages.
    package static let host = "host"

    /// The version.
    package let key: VersionKey
    /// Its new stage; a champion puts the one before back among the candidates.
    package let to: ModelStage
    /// The champion that this was decided against, 0 for none: where another one serves meanwhile the order is refused. `nil` where
    /// that does not matter.
    package let champion: Int?
    /// Who.
    package let by: String
    /// Why.
    package let reason: String

    /// Creates an order.
    package init(_ key: VersionKey, to: ModelStage, champion: Int? = nil, by: String, reason: String) {
        (self.key, self.to, self.champion, self.by, self.reason) = (key, to, champion, by, reason)
    }
}

/// Which versions are asked for, the newest first.
package struct VersionQuery: Sendable, Hashable {
    /// The model; `nil` for every one.
    package var model: String?
    /// The pipeline; `nil` for every one.
    package var pipeline: String?
    /// The stage; `nil` for every one.
    package var stage: ModelStage?
    /// The number; `nil` for every one.
    package var number: Int?
    /// Most versions to return.
    package var limit = Int.max

    /// Creates a query.
    package init(model: String? = nil, pipeline: String? = nil, stage: ModelStage? = nil, limit: Int = .max) {
        (self.model, self.pipeline, self.stage, self.limit) = (model, pipeline, stage, limit)
    }

    /// Creates a query for one version.
    package init(_ key: VersionKey) {
        (model, pipeline, number) = (key.model, key.pipeline, key.number)
    }
}

/// Keeps which version of each model is used for what, and was when. Implemented by storage; a change is one transaction.
package protocol VersionStore: Sendable {
    /// Returns versions by pipeline and model, the newest first.
    func versions(_ query: VersionQuery) async throws(PluginError) -> [ModelVersion]

    /// Returns the pipelines that have versions of a model, sorted.
    func pipelines(of model: String) async throws(PluginError) -> [String]

    /// Returns the changes of a model's stages in a pipeline, the newest first.
    func stageChanges(of model: String, in pipeline: String, limit: Int) async throws(PluginError) -> [StageChange]

    /// Returns the card of a version as JSON; `nil` where there is no such version.
    func card(of key: VersionKey) async throws(PluginError) -> [UInt8]?

    /// Returns a version's artifact, held to its checksums; `nil` where there is none, or its bytes are not kept any more.
    ///
    /// Throws `.corrupted` where a byte is another one than was saved.
    func artifact(of key: VersionKey) async throws(PluginError) -> StoredArtifact?

    /// Gives a version another stage; returns what changed, the version asked for last. Durable when it returns, and where it throws
    /// nothing has changed.
    ///
    /// Throws `.badRequest` for what cannot be: an unknown version, a retired one, a champion whose bytes are gone, and where
    /// another champion serves than the order was decided against.
    func move(_ order: StageOrder) async throws(PluginError) -> [StageChange]

    /// Lets versions share the rows of a model, or the champion serve all of them again. Durable when it returns, and where it throws
    /// nothing has changed. A split ends where its champion or the stage of one of its versions changes.
    ///
    /// Throws `.badRequest` where a version is no shadow and no candidate with bytes, or another champion serves than the order was
    /// decided against.
    func split(_ order: SplitOrder) async throws(PluginError)

    /// Returns how the rows of a model are shared; `nil` where the champion serves all.
    func split(of model: String, in pipeline: String) async throws(PluginError) -> ModelSplit?
}
