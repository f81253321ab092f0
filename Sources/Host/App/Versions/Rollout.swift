import HostCore
import HostTraining
import PluginKit
import PredictionTargets

/// Promotes and takes back versions of a model by the rule in the manifest, from the outcomes that are stored.
///
/// What it decides follows from the outcomes alone, not from when it is asked; who asks more often only hears of it sooner.
struct Rollout {
    let plan: TrainingPlan
    let scheme: PromotionScheme
    let pipeline: String
    let desk: VersionDesk
    let evidence: any EvidenceStore
    /// Through which event time the champion is known to have been within its band; belongs to `judged`.
    private var within = Int64.min
    private var judged = 0

    init?(_ plan: TrainingPlan, in pipeline: String, _ desk: VersionDesk, _ evidence: any EvidenceStore) {
        guard let scheme = plan.promotion else { return nil }
        (self.plan, self.scheme, self.pipeline, self.desk, self.evidence) = (plan, scheme, pipeline, desk, evidence)
    }

    /// Looks once; returns what was changed, a sentence each.
    mutating func step() async throws(PluginError) -> [String] {
        let versions = try await desk.store.versions(VersionQuery(model: plan.id, pipeline: pipeline))
        guard let champion = versions.first(where: { $0.stage == .champion }),
            let card = try await self.card(of: champion)
        else { return [] }
        if let told = try await rollback(champion, card) { return [told] }
        var told: [String] = []
        for shadow in versions.reversed() where shadow.stage == .shadow {
            guard let change = try await judge(shadow, champion, card) else { continue }
            told.append(change.text)
            if change.isPromotion { return told }
        }
        if let change = try await fill(versions, champion) { told.append(change) }
        return told
    }

    private func card(of version: ModelVersion) async throws(PluginError) -> ModelCard? {
        try await desk.store.card(of: version.key).flatMap { ModelCard(json: $0) }
    }

    private func order(
        _ key: VersionKey, to stage: ModelStage, _ champion: ModelVersion, _ reason: String
    ) async throws(PluginError) -> String {
        _ = try await desk.carryOut(
            StageOrder(key, to: stage, champion: champion.key.number, by: StageOrder.host, reason: reason))
        return "model/\(plan.id): version \(key.number) is \(stage.rawValue): \(reason)."
    }

    // MARK: Taking back

    private mutating func rollback(_ champion: ModelVersion, _ card: ModelCard) async throws(PluginError) -> String? {
        guard let rule = scheme.rollback, let usual = card.metrics.meanAbsoluteError, usual > 0 else { return nil }
        let changes = try await desk.store.stageChanges(of: plan.id, in: pipeline, limit: 1_000)
        let since = changes.first { $0.key == champion.key && $0.to == .champion }?.after ?? .min
        if judged != champion.key.number { (judged, within) = (champion.key.number, .min) }
        within = max(within, since, card.trainedThrough)
        let run = rule.run(try await evidence.errors(of: champion.key, after: within), usual: usual)
        within = max(within, run.lastWithin ?? .min)
        guard run.beyond >= rule.bars else { return nil }
        let reason =
            "the error of version \(champion.key.number) was beyond \(rule.band) times that of its tests for \(run.beyond) event times"
        do throws(PluginError) {
            let report = try await desk.answer(
                .rollback(
                    model: plan.id, pipeline: pipeline, to: nil, champion: champion.key.number, by: StageOrder.host,
                    reason: reason))
            let number = report.versions.first?.version ?? 0
            return "model/\(plan.id): version \(number) serves again: \(reason)."
        } catch {
            throw PluginError(error.code, "model/\(plan.id): \(reason), and nothing takes its place. \(error.message)")
        }
    }

    // MARK: Promoting

    private func judge(
        _ shadow: ModelVersion, _ champion: ModelVersion, _ card: ModelCard
    ) async throws(PluginError) -> (text: String, isPromotion: Bool)? {
        guard let own = try await self.card(of: shadow) else { return nil }
        let errors = try await evidence.pairedErrors(
            of: plan.id, in: pipeline, champion: champion.key.number, shadow: shadow.key.number,
            after: max(card.trainedThrough, own.trainedThrough))
        switch Promotion.judge(errors, by: scheme, horizon: plan.target.horizon) {
        case .wait: return nil
        case .promote(let found):
            let isFit = scheme.takes(leakage: shadow.verdict)
            let reason = found.text(scheme.metric, against: champion.key.number)
            guard isFit else {
                return (
                    try await order(
                        shadow.key, to: .candidate, champion,
                        "it is better and has not passed the leakage gate: \(reason)"),
                    false
                )
            }
            return (try await order(shadow.key, to: .champion, champion, reason), true)
        case .giveUp(let found):
            let reason = "not better: \(found.text(scheme.metric, against: champion.key.number))"
            return (try await order(shadow.key, to: .candidate, champion, reason), false)
        }
    }

    /// Lets the newest candidate that never shadowed or served do so, where there is room.
    private func fill(_ versions: [ModelVersion], _ champion: ModelVersion) async throws(PluginError) -> String? {
        guard versions.count(where: { $0.stage == .shadow }) < PromotionScheme.mostShadows else { return nil }
        let fresh = versions.filter { version in
            version.stage == .candidate && version.bytes > 0 && version.key.number > champion.key.number
                && scheme.takes(leakage: version.verdict)
        }
        guard !fresh.isEmpty else { return nil }
        let used = Set(
            try await desk.store.stageChanges(of: plan.id, in: pipeline, limit: 1_000).filter {
                $0.to == .shadow || $0.to == .champion
            }.map(\.key.number))
        guard let next = fresh.first(where: { !used.contains($0.key.number) }) else { return nil }
        return try await order(next.key, to: .shadow, champion, "there is room for a shadow")
    }
}
