import HostCore
import HostTraining
import PluginKit
import PredictionTargets

/// Makes predictors of kept versions, for a model as the manifest has it now.
struct VersionLoader: Sendable {
    let plan: TrainingPlan
    let pipeline: String
    let store: any VersionStore & ArtifactStore
    let instruments: InstrumentTable

    /// A version that is ready to predict.
    struct Loaded: Sendable {
        let timeline: PredictorTimeline
        let card: [UInt8]
        /// What it was fitted as: options, validation, seed.
        let configurationDigest: String
    }

    /// Returns a version's predictors.
    ///
    /// Throws `.badRequest` for one without an artifact, or fitted as what the manifest no longer has; `.corrupted` where a byte of it
    /// is another one than was saved.
    func load(_ number: Int) async throws(PluginError) -> Loaded {
        let key = VersionKey(plan.id, in: pipeline, number)
        guard let artifact = try await store.artifact(of: key) else {
            throw PluginError(
                .badRequest,
                "models: version \(number) of model/\(plan.id) in pipeline/\(pipeline) has no artifact. Choose one whose "
                    + "bytes are kept; `penstock models list --all` shows them.")
        }
        if let card = ModelCard(json: artifact.card), let difference = card.difference(from: plan) {
            throw PluginError(.badRequest, Self.other(key, difference))
        }
        let timeline = try Trainer.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: instruments)
        return Loaded(timeline: timeline, card: artifact.card, configurationDigest: artifact.configurationDigest)
    }

    /// That a version was fitted as something else than the manifest has.
    static func other(_ key: VersionKey, _ difference: String) -> String {
        "models: version \(key.number) of model/\(key.model) in pipeline/\(key.pipeline) \(difference). Choose a version that was "
            + "fitted as the manifest says, or change the manifest back."
    }

    /// The number of the champion, and the last change of the model's stages; `isByHand` where a user put it there, or lets
    /// others share its rows.
    ///
    /// The change is read first: the champion is never older than it.
    func standing() async throws(PluginError) -> (champion: Int?, sequence: Int64, isByHand: Bool) {
        let changes = try await store.stageChanges(of: plan.id, in: pipeline, limit: 100)
        let champion = try await store.versions(
            VersionQuery(model: plan.id, pipeline: pipeline, stage: .champion)
        ).first?.key.number
        let crowned = changes.first { $0.to == .champion && $0.key.number == champion }
        // Who lets versions share its rows wants it to go on.
        let isShared = try await store.split(of: plan.id, in: pipeline) != nil
        let isByHand = isShared || crowned.map { $0.by != StageOrder.host } ?? false
        return (champion, changes.first?.sequence ?? 0, isByHand)
    }

    /// How rows are shared, for the pipeline; `nil` where the champion serves all.
    func split() async throws(PluginError) -> (shares: ModelSplit, instruments: InstrumentTable)? {
        try await store.split(of: plan.id, in: pipeline).map { ($0, instruments) }
    }

    /// The predictors of the versions that shadow; one that cannot be loaded is told and left out.
    func shadows(_ warn: (String) -> Void) async throws(PluginError) -> [PredictorTimeline] {
        let query = VersionQuery(model: plan.id, pipeline: pipeline, stage: .shadow)
        var timelines: [PredictorTimeline] = []
        for version in try await store.versions(query).reversed() {
            do throws(PluginError) {
                timelines.append(try await load(version.key.number).timeline)
            } catch {
                guard error.code != .cancelled else { throw error }
                warn("model/\(plan.id): version \(version.key.number) does not shadow. \(error.message)")
            }
        }
        return timelines
    }
}

extension ModelCard {
    /// What of a fit is not as the manifest has the model now, in words; `nil` where it can serve.
    func difference(from plan: TrainingPlan) -> String? {
        difference(
            plugin: plan.descriptor.id, target: plan.target.description, features: plan.columns, window: plan.window)
    }
}
