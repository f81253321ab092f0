package import HostCore
package import PluginKit

/// Fits and judges a model: walk-forward first, then once on everything.
///
/// The parts of the artifact are the folds' fits, each from its test's first event time to the next one's, and the last
/// fit for what comes after. So the service's predictions over history are the out-of-sample ones the metrics were
/// computed from, and no part is used before everything it learned from was known.
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
        let set = SupervisedSet(bars: data.bars, plan: plan.features, columns: plan.columns, target: plan.target)
        let folds = plan.validation.split(set.rows)
        guard let lastTime = set.rows.map(\.labelEnd).max(), !folds.isEmpty else { throw tooFew(set) }
        var parts: [StoredArtifact.Part] = []
        var judged: [JudgedFold] = []
        for (number, fold) in folds.enumerated() {
            let bytes = try await fit(set, fold.train, step: number, of: folds.count + 1)
            judged.append(try judge(bytes, set, fold))
            let through = number + 1 < folds.count ? folds[number + 1].validAfter : lastTime - 1
            parts.append(StoredArtifact.Part(validAfter: fold.validAfter, validThrough: through, bytes: bytes))
        }
        let bytes = try await fit(set, Array(set.rows.indices), step: folds.count, of: folds.count + 1)
        parts.append(StoredArtifact.Part(validAfter: lastTime - 1, validThrough: .max, bytes: bytes))
        let card = card(data, set, judged, lastTime, seconds: start.duration(to: clock.now))
        return StoredArtifact(
            model: plan.id, configurationDigest: plan.configurationDigest, dataDigest: data.digest, card: card.json,
            parts: parts)
    }

    /// Makes the predictors of an artifact.
    package static func timeline(
        _ artifact: StoredArtifact, model: any Model, features: [String]
    ) throws(PluginError) -> PredictorTimeline {
        var parts: [PredictorTimeline.Part] = []
        for part in artifact.parts {
            let predictor = try model.load(part.bytes, features: features)
            parts.append(
                PredictorTimeline.Part(
                    validAfter: part.validAfter, validThrough: part.validThrough, predictor: predictor))
        }
        return PredictorTimeline(parts: parts)
    }

    private func fit(
        _ set: SupervisedSet, _ rows: [Int], step: Int, of steps: Int
    ) async throws(PluginError) -> [UInt8] {
        let (progress, isCancelled, id) = (progress, isCancelled, plan.id)
        let context = FitContext(seed: plan.seed, threads: plan.threads) { (fraction) throws(PluginError) in
            // A plugin's number: it may be anything.
            let share = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
            progress((Double(step) + share) / Double(steps))
            if isCancelled() {
                throw PluginError(.cancelled, "model/\(id): the fit was stopped; what was stored before is untouched.")
            }
        }
        try context.checkpoint(0)
        let bytes = try await plan.model.fit(set.trainingSet(rows), context: context)
        progress(Double(step + 1) / Double(steps))
        return bytes
    }

    private struct JudgedFold {
        let fold: WalkForward.Fold
        let observations: [PredictionMetrics.Observation]
    }

    private func judge(
        _ bytes: [UInt8], _ set: SupervisedSet, _ fold: WalkForward.Fold
    ) throws(PluginError) -> JudgedFold {
        let predictor = try plan.model.load(bytes, features: set.features)
        let columns = predictor.outputs.count
        let input = set.input(fold.test)
        var output = Array(repeating: Double.nan, count: fold.test.count * columns)
        let shape = TensorShape(batch: fold.test.count, features: set.features.count)
        var target = output.mutableSpan
        try predictor.predict(input.span, shape: shape, into: &target)
        guard columns > 0, output.allSatisfy(\.isFinite) else { throw notFinite(fold) }
        let trainLabels = fold.train.map { set.rows[$0].label }
        let mean = trainLabels.reduce(0, +) / Double(trainLabels.count)
        let ups = fold.train.count { plan.target.isUp(set.rows[$0].label, trailing: set.rows[$0].trailing) }
        let observations = fold.test.enumerated().map { index, row in
            PredictionMetrics.Observation(
                label: set.rows[row].label, prediction: output[index * columns], trailing: set.rows[row].trailing,
                trainMean: mean, isTrainMostlyUp: 2 * ups >= fold.train.count)
        }
        return JudgedFold(fold: fold, observations: observations)
    }

    private func card(
        _ data: TrainingData, _ set: SupervisedSet, _ judged: [JudgedFold], _ lastTime: Int64, seconds: Duration
    ) -> ModelCard {
        let all = judged.flatMap(\.observations)
        let instruments = judged.flatMap { judge in judge.fold.test.map { set.rows[$0].instrument } }
        let byInstrument = Dictionary(grouping: zip(instruments, all), by: \.0)
        return ModelCard(
            model: plan.id, plugin: plan.descriptor.id, pluginVersion: plan.descriptor.version,
            target: plan.target.description, features: set.features,
            featureSchema: String(FeatureSchema(names: set.features).id, radix: 16),
            configurationDigest: plan.configurationDigest, dataDigest: data.digest, bars: data.bars.count,
            rows: set.rows.count, trainedThrough: lastTime, seed: plan.seed, embargo: plan.validation.embargo,
            folds: judged.map { judge in
                ModelCard.Fold(
                    trainRows: judge.fold.train.count, testRows: judge.fold.test.count,
                    validAfter: judge.fold.validAfter, validThrough: judge.fold.validThrough,
                    metrics: PredictionMetrics(judge.observations, target: plan.target))
            },
            metrics: PredictionMetrics(all, target: plan.target),
            instruments: byInstrument.keys.sorted().map { id in
                ModelCard.Instrument(
                    instrument: data.instruments.instrument(id).description,
                    metrics: PredictionMetrics((byInstrument[id] ?? []).map(\.1), target: plan.target))
            },
            fitSeconds: Double(seconds.components.seconds) + Double(seconds.components.attoseconds) / 1e18)
    }

    private func notFinite(_ fold: WalkForward.Fold) -> PluginError {
        PluginError(
            .quality,
            "model/\(plan.id): what it learned from \(fold.train.count) rows predicts numbers that are not finite. "
                + "Use other options or features.")
    }

    private func tooFew(_ set: SupervisedSet) -> PluginError {
        // Half of the bars without a value is no warm-up any more, wherever there is history to learn from.
        let worst = set.missing.indices.max { set.missing[$0] < set.missing[$1] }
        if let worst, set.missing[worst] * 2 > set.labelled, set.labelled > plan.validation.minTrain {
            return PluginError(
                .noData,
                "model/\(plan.id): the feature '\(set.features[worst])' has no value for \(set.missing[worst]) of "
                    + "\(set.labelled) bars, which leaves \(set.rows.count) rows to learn from. See what its indicator says "
                    + "(`penstock plugins list`), or take it out of 'features'.")
        }
        return PluginError(
            .noData,
            "model/\(plan.id): \(set.rows.count) labelled rows are too few for \(plan.validation.folds) folds with "
                + "at least \(plan.validation.minTrain) rows to learn from. Give more history, or lower "
                + "'validation.folds' or 'validation.min_train'.")
    }
}
