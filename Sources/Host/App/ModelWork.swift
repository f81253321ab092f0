import CivilTime
import HostCore
import HostManifest
import HostTraining
import PluginKit
import PredictionTargets

/// What is done with one model while no pipeline runs: `penstock models search` and `holdout`.
package enum ModelWork: Sendable, Hashable {
    /// Searches its options where that was not done yet, and fits it.
    case search(String)
    /// Looks at its hold-out, once.
    case holdout(String)

    /// The model.
    package var model: String {
        switch self {
        case .search(let id), .holdout(let id): id
        }
    }
}

/// Does the work in every pipeline that has the model.
struct ModelDesk {
    let host: Host

    /// Does it; throws the first fault.
    func run(_ work: ModelWork) async throws(HostError) {
        let declaration = try check(work)
        let pipelines = host.manifest.pipelines.filter { $0.models.contains(work.model) }.map(\.id)
        guard !pipelines.isEmpty else {
            throw HostError(
                exitCode: 2,
                "models: no pipeline has model/\(work.model) at \(host.manifest.place(of: declaration.instance.location)). Enable it, "
                    + "and name it in the 'models' of one.")
        }
        do throws(PluginError) {
            for composed in try host.compose(host.instances, only: Set(pipelines)) { try await run(work, composed) }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    /// Whether the manifest asks for what is to be done.
    private func check(_ work: ModelWork) throws(HostError) -> ModelDeclaration {
        let models = host.manifest.models
        guard let declaration = models.first(where: { $0.instance.id == work.model }) else {
            throw HostError(
                exitCode: 2,
                "models: no model \(PluginError.quoted(work.model)). "
                    + Suggestion.hint(for: work.model, among: models.map(\.instance.id)))
        }
        let place = host.manifest.place(of: declaration.instance.location)
        switch work {
        case .search where declaration.search == nil:
            throw HostError(
                exitCode: 2,
                "models search: model/\(work.model) at \(place) has no 'search'. Write search: { over: { OPTION: [LOW, HIGH] } }; "
                    + "`penstock plugins info \(declaration.instance.descriptor.id)` has its options.")
        case .holdout where declaration.validation.holdout == 0:
            throw HostError(
                exitCode: 2,
                "models holdout: model/\(work.model) at \(place) keeps no hold-out. Write validation: { holdout: 0.2 }."
            )
        default: return declaration
        }
    }

    private func run(_ work: ModelWork, _ composed: ComposedPipeline) async throws(PluginError) {
        guard composed.training.contains(where: { $0.plan.id == work.model }) else {
            throw PluginError(
                .environment,
                host.board.status(.model, work.model)?.message ?? "model/\(work.model): it cannot be built.")
        }
        try await composed.pipeline.route.prepare()
        let preparation = host.preparation(
            composed, host.isStopping, models: host.view.models, isStrict: true,
            past: try await composed.pipeline.hasPast())
        let result = await LongWork.run(until: host.isStopping, grace: host.manifest.host.stopTimeout * 0.5) {
            await Result { () async throws(PluginError) in
                switch work {
                case .search(let id): try await preparation.prepare(preparation.plans(for: id))
                case .holdout(let id): try await preparation.look(id)
                }
                return
            }
        }
        guard let result else {
            host.leftBehind.fire()
            throw PluginError(
                .cancelled, "models: the work on model/\(work.model) did not end with the stop and was given up.")
        }
        try result.get()
    }
}

extension ModelPreparation {
    /// A model with all that it sees, members first.
    func plans(for id: String) -> [(plan: TrainingPlan, serving: ServingModel)] {
        var wanted: Set<String> = [id]
        for (plan, _) in composed.reversed() where wanted.contains(plan.id) { wanted.formUnion(plan.members) }
        return composed.filter { wanted.contains($0.plan.id) }
    }

    /// Makes a model ready, then looks at its hold-out: computed at the first look of a version, told again at others.
    func look(_ id: String) async throws(PluginError) {
        try await prepare(plans(for: id))
        guard let plan = composed.first(where: { $0.plan.id == id })?.plan,
            let card = models.entry(id, in: history.plan.id).flatMap({ ModelCard(json: $0.card) })
        else { return }
        let version = "\(card.configurationDigest) \(card.dataDigest)"
        let before = try await looks.looks(of: id, in: history.plan.id)
        if let known = before.first(where: { $0.version == version }), let figures = HoldoutFigures(json: known.figures)
        {
            return report(.heldOut(model: id, figures, looks: before.count, firstLook: known.lookedAt))
        }
        let figures = try await figures(plan, card)
        let now = WallClock.now()
        // What cannot be written down is not shown: it would be a look that nobody counts.
        try await looks.save(
            HoldoutLook(version: version, lookedAt: now, figures: figures.json), of: id, in: history.plan.id)
        report(.heldOut(model: id, figures, looks: before.count + 1, firstLook: nil))
    }

    private func figures(_ plan: TrainingPlan, _ card: ModelCard) async throws(PluginError) -> HoldoutFigures {
        var data = try await load()
        data.computeFeatures()
        try joinMembers(of: plan, &data)
        let isStopping = isStopping
        return try await Trainer(plan: plan, isCancelled: { isStopping.isFired }).look(data, card.search ?? [])
    }
}
