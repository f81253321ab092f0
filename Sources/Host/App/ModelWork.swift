import CivilTime
import HostCore
import HostManifest
import HostTraining
import PluginKit
import PredictionTargets

/// What is done with models while no pipeline runs: `penstock models fit`, `search`, `holdout` and `check`.
package enum ModelWork: Sendable, Hashable {
    /// Fits it where data or configuration have changed since it was.
    case fit(String)
    /// Searches its options where that was not done yet, and fits it.
    case search(String)
    /// Looks at its hold-out, once.
    case holdout(String)
    /// Tells what the leakage gate says of models, of all where none is named; those without a verdict are fitted.
    case check([String])

    /// The models it names.
    package var models: [String] {
        switch self {
        case .fit(let id), .search(let id), .holdout(let id): [id]
        case .check(let ids): ids
        }
    }
}

/// Does the work in every pipeline that has the models.
struct ModelDesk {
    let host: Host

    /// Does it; throws the first fault.
    func run(_ work: ModelWork) async throws(HostError) {
        for id in work.models { try check(work, id) }
        let wanted = Set(work.models.isEmpty ? host.manifest.models.map(\.instance.id) : work.models)
        let pipelines = host.manifest.pipelines.filter { !wanted.isDisjoint(with: $0.models) }
        for id in work.models where !pipelines.contains(where: { $0.models.contains(id) }) {
            let declaration = host.manifest.models.first { $0.instance.id == id }
            throw HostError(
                exitCode: 2,
                "models: no pipeline has model/\(id) at \(declaration.map { host.manifest.place(of: $0.instance.location) } ?? ""). "
                    + "Enable it, and name it in the 'models' of one.")
        }
        do throws(PluginError) {
            for composed in try host.compose(host.instances, only: Set(pipelines.map(\.id))) {
                try await run(work, wanted, composed)
            }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    /// Whether the manifest asks for what is to be done.
    private func check(_ work: ModelWork, _ id: String) throws(HostError) {
        let models = host.manifest.models
        guard let declaration = models.first(where: { $0.instance.id == id }) else {
            throw HostError(
                exitCode: 2,
                "models: no model \(PluginError.quoted(id)). "
                    + Suggestion.hint(for: id, among: models.map(\.instance.id)))
        }
        let place = host.manifest.place(of: declaration.instance.location)
        switch work {
        case .search where declaration.search == nil:
            throw HostError(
                exitCode: 2,
                "models search: model/\(id) at \(place) has no 'search'. Write search: { over: { OPTION: [LOW, HIGH] } }; "
                    + "`penstock plugins info \(declaration.instance.descriptor.id)` has its options.")
        case .holdout where declaration.validation.holdout == 0:
            throw HostError(
                exitCode: 2,
                "models holdout: model/\(id) at \(place) keeps no hold-out. Write validation: { holdout: 0.2 }."
            )
        default: return
        }
    }

    private func run(
        _ work: ModelWork, _ wanted: Set<String>, _ composed: ComposedPipeline
    ) async throws(PluginError) {
        let ids = wanted.intersection(composed.training.map(\.plan.id))
        let declared = host.manifest.pipelines.first { $0.id == composed.pipeline.plan.id }?.models ?? []
        for id in work.models where declared.contains(id) && !ids.contains(id) {
            throw PluginError(
                .environment, host.board.status(.model, id)?.message ?? "model/\(id): it cannot be built.")
        }
        guard !ids.isEmpty else { return }
        try await composed.pipeline.route.prepare()
        var preparation = host.preparation(
            composed, host.isStopping, models: host.view.models, isStrict: !work.models.isEmpty,
            past: try await composed.pipeline.hasPast())
        if case .check = work { preparation.needsVerdict = true }
        let preparing = preparation
        let result = await LongWork.run(until: host.isStopping, grace: host.manifest.host.stopTimeout * 0.5) {
            await Result { () async throws(PluginError) in
                switch work {
                case .fit, .search, .check: try await preparing.prepare(preparing.plans(for: ids))
                case .holdout(let id): try await preparing.look(id)
                }
                return
            }
        }
        guard let result else {
            host.leftBehind.fire()
            throw PluginError(
                .cancelled,
                "models: the work on \(ids.sorted().map { "model/\($0)" }.joined(separator: ", ")) did not end with the stop and was "
                    + "given up.")
        }
        try result.get()
    }
}

extension ModelPreparation {
    /// Models with all that they see, members first.
    func plans(for ids: Set<String>) -> [(plan: TrainingPlan, serving: ServingModel)] {
        var wanted = ids
        for (plan, _) in composed.reversed() where wanted.contains(plan.id) { wanted.formUnion(plan.members) }
        return composed.filter { wanted.contains($0.plan.id) }
    }

    /// Makes a model ready, then looks at its hold-out: computed at the first look of a version, told again at others.
    func look(_ id: String) async throws(PluginError) {
        try await prepare(plans(for: [id]))
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
