import HostCore
import PluginKit
import PredictionTargets

extension Trainer {
    private func silent(_ member: String, _ set: SupervisedSet, _ column: Int) -> PluginError {
        PluginError(
            .noData,
            "model/\(plan.id): its member model/\(member) predicted nothing for \(set.missing[column]) of \(set.labelled) bars, "
                + "which leaves \(set.rows.count) rows to learn from. A member predicts from its first test on, and under "
                + "'validation.kind' purged_kfold or combinatorial only what comes after all it learned from: judge members by "
                + "walk_forward or rolling, or give more history.")
    }

    /// What is odd about the features of a fit that goes on: one that never varies, or that many bars have no value of.
    func hints(_ set: SupervisedSet) -> [String] {
        let width = set.features.count
        return (plan.members.count..<width).compactMap { column in
            let name = "model/\(plan.id): the feature '\(set.features[column])'"
            let remedy = "See what its indicator says (`penstock plugins list`), or take it out of 'features'."
            if let first = set.rows.isEmpty ? nil : set.values[column],
                set.rows.indices.allSatisfy({ set.values[$0 * width + column] == first })
            {
                return "\(name) is \(first) in each of \(set.rows.count) rows, so nothing is learned from it. \(remedy)"
            }
            // A quarter of the bars is more than an indicator needs to begin, wherever there is history to learn from.
            guard set.missing[column] * 4 > set.labelled else { return nil }
            return "\(name) has no value for \(set.missing[column]) of \(set.labelled) bars, which are left out: "
                + "\(set.rows.count) rows are learned from. \(remedy)"
        }
    }

    /// Which instruments have no fit of their own; `nil` where each has one, or all share one.
    func hint(_ lots: [Lot], _ data: TrainingData) -> String? {
        guard plan.isPerInstrument else { return nil }
        let fitted = Set(lots.compactMap { $0.instrument?.description })
        let all = Set(data.bars.map(\.instrument)).map { data.instruments.instrument($0).description }
        let left = all.filter { !fitted.contains($0) }.sorted()
        guard !left.isEmpty else { return nil }
        let named = left.prefix(5).joined(separator: ", ") + (left.count > 5 ? " ..." : "")
        return
            "model/\(plan.id): too few rows for a fit of their own have \(left.count) of \(all.count) instruments, which are not "
            + "predicted: \(named). Give them more history, lower 'validation.folds' or 'validation.min_train', or use 'per: pool'."
    }

    /// That a fit knows what it cannot know when it serves; `nil` where the gate passed it.
    func hint(_ verdict: LeakageVerdict) -> String? {
        guard !verdict.failed.isEmpty else { return nil }
        return
            "model/\(plan.id): the fit failed the leakage gate (\(verdict.failed.joined(separator: ", "))): it knows what it "
            + "cannot know when it serves, so its figures may be too good. It is never promoted; without 'promotion' it serves all "
            + "the same. `penstock models check \(plan.id)` has each check; mend the features or 'validation'."
    }

    /// Why there is nothing to fit.
    func tooFew(_ set: SupervisedSet) -> PluginError {
        // Half of the bars without a value is no warm-up any more, wherever there is history to learn from.
        let worst = set.missing.indices.max { set.missing[$0] < set.missing[$1] }
        if let worst, set.missing[worst] * 2 > set.labelled, set.labelled > plan.validation.minTrain {
            if worst < plan.members.count { return silent(plan.members[worst], set, worst) }
            return PluginError(
                .noData,
                "model/\(plan.id): the feature '\(set.features[worst])' has no value for \(set.missing[worst]) of "
                    + "\(set.labelled) bars, which leaves \(set.rows.count) rows to learn from. See what its indicator says "
                    + "(`penstock plugins list`), or take it out of 'features'.")
        }
        if plan.target.isCrossSectional, set.rows.isEmpty {
            return PluginError(
                .noData,
                "model/\(plan.id): no two instruments have a bar at the same time, so there is no mean to exceed. "
                    + "Give the pipeline more instruments, or use 'target: { return: ... }'.")
        }
        let remedy =
            set.unpriced == 0
            ? "Give more history"
            : "\(set.unpriced) bars have no label, since there is no return over a price that is not above zero; more of such "
                + "history does not help. Take prices that are not adjusted below zero"
        let search = plan.search.map { ", each cut again into \($0.scheme.folds + 1) for the search," } ?? ""
        let seen =
            plan.window > 1 ? ", each with every value in \(plan.window) bars in a row ('window')," : ""
        return PluginError(
            .noData,
            "model/\(plan.id): \(set.rows.count) labelled rows\(seen) are too few for \(plan.validation.folds) folds\(search) with "
                + "at least \(plan.validation.minTrain) rows to learn from. \(remedy), or lower "
                + "'validation.folds'\(plan.search == nil ? "" : ", 'search.folds'") or 'validation.min_train'\(plan.window > 1 ? " or 'window'" : "")."
        )
    }
}
