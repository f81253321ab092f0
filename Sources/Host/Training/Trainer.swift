package import HostCore
package import PluginKit
import PredictionTargets

/// Fits and judges a model: validation first, then once on everything.
///
/// Where the tests go forward, the parts of the artifact are the folds' fits, each from its test's first event time to the
/// next one's, and the last fit for what comes after. So the service's predictions over history are the out-of-sample ones
/// the metrics were computed from, and no part is used before everything it learned from was known. Other validations only
/// judge: what they fitted knew the future, so the last fit alone is kept.
package struct Trainer: Sendable {
    private let plan: TrainingPlan
    private let progress: @Sendable (Double) -> Void
    private let isCancelled: @Sendable () -> Bool

    /// Creates a trainer; `progress` is told fractions 0...1, `isCancelled` is asked often.
    package init(
        plan: TrainingPlan, progress: @escaping @Sendable (Double) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.plan = plan
        self.progress = progress
        self.isCancelled = isCancelled
    }

    /// Fits; throws `.noData` where there are too few rows, `.cancelled` when stopped, or the plugin's fault.
    package func fit(_ data: TrainingData) async throws(PluginError) -> StoredArtifact {
        let clock = ContinuousClock()
        let start = clock.now
        let set = try SupervisedSet(data, plan)
        // What is fitted on its own: all rows, or those of each instrument. One that has too few has no fit.
        let lots = (plan.isPerInstrument ? set.byInstrument.map { (Optional($0.instrument), $0.rows) } : [(nil, set)])
            .map {
                Lot(
                    instrument: $0.0.map(data.instruments.instrument), set: $0.1,
                    folds: plan.validation.folds(of: $0.1.rows))
            }
            .filter { !$0.folds.isEmpty }
        guard let lastTime = set.rows.map(\.labelEnd).max(), !lots.isEmpty else { throw tooFew(set) }
        var steps = Steps(all: lots.reduce(0) { $0 + $1.folds.count + 1 })
        var parts: [StoredArtifact.Part] = []
        var judged: [JudgedFold] = []
        for lot in lots { try await fit(lot, &steps, &parts, &judged) }
        let card = card(data, set, judged, lots: lots.count, lastTime, seconds: start.duration(to: clock.now))
        return StoredArtifact(
            model: plan.id, configurationDigest: plan.configurationDigest, dataDigest: data.digest(of: plan),
            card: card.json,
            parts: parts)
    }

    /// Rows that are fitted on their own.
    private struct Lot {
        /// Whose they are; `nil` for everyone's.
        let instrument: Instrument?
        let set: SupervisedSet
        let folds: [Fold]
    }

    /// How many fits there are, and how many have ended.
    private struct Steps {
        let all: Int
        var done = 0
    }

    /// Fits and judges the tests of a lot, then all of it.
    private func fit(
        _ lot: Lot, _ steps: inout Steps, _ parts: inout [StoredArtifact.Part], _ judged: inout [JudgedFold]
    ) async throws(PluginError) {
        let (set, folds) = (lot.set, lot.folds)
        let lastTime = set.rows.map(\.labelEnd).max() ?? .max
        for (number, fold) in folds.enumerated() {
            let bytes = try await fit(set, fold.train, &steps)
            judged.append(try judge(bytes, set, fold))
            guard plan.validation.kind.isForward else { continue }
            let through = number + 1 < folds.count ? folds[number + 1].validAfter : lastTime - 1
            parts.append(
                StoredArtifact.Part(
                    validAfter: fold.validAfter, validThrough: through, bytes: bytes, instrument: lot.instrument))
        }
        let bytes = try await fit(set, Array(set.rows.indices), &steps)
        parts.append(
            StoredArtifact.Part(
                validAfter: lastTime - 1, validThrough: .max, bytes: bytes, instrument: lot.instrument))
    }

    /// Makes the predictors of an artifact; instruments are numbered by the directory.
    package static func timeline(
        _ artifact: StoredArtifact, model: any Model, features: [String], instruments: InstrumentTable
    ) throws(PluginError) -> PredictorTimeline {
        var parts: [PredictorTimeline.Part] = []
        for part in artifact.parts {
            let predictor = try model.load(part.bytes, features: features)
            parts.append(
                PredictorTimeline.Part(
                    validAfter: part.validAfter, validThrough: part.validThrough, predictor: predictor,
                    instrument: part.instrument.map(instruments.intern)))
        }
        return PredictorTimeline(parts: parts)
    }

    private func fit(
        _ set: SupervisedSet, _ rows: [Int], _ steps: inout Steps
    ) async throws(PluginError) -> [UInt8] {
        let (progress, isCancelled, id, done, all) = (progress, isCancelled, plan.id, steps.done, steps.all)
        let context = FitContext(seed: plan.seed, threads: plan.threads) { (fraction) throws(PluginError) in
            // A plugin's number: it may be anything.
            let share = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
            progress((Double(done) + share) / Double(all))
            if isCancelled() {
                throw PluginError(.cancelled, "model/\(id): the fit was stopped; what was stored before is untouched.")
            }
        }
        try context.checkpoint(0)
        let bytes = try await plan.model.fit(set.trainingSet(rows), context: context)
        steps.done += 1
        progress(Double(steps.done) / Double(all))
        return bytes
    }

    private struct JudgedFold {
        let fold: Fold
        let set: SupervisedSet
        let observations: [PredictionMetrics.Observation]
    }

    private func judge(
        _ bytes: [UInt8], _ set: SupervisedSet, _ fold: Fold
    ) throws(PluginError) -> JudgedFold {
        let predictor = try loaded(bytes, set.features)
        let columns = predictor.outputs.count
        let input = set.input(fold.test)
        var output = Array(repeating: Double.nan, count: fold.test.count * columns)
        let shape = TensorShape(batch: fold.test.count, features: set.features.count)
        var target = output.mutableSpan
        try predictor.predict(input.span, shape: shape, into: &target)
        guard columns > 0, output.allSatisfy(\.isFinite) else { throw notFinite(fold) }
        let mean = fold.train.map { set.rows[$0].label }.mean
        let ups = fold.train.count { plan.target.isUp(set.rows[$0].label, trailing: set.rows[$0].trailing) }
        let observations = fold.test.enumerated().map { index, row in
            PredictionMetrics.Observation(
                label: set.rows[row].label, prediction: output[index * columns], trailing: set.rows[row].trailing,
                trainMean: mean, isTrainMostlyUp: 2 * ups >= fold.train.count)
        }
        return JudgedFold(fold: fold, set: set, observations: observations)
    }

    private func card(
        _ data: TrainingData, _ set: SupervisedSet, _ judged: [JudgedFold], lots: Int, _ lastTime: Int64,
        seconds: Duration
    ) -> ModelCard {
        // Where stretches are tested more than once, rows of one event time come from several tests.
        let rows = judged.flatMap { judge in
            zip(judge.fold.test, judge.observations).map { place, observation in
                PanelMetrics.Row(
                    time: judge.set.rows[place].time, instrument: judge.set.rows[place].instrument,
                    observation: observation)
            }
        }.sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        let all = rows.map(\.observation)
        var metrics = PredictionMetrics(all, target: plan.target)
        metrics.intervals = MetricBootstrap(all, times: rows.map(\.time), target: plan.target)
            .intervals(horizon: plan.target.horizon, seed: plan.seed)
        let byInstrument = Dictionary(grouping: rows, by: \.instrument)
        return ModelCard(
            model: plan.id, plugin: plan.descriptor.id, pluginVersion: plan.descriptor.version,
            target: plan.target.description, features: set.features,
            featureSchema: String(FeatureSchema(names: set.features).id, radix: 16),
            configurationDigest: plan.configurationDigest, dataDigest: data.digest(of: plan), bars: data.bars.count,
            rows: set.rows.count, per: plan.isPerInstrument ? lots : nil, trainedThrough: lastTime, seed: plan.seed,
            validation: plan.validation.kind.rawValue,
            embargo: plan.validation.embargo,
            folds: judged.map { judge in
                ModelCard.Fold(
                    trainRows: judge.fold.train.count, testRows: judge.fold.test.count,
                    validAfter: judge.fold.validAfter, validThrough: judge.fold.validThrough,
                    metrics: PredictionMetrics(judge.observations, target: plan.target))
            },
            metrics: metrics, panel: PanelMetrics(rows, target: plan.target),
            instruments: byInstrument.keys.sorted().map { id in
                ModelCard.Instrument(
                    instrument: data.instruments.instrument(id).description,
                    metrics: PredictionMetrics((byInstrument[id] ?? []).map(\.observation), target: plan.target))
            },
            fitSeconds: Double(seconds.components.seconds) + Double(seconds.components.attoseconds) / 1e18)
    }

    /// Loads what was fitted; a fault says whose it is.
    private func loaded(_ bytes: [UInt8], _ features: [String]) throws(PluginError) -> any Predictor {
        do {
            return try plan.model.load(bytes, features: features)
        } catch {
            guard !error.message.hasPrefix("model/") else { throw error }
            throw PluginError(
                error.code, "model/\(plan.id): what it fitted cannot be loaded: \(error.message)",
                retryAfter: error.retryAfter, cause: error)
        }
    }

    private func notFinite(_ fold: Fold) -> PluginError {
        PluginError(
            .quality,
            "model/\(plan.id): what it learned from \(fold.train.count) rows predicts numbers that are not finite. "
                + "Use other options or features.")
    }

    private func silent(_ member: String, _ set: SupervisedSet, _ column: Int) -> PluginError {
        PluginError(
            .noData,
            "model/\(plan.id): its member model/\(member) predicted nothing for \(set.missing[column]) of \(set.labelled) bars, "
                + "which leaves \(set.rows.count) rows to learn from. A member predicts from its first test on, and under "
                + "'validation.kind' purged_kfold or combinatorial only what comes after all it learned from: judge members by "
                + "walk_forward or rolling, or give more history.")
    }

    private func tooFew(_ set: SupervisedSet) -> PluginError {
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
        return PluginError(
            .noData,
            "model/\(plan.id): \(set.rows.count) labelled rows are too few for \(plan.validation.folds) folds with "
                + "at least \(plan.validation.minTrain) rows to learn from. \(remedy), or lower "
                + "'validation.folds' or 'validation.min_train'.")
    }
}
