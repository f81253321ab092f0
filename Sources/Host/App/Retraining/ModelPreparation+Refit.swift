import HostCore
import HostTraining
import PluginKit
import PredictionTargets

extension ModelPreparation {
    /// Reads what a fit of a model learns from and no more, as of this newest event.
    mutating func reach(_ plan: TrainingPlan, newest: Int64?) {
        guard let newest, let start = plan.retrain?.start(newest: newest), start > .min else { return }
        history.start = start
        // What recursive indicators still carry of their beginning is small after four times their warm-up.
        history.before = 4 * history.plan.features.warmUpLength + plan.window + 2 * plan.target.horizon
    }

    /// Fits a model on what is stored now, beside what serves; returns the version that is, which is a candidate where it is new.
    func refit(
        _ plan: TrainingPlan, by who: String, reason: String
    ) async throws(PluginError) -> (number: Int, isNew: Bool) {
        try await plan.model.probe()
        defer { models.setState("serving", of: plan.id, in: pipeline) }
        let plan = try withoutSilent(plan)
        var data = try await history.load(columns: Set(composed.flatMap(\.plan.features))).data
        data.computeFeatures()
        try joinMembers(of: plan, &data)
        let fitted = try await fit(plan, data)
        let same = try await artifacts.versions(VersionQuery(model: plan.id, pipeline: pipeline)).first {
            $0.dataDigest == fitted.dataDigest && $0.configurationDigest == fitted.configurationDigest && $0.bytes > 0
                && $0.stage != .retired
        }
        if let same { return (same.key.number, false) }
        return (try await artifacts.save(fitted, for: pipeline, as: .candidate, by: who, reason: reason), true)
    }
}
