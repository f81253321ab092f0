package import HostCore
import HostManifest
import HostSecurity
import HostTraining
package import PluginKit
import PredictionTargets

/// What is asked about versions, or to be done with one; the pipeline may be left out where one alone has the model.
package enum VersionQuestion: Sendable, Hashable {
    /// Which there are.
    case list(VersionQuery)
    /// Some versions of a model side by side, with who was used for what and when.
    case show(model: String, pipeline: String?, numbers: [Int])
    /// A version is to have a stage; `champion` is the one that serves as far as the asker knows, 0 for none.
    case move(model: String, pipeline: String?, Int, to: ModelStage, champion: Int, by: String, reason: String)
    /// What served before the champion is to serve again, or a version that served once.
    case rollback(model: String, pipeline: String?, to: Int?, champion: Int, by: String, reason: String)
}

/// Answers about versions and changes their stages, on the state folder and in the pipelines that run.
///
/// A change is first checked, then one transaction, then one exchange in the running pipeline: where something fails before that, what
/// serves goes on serving.
package struct VersionDesk: Sendable {
    let store: any VersionStore & ArtifactStore
    let manifest: @Sendable () -> Manifest
    let instruments: InstrumentTable
    /// The model in the pipeline that runs; `nil` where none does.
    let running: @Sendable (_ model: String, _ pipeline: String) -> (plan: TrainingPlan, serving: ServingModel)?
    /// The board of models; `nil` where nothing runs.
    var board: ModelBoard?
    /// What became of predictions; `nil` where nobody compares.
    var evidence: (any EvidenceStore)?
    let warn: @Sendable (String) -> Void
    /// Told what changed: goes to the log of changes.
    var log: @Sendable (AuditEntry.Event, _ by: String) async -> Void = { _, _ in }

    /// Answers a question.
    ///
    /// Throws `.notFound` for a model or version that is not there, `.badRequest` for what cannot be done.
    package func answer(_ question: VersionQuestion) async throws(PluginError) -> VersionReport {
        switch question {
        case .list(let query):
            let found = try await store.versions(query)
            if found.isEmpty, let model = query.model { _ = try await pipeline(of: model, query.pipeline) }
            return VersionReport(found)
        case .show(let model, let pipeline, let numbers):
            let place = try await self.pipeline(of: model, pipeline)
            return try await report(model, place, numbers)
        case .move(let model, let pipeline, let number, let stage, let champion, let by, let reason):
            let place = try await self.pipeline(of: model, pipeline)
            let order = StageOrder(
                VersionKey(model, in: place, number), to: stage, champion: champion, by: by, reason: reason)
            return try await logged(order)
        case .rollback(let model, let pipeline, let number, let champion, let by, let reason):
            let place = try await self.pipeline(of: model, pipeline)
            let key = VersionKey(model, in: place, try await earlier(model, place, number, than: champion))
            return try await logged(
                StageOrder(key, to: .champion, champion: champion, by: by, reason: "rollback: \(reason)"))
        }
    }

    /// Carries out an order and tells of it.
    private func logged(_ order: StageOrder) async throws(PluginError) -> VersionReport {
        let report = try await carryOut(order)
        let place = "model/\(order.key.model) in pipeline/\(order.key.pipeline)"
        let old = order.champion.flatMap { $0 > 0 ? "version \($0) serves" : nil }
        await log(
            AuditEntry.Event(
                "version.\(order.to.rawValue)", place, old: old,
                new: "version \(order.key.number) is \(order.to.rawValue)", reason: order.reason), order.by)
        return report
    }

    /// Returns the card of a version as JSON.
    package func card(_ model: String, _ pipeline: String?, _ number: Int) async throws(PluginError) -> [UInt8] {
        let key = VersionKey(model, in: try await self.pipeline(of: model, pipeline), number)
        _ = try await version(key)
        return try await store.card(of: key) ?? []
    }

    // MARK: Which

    /// The pipeline that has versions of a model: the one asked for, or the only one.
    func pipeline(of model: String, _ asked: String?) async throws(PluginError) -> String {
        let known = try await store.pipelines(of: model)
        guard !known.isEmpty else {
            throw PluginError(
                .notFound, "models: there is no version of model \(PluginError.quoted(model)). `penstock run` fits it.")
        }
        if let asked {
            guard known.contains(asked) else {
                throw PluginError(
                    .notFound,
                    "models: pipeline \(PluginError.quoted(asked)) has no version of model/\(model). Known: "
                        + "\(known.joined(separator: ", ")).")
            }
            return asked
        }
        guard known.count == 1 else {
            throw PluginError(
                .badRequest,
                "models: \(known.count) pipelines have versions of model/\(model): \(known.joined(separator: ", ")). Say which: "
                    + "--pipeline ID.")
        }
        return known[0]
    }

    func report(_ model: String, _ pipeline: String, _ numbers: [Int]) async throws(PluginError) -> VersionReport {
        var found: [ModelVersion] = []
        for number in numbers { found.append(try await version(VersionKey(model, in: pipeline, number))) }
        if numbers.isEmpty { found = try await store.versions(VersionQuery(model: model, pipeline: pipeline)) }
        return VersionReport(
            found, history: try await store.stageChanges(of: model, in: pipeline, limit: Self.mostChanges))
    }

    /// Returns a version; throws `.notFound` for one that is not there.
    func version(_ key: VersionKey) async throws(PluginError) -> ModelVersion {
        if let found = try await store.versions(VersionQuery(key)).first { return found }
        let last = try await store.versions(VersionQuery(model: key.model, pipeline: key.pipeline, limit: 1))
        throw PluginError(
            .notFound,
            "models: model/\(key.model) in pipeline/\(key.pipeline) has no version \(key.number); allowed 1...\(last.first?.key.number ?? 0)."
        )
    }

    /// The version that served before the champion, or the one asked for, which must have served once.
    private func earlier(
        _ model: String, _ pipeline: String, _ asked: Int?, than champion: Int
    ) async throws(PluginError) -> Int {
        let served = try await store.stageChanges(of: model, in: pipeline, limit: .max).filter { $0.to == .champion }
            .map(\.key.number)
        if let asked {
            guard served.contains(asked) else {
                throw PluginError(
                    .badRequest,
                    "models: version \(asked) of model/\(model) in pipeline/\(pipeline) never served; allowed is one that did: "
                        + "\(Set(served).sorted().map(String.init).joined(separator: ", ")). To let it serve: `penstock models promote`."
                )
            }
            return asked
        }
        let all = try await store.versions(VersionQuery(model: model, pipeline: pipeline))
        let usable = Set(all.filter { $0.stage != .retired && $0.bytes > 0 }.map(\.key.number))
        guard let found = served.first(where: { $0 != champion && usable.contains($0) }) else {
            throw PluginError(
                .badRequest,
                "models: model/\(model) in pipeline/\(pipeline) has no version that served before and is kept. "
                    + "`penstock models list --all` shows which there are.")
        }
        return found
    }

    private static let mostChanges = 1_000

    // MARK: Changing

    /// Checks an order, writes it down, and lets it take effect.
    func carryOut(_ order: StageOrder) async throws(PluginError) -> VersionReport {
        let key = order.key
        let version = try await self.version(key)
        guard order.to == .champion || version.stage != .champion else {
            throw PluginError(
                .badRequest,
                "models: version \(key.number) of model/\(key.model) serves, and would leave the model without predictions. "
                    + "Promote another one, or disable the model.")
        }
        let running = self.running(key.model, key.pipeline)
        var loaded: VersionLoader.Loaded?
        if order.to == .champion || order.to == .shadow {
            if version.stage != .retired { loaded = try await check(version, order.to, running?.plan) }
        }
        _ = try await store.move(order)
        if let running { try await apply(key, loaded, running) }
        return try await report(key.model, key.pipeline, [key.number])
    }

    /// Whether a version can predict now: the gate, what it was fitted as, every byte.
    func check(
        _ version: ModelVersion, _ stage: ModelStage, _ plan: TrainingPlan?
    ) async throws(PluginError) -> VersionLoader.Loaded? {
        let (key, who) = (version.key, "models: version \(version.key.number) of model/\(version.key.model)")
        let declared = manifest().models.first { $0.instance.id == key.model }
        if stage == .champion {
            guard version.verdict != "fail" else {
                throw PluginError(
                    .badRequest,
                    "\(who) failed the leakage gate: it knows what it cannot know when it serves. `penstock models show` has what was "
                        + "found; mend the features or the validation, and fit again.")
            }
        }
        if let plan { return try await loader(plan, key.pipeline).load(key.number) }
        if let declared, let pipeline = manifest().pipelines.first(where: { $0.id == key.pipeline }),
            let card = try await store.card(of: key).flatMap({ ModelCard(json: $0) }),
            let difference = card.difference(
                plugin: declared.instance.descriptor.id, target: declared.target.description,
                features: declared.members.map(TrainingPlan.column(ofModel:))
                    + manifest().features(of: declared, in: pipeline), window: declared.window)
        {
            throw PluginError(.badRequest, VersionLoader.other(key, difference))
        }
        guard try await store.artifact(of: key) != nil else {
            throw PluginError(.badRequest, "\(who) has no artifact any more. Choose a version whose bytes are kept.")
        }
        return nil
    }

    /// Lets the running pipeline predict by what is written down now.
    func apply(
        _ key: VersionKey, _ loaded: VersionLoader.Loaded?, _ running: (plan: TrainingPlan, serving: ServingModel)
    ) async throws(PluginError) {
        let loader = self.loader(running.plan, key.pipeline)
        let standing = try await loader.standing()
        var timeline = running.serving.timeline
        if let champion = standing.champion, champion != timeline?.version {
            let found: VersionLoader.Loaded
            if let loaded, champion == key.number { found = loaded } else { found = try await loader.load(champion) }
            timeline = found.timeline
            board?.setVersion(
                champion, card: found.card, figures: found.timeline.figures, of: key.model, in: key.pipeline)
        }
        running.serving.swap(
            timeline, shadows: try await loader.shadows(warn), after: standing.sequence, split: try await loader.split()
        )
    }

    /// Whether a user put the champion there, or lets others share its rows: then a fit takes nobody's place.
    func isByHand(_ plan: TrainingPlan, in pipeline: String) async throws(PluginError) -> Bool {
        try await loader(plan, pipeline).standing().isByHand
    }

    private func loader(_ plan: TrainingPlan, _ pipeline: String) -> VersionLoader {
        VersionLoader(plan: plan, pipeline: pipeline, store: store, instruments: instruments)
    }
}
