import CivilTime
import HostCore
import HostManifest
import HostStorage
import HostTraining
import PluginKit

/// Gets every model of a pipeline ready to serve: the stored artifact where data and configuration are unchanged, else a
/// new fit.
struct ModelPreparation: Sendable {
    var history: ModelHistory
    /// All models of the pipeline, members before those that combine them.
    let composed: [(plan: TrainingPlan, serving: ServingModel)]
    let artifacts: any ArtifactStore & VersionStore
    let looks: any LookStore
    let models: ModelBoard
    let board: InstanceBoard
    let isStopping: StopSignal
    /// Whether one that fails ends it all.
    let isStrict: Bool
    /// Whether one that was stored without a verdict of the leakage gate is fitted again.
    var needsVerdict = false
    /// Whether models with a 'retrain' are fitted by that, once they serve: then no start fits them.
    var defersRetraining = false
    /// Whether a model is prepared again after a fault.
    let isTriedAgain: @Sendable (_ model: String, PluginError) -> Bool
    let report: @Sendable (HostEvent) -> Void

    /// Prepares models in order; one that fails is reported and left out, unless it is strict. Returns those to prepare
    /// again.
    ///
    /// Throws the provider's fault, or `.cancelled` when the host is stopping.
    @discardableResult
    func prepare(
        _ plans: [(plan: TrainingPlan, serving: ServingModel)]
    ) async throws(PluginError) -> [(plan: TrainingPlan, serving: ServingModel)] {
        guard !plans.isEmpty else { return [] }
        var past = plans.allSatisfy({ isLeft($0.plan, $0.serving) }) ? Past() : try await known()
        var left: [(plan: TrainingPlan, serving: ServingModel)] = []
        for (plan, serving) in plans {
            do {
                try await prepare(plan, serving, &past)
            } catch  where error.code == .cancelled {
                throw error
            } catch {
                guard !isStrict else { throw error }
                if fail(plan, serving, error) { left.append((plan, serving)) }
            }
        }
        return left
    }

    /// Lets each model serve what it served last, where that was fitted as the manifest says now; returns whether all of them do, else
    /// none does.
    ///
    /// No history is read: whether the data calls for another fit is looked at later, by `prepare`.
    func resume(
        _ plans: [(plan: TrainingPlan, serving: ServingModel)]
    ) async throws(PluginError) -> Bool {
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        var ready: [(VersionLoader, VersionLoader.Loaded)] = []
        for (plan, _) in plans {
            let loader = VersionLoader(
                plan: plan, pipeline: pipeline, store: artifacts, instruments: history.plan.directory)
            do throws(PluginError) {
                try await plan.model.probe()
                let standing = try await loader.standing()
                guard let number = standing.champion else { return false }
                let loaded = try await loader.load(number)
                let isChosen = plan.promotion != nil || standing.isByHand
                guard isChosen || loaded.configurationDigest == plan.configurationDigest else { return false }
                ready.append((loader, loaded))
            } catch {
                guard error.code != .cancelled else { throw error }
                return false
            }
        }
        for ((plan, serving), (loader, loaded)) in zip(plans, ready) {
            serve(plan, serving, loaded.timeline, card: loaded.card, isStored: true, start.duration(to: clock.now))
            try await shadow(serving, loader)
        }
        return true
    }

    /// Reads the history, with what the models read beside the bars.
    func load() async throws(PluginError) -> TrainingData {
        report(.loading(pipeline: pipeline))
        let (data, refused) = try await history.load(columns: readColumns)
        report(.loaded(pipeline: pipeline, bars: data.bars.count, refused: refused))
        return data
    }

    /// What models learn from: its digest where that is known without holding all of it, which is read when one is fitted.
    private struct Past {
        var digest: String?
        var data: TrainingData?
    }

    private func known() async throws(PluginError) -> Past {
        guard let found = try await history.digest(columns: readColumns) else { return Past(data: try await load()) }
        report(.loaded(pipeline: pipeline, bars: found.bars, refused: 0))
        return Past(digest: found.text)
    }

    private var readColumns: Set<String> { Set(composed.flatMap(\.plan.features)) }

    private func whole(_ past: inout Past) async throws(PluginError) -> TrainingData {
        if let data = past.data { return data }
        let data = try await history.load(columns: readColumns).data
        past.data = data
        return data
    }

