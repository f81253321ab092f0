import HostCore
import HostTraining
import PluginKit

extension ModelPreparation {
    /// Adds what the members of a model give each bar of the past; of one that does not serve that is nothing.
    func joinMembers(of plan: TrainingPlan, _ data: inout TrainingData) throws(PluginError) {
        for id in plan.members where !data.has(model: id) {
            guard let member = composed.first(where: { $0.plan.id == id }), let timeline = member.serving.timeline
            else {
                guard plan.descriptor.combines else { throw silence(plan, id) }
                data.join(silent: id)
                continue
            }
            try joinMembers(of: member.plan, &data)
            data.join(model: id, try data.predictions(member.plan, timeline, asMember: true))
        }
    }

    /// Returns a plan that knows which of its members do not serve; throws where it cannot go on without them.
    func withoutSilent(_ plan: TrainingPlan) throws(PluginError) -> TrainingPlan {
        let own = plan.members.filter { timeline(of: $0) == nil }
        if let first = own.first, !plan.descriptor.combines || own.count == plan.members.count {
            throw silence(plan, first)
        }
        var plan = plan
        plan.silent = silent(plan)
        for id in own {
            report(
                .warning(
                    "model/\(plan.id): goes on without its member model/\(id), which does not serve; the others have its weight. "
                        + "\(message(of: id))"))
        }
        return plan
    }

    private func silent(_ plan: TrainingPlan) -> [String] {
        plan.members.flatMap { id in
            guard let member = composed.first(where: { $0.plan.id == id }), member.serving.timeline != nil else {
                return [id]
            }
            return silent(member.plan)
        }
    }

    private func timeline(of id: String) -> PredictorTimeline? {
        composed.first { $0.plan.id == id }?.serving.timeline
    }

    private func message(of id: String) -> String { models.entry(id, in: pipeline)?.message ?? "" }

    private func silence(_ plan: TrainingPlan, _ id: String) -> PluginError {
        PluginError(.noData, "model/\(plan.id): its member model/\(id) does not serve. \(message(of: id))")
    }
}
