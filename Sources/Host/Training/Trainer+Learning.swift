import HostCore
import PluginKit
import PredictionTargets

// Fits of models that go on learning while they serve.
extension Trainer {
    /// Throws where labels would not come one after the other.
    func checkLearning() throws(PluginError) {
        guard plan.validation.kind.isForward else {
            throw PluginError(
                .configuration,
                "model/\(plan.id): it learns labels in their order, and 'validation.kind' is \(plan.validation.kind.rawValue); "
                    + "allowed walk_forward, rolling.")
        }
    }

    /// Judges by what serves, over the tests in their order: each row is predicted, and its label learned when it is known.
    func judge(
        _ lots: [Lot], _ parts: [StoredArtifact.Part], _ data: TrainingData
    ) throws(PluginError) -> [JudgedFold] {
        let artifact = StoredArtifact(
            model: plan.id, configurationDigest: "", dataDigest: "", card: [], parts: parts)
        let timeline = try Self.timeline(
            artifact, model: plan.model, features: plan.columns, instruments: data.instruments)
        let (given, fitting) = (try data.predictions(plan, timeline), FoldFit(plan))
        var judged: [JudgedFold] = []
        for lot in lots {
            for fold in lot.folds {
                let values = fold.test.map { given[lot.before.rows[$0].bar] }
                guard values.allSatisfy(\.isFinite) else { throw fitting.notFinite(fold) }
                judged.append(
                    JudgedFold(
                        fold: fold, set: lot.before,
                        observations: fitting.observations(lot.before, fold) { values[$0] }))
            }
        }
        return judged
    }
}