    /// Returns what a model is fitted on, with its features and what its members give.
    private func joined(_ plan: TrainingPlan, _ past: inout Past) async throws(PluginError) -> TrainingData {
        var data = try await whole(&past)
        data.computeFeatures()
        past.data = data
        try joinMembers(of: plan, &data)
        past.data = data
        return data
    }

    /// Whether a model that serves is fitted by its 'retrain' alone.
    private func isLeft(_ plan: TrainingPlan, _ serving: ServingModel) -> Bool {
        defersRetraining && plan.retrain != nil && serving.timeline != nil
    }

    private func prepare(
        _ plan: TrainingPlan, _ serving: ServingModel, _ past: inout Past
    ) async throws(PluginError) {
        if isLeft(plan, serving) { return models.setState("serving", of: plan.id, in: pipeline) }
        let plan = try withoutSilent(plan)
        let clock = ContinuousClock()
        let start = clock.now
        try await plan.model.probe()
        let loader = VersionLoader(
            plan: plan, pipeline: pipeline, store: artifacts, instruments: history.plan.directory)
        let standing = try await loader.standing()
        let isChosen = plan.promotion != nil || standing.isByHand
        if defersRetraining, plan.retrain != nil, let champion = await self.champion(standing.champion, loader),
            isChosen || champion.configurationDigest == plan.configurationDigest
        {
            serve(plan, serving, champion.timeline, card: champion.card, isStored: true, start.duration(to: clock.now))
            return try await shadow(serving, loader)
        }
        var stored = try await self.stored(plan, &past)
        if needsVerdict, let found = stored, ModelCard(json: found.card)?.leakage == nil { stored = nil }
        var timeline = stored.flatMap { stored in
            try? Trainer.timeline(
                stored, model: plan.model, features: plan.columns, instruments: history.plan.directory)
        }
        // What was promoted serves until something else is: a fit beside it is the next candidate.
        if isChosen, let champion = await self.champion(standing.champion, loader) {
            let isKnown = timeline != nil && stored?.version != 0
            serve(plan, serving, champion.timeline, card: champion.card, isStored: true, start.duration(to: clock.now))
            if !isKnown { try await fitCandidate(plan, &past, beside: champion.timeline.version) }
            return try await shadow(serving, loader)
        }
        let isStored = timeline != nil
        if timeline == nil {
            stored = try await fit(plan, try await joined(plan, &past))
        }
        guard var serves = stored else { return }
        serves.version = await crown(serves, instead: standing.champion)
        timeline = try Trainer.timeline(
            serves, model: plan.model, features: plan.columns, instruments: history.plan.directory)
        guard let timeline else { return }
        serve(plan, serving, timeline, card: serves.card, isStored: isStored, start.duration(to: clock.now))
        try await shadow(serving, loader)
    }

    /// The version that was promoted; `nil`, and told, where it cannot predict what the manifest says now.
    private func champion(_ number: Int?, _ loader: VersionLoader) async -> VersionLoader.Loaded? {
        guard let number else { return nil }
        do throws(PluginError) {
            return try await loader.load(number)
        } catch {
            report(
                .warning(
                    "model/\(loader.plan.id): the champion, version \(number), cannot serve; a fit takes its place. \(error.message)"
                ))
            return nil
        }
    }

    /// Notes that what fits manifest and data serves; returns its number, 0 where that could not be written down.
    private func crown(_ artifact: StoredArtifact, instead champion: Int?) async -> Int {
        let reason = "fitted on what manifest and data are, and nothing asks for a promotion"
        do throws(PluginError) {
            guard artifact.version > 0 else {
                return try await artifacts.save(artifact, for: pipeline, as: .champion, reason: reason)
            }
            if artifact.version != champion {
                let key = VersionKey(artifact.model, in: pipeline, artifact.version)
                _ = try await artifacts.move(StageOrder(key, to: .champion, by: StageOrder.host, reason: reason))
            }
            return artifact.version
        } catch {
            report(.warning("model/\(artifact.model): serves, but its artifact was not stored. \(error.message)"))
            return 0
        }
    }

    /// Fits what manifest and data are now, beside a champion that serves.
    private func fitCandidate(
        _ plan: TrainingPlan, _ past: inout Past, beside champion: Int
    ) async throws(PluginError) {
        do throws(PluginError) {
            let fitted = try await fit(plan, try await joined(plan, &past))
            let number = try await artifacts.save(
                fitted, for: pipeline, as: .candidate, reason: "fitted beside version \(champion)")
            report(.notice("model/\(plan.id): version \(number) was fitted; version \(champion) goes on serving."))
        } catch {
            guard error.code != .cancelled else { throw error }
            report(
                .warning("model/\(plan.id): version \(champion) serves; a newer one was not fitted. \(error.message)"))
        }
        models.setState("serving", of: plan.id, in: pipeline)
    }

    /// Lets the versions in the stage shadow predict beside what serves.
    private func shadow(_ serving: ServingModel, _ loader: VersionLoader) async throws(PluginError) {
        let shadows = try await loader.shadows { report(.warning($0)) }
        let sequence = try await loader.standing().sequence
        serving.swap(serving.timeline, shadows: shadows, after: sequence, split: try await loader.split())
    }

    private func stored(_ plan: TrainingPlan, _ past: inout Past) async throws(PluginError) -> StoredArtifact? {
        do {
            guard plan.descriptor.learns else {
                let digest =
                    if let digest = past.digest { TrainingData.digest(digest, of: plan) } else {
                        try await whole(&past).digest(of: plan)
                    }
                return try await artifacts.artifact(
                    model: plan.id, for: pipeline, configurationDigest: plan.configurationDigest, dataDigest: digest)
            }
            // What came since it was fitted it has learned, or will.
            let newest = try await artifacts.artifact(
                model: plan.id, for: pipeline, configurationDigest: plan.configurationDigest, dataDigest: nil)
            let last = newest?.parts.filter { $0.validThrough == .max }.map(\.validAfter).max()
            guard let newest, let last, try await whole(&past).digest(of: plan, through: last + 1) == newest.dataDigest
            else {
                return nil
            }
            return newest
        } catch  where error.code == .cancelled {
            throw error
        } catch {
            report(.warning(error.code == .corrupted ? error.message : "\(error.message) The model is fitted again."))
            return nil
        }
    }

    var pipeline: String { history.plan.id }

    func fit(_ plan: TrainingPlan, _ data: TrainingData) async throws(PluginError) -> StoredArtifact {
        if models.entry(plan.id, in: pipeline)?.state == "serving" {
            models.setState("fitting", of: plan.id, in: pipeline)
        } else {
            models.set(.init(model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "fitting"))
        }
        let (models, pipeline, report, isStopping) = (models, pipeline, report, isStopping)
        let trainer = Trainer(
            plan: plan,
            progress: { progress in
                models.setProgress(progress, of: plan.id, in: pipeline)
                report(.fitting(model: plan.id, progress: progress))
            },
            searched: { report(.searching(model: plan.id, $0)) }, warn: { report(.warning($0)) },
            isCancelled: { isStopping.isFired })
        do {
            return try await trainer.fit(data)
        } catch {
            if error.code == .cancelled { report(.warning("\(error.message) The next start fits it again.")) }
            throw error
        }
    }

    private func serve(
        _ plan: TrainingPlan, _ serving: ServingModel, _ timeline: PredictorTimeline, card: [UInt8], isStored: Bool,
        _ span: Duration
    ) {
        // What serves already goes on: it may have learned since.
        guard serving.timeline?.fit != timeline.fit || serving.timeline?.version != timeline.version else {
            return models.setState("serving", of: plan.id, in: pipeline)
        }
        serving.swap(timeline)
        models.set(
            .init(
                model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "serving",
                origin: isStored ? "stored" : "fitted", progress: 1, card: card, version: timeline.version,
                figures: timeline.figures))
        if board.status(.model, plan.id)?.state == .degraded { board.set(.model, plan.id, .ok) }
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
        report(.serving(model: plan.id, isStored: isStored, seconds: seconds))
    }

    /// Says that a model does not serve, or goes on with what it served last; returns whether it is prepared again.
    private func fail(_ plan: TrainingPlan, _ serving: ServingModel, _ error: PluginError) -> Bool {
        let isTriedAgain = isTriedAgain(plan.id, error)
        if let version = serving.timeline?.version {
            models.setState("serving", of: plan.id, in: pipeline)
            report(
                .warning("model/\(plan.id): version \(version) serves; a newer one was not fitted. \(error.message)"))
            return isTriedAgain
        }
        // A plugin names itself, and several models may be of it.
        let isNamed = error.message.hasPrefix("model/\(plan.id):")
        let message = isNamed ? error.message : "model/\(plan.id): \(error.message)"
        models.set(
            .init(
                model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "failed", message: message))
        if isTriedAgain {
            board.set(.model, plan.id, .degraded, message)
        } else {
            board.set(.model, plan.id, .failed, message)
            report(.warning(message))
        }
        return isTriedAgain
    }
}
