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
    let plan: TrainingPlan
    private let progress: @Sendable (Double) -> Void
    private let searched: @Sendable (SearchProgress) -> Void
    private let warn: @Sendable (String) -> Void
    let isCancelled: @Sendable () -> Bool

    /// Creates a trainer; `progress` is told fractions 0...1, `searched` of each trial that ends, `warn` of features that
    /// teach nothing, of a fit that knows the future, and of trials that are not stored; `isCancelled` is asked often.
    package init(
        plan: TrainingPlan, progress: @escaping @Sendable (Double) -> Void = { _ in },
        searched: @escaping @Sendable (SearchProgress) -> Void = { _ in },
        warn: @escaping @Sendable (String) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.plan = plan
        self.progress = progress
        self.searched = searched
        self.warn = warn
        self.isCancelled = isCancelled
    }

    /// Fits; throws `.noData` where there are too few rows, `.cancelled` when stopped, or the plugin's fault.
    package func fit(_ data: TrainingData) async throws(PluginError) -> StoredArtifact {
        let clock = ContinuousClock()
        let start = clock.now
        if plan.descriptor.learns { try checkLearning() }
        let set = try SupervisedSet(data, plan)
        let lots = try lots(set, data)
        for hint in hints(set) { warn(hint) }
        if let told = hint(lots, data) { warn(told) }
        let lastTime = set.rows.map(\.labelEnd).max() ?? .max
        let digest = plan.descriptor.learns ? data.digest(of: plan, through: lastTime) : data.digest(of: plan)
        var work = Work(fits: lots.reduce(0) { $0 + $1.folds.count + 1 }, data: digest, seed: plan.seed)
        work.watch = plan.search.map { SearchWatch(searches: work.fits, $0.scheme, tell: searched) }
        var gate = LeakageGate(plan, data, lots, isCancelled: isCancelled)
        try await gate.begin()
        for lot in lots { try await fit(lot, &work) }
        if plan.descriptor.learns { work.judged = try judge(lots, work.parts, data) }
        var card = card(data, set, work, lots: lots.count, lastTime)
        if plan.abstains { card.domains = work.domains }
        let errors = work.judged.flatMap(\.observations).map { abs($0.prediction - $0.label) }
        card.sketch = DriftSketch(
            set.values, features: set.features, error: errors.mean,
            instruments: Set(set.rows.map(\.instrument)).count)
        let verdict = try await gate.verdict(set, work.judged, card.metrics)
        if let told = hint(verdict) { warn(told) }
        card.leakage = verdict
        card.fitSeconds = Self.seconds(start.duration(to: clock.now))
        return StoredArtifact(
            model: plan.id, configurationDigest: plan.configurationDigest, dataDigest: digest,
            card: card.json,
            parts: work.parts)
    }

    /// Rows that are fitted on their own.
    struct Lot {
        /// Whose they are; `nil` for everyone's.
        let instrument: Instrument?
        /// All of them: what serves learns from these.
        let set: SupervisedSet
        /// Those before the hold-out, which everything else learns from and is tested on.
        let before: SupervisedSet
        let folds: [Fold]
        /// First event time of the hold-out; `nil` where there is none.
        let holdout: Int64?
    }

    /// What is fitted on its own: all rows, or those of each instrument. One that has too few has no fit.
    func lots(_ set: SupervisedSet, _ data: TrainingData) throws(PluginError) -> [Lot] {
        let start = plan.validation.holdoutStart(of: set.rows)
        let lots = (plan.isPerInstrument ? set.byInstrument.map { (Optional($0.instrument), $0.rows) } : [(nil, set)])
            .map { instrument, rows in
                let before = start.map { rows.part(plan.validation.before($0, rows.rows)) } ?? rows
                let folds = plan.validation.folds(of: before.rows).filter { isSearchable($0, before) }
                return Lot(
                    instrument: instrument.map(data.instruments.instrument), set: rows, before: before, folds: folds,
                    holdout: start)
            }
            .filter { !$0.folds.isEmpty }
        guard !lots.isEmpty else { throw tooFew(set) }
        return lots
    }

    /// What was done of a fit.
    private struct Work {
        /// Fits there are in all.
        let fits: Int
        /// Digest of the data.
        let data: String
        var done = 0
        var watch: SearchWatch?
        var parts: [StoredArtifact.Part] = []
        var domains: [FeatureDomain] = []
        var judged: [JudgedFold] = []
        var searches: [ModelCard.Search] = []
        var importance: FeatureImportance
        /// What the fits that serve reported.
        var figures: [[String: Double]] = []

        init(fits: Int, data: String, seed: UInt64) {
            (self.fits, self.data, importance) = (fits, data, FeatureImportance(seed: seed))
        }
    }

    /// Fits and judges the tests of a lot, then all of it; each with the options that a search on the same rows chose.
    private func fit(_ lot: Lot, _ work: inout Work) async throws(PluginError) {
        let (set, folds, fitting) = (lot.before, lot.folds, FoldFit(plan))
        let lastTime = lot.set.rows.map(\.labelEnd).max() ?? .max
        let end = min(lastTime, lot.holdout ?? .max)
        for (number, fold) in folds.enumerated() {
            let model = try await model(lot, (number, fold), &work)
            let (bytes, figures): ([UInt8], [String: Double])
            do {
                (bytes, figures) = try await fit(model, set.trainingSet(fold.train), &work)
            } catch  where error.code == .noData && number + 1 < folds.count && !plan.descriptor.learns {
                // The model itself has no use for so few rows: as with `min_train`, this is no test.
                work.done += 1
                if plan.search != nil { await model.stop() }
                continue
            }
            if !plan.descriptor.learns {
                let predictor = try fitting.loaded(model, bytes, set.features)
                work.judged.append(
                    JudgedFold(
                        fold: fold, set: set, observations: try fitting.judge(predictor, set, fold), figures: figures))
                work.importance.take(predictor, set, fold)
            }
            if plan.search != nil { await model.stop() }
            guard plan.validation.kind.isForward else { continue }
            if plan.abstains {
                work.domains.append(FeatureDomain(set.newest(fold.train), width: set.features.count))
            }
            let through = number + 1 < folds.count ? folds[number + 1].validAfter : end - 1
            work.parts.append(
                StoredArtifact.Part(
                    validAfter: fold.validAfter, validThrough: through, bytes: bytes, instrument: lot.instrument))
        }
        let model = try await model(lot, nil, &work)
        let (bytes, figures) = try await fit(model, lot.set.trainingSet(Array(lot.set.rows.indices)), &work)
        work.figures.append(figures)
        if plan.search != nil { await model.stop() }
        if plan.abstains { work.domains.append(FeatureDomain(lot.set.values, width: set.features.count)) }
        work.parts.append(
            StoredArtifact.Part(
                validAfter: lastTime - 1, validThrough: .max, bytes: bytes, instrument: lot.instrument))
    }

    /// Makes the predictors of an artifact; instruments are numbered by the directory.
    package static func timeline(
        _ artifact: StoredArtifact, model: any Model, features: [String], instruments: InstrumentTable
    ) throws(PluginError) -> PredictorTimeline {
        var parts: [PredictorTimeline.Part] = []
        let card = ModelCard(json: artifact.card)
        let domains = card?.domains ?? []
        for (place, part) in artifact.parts.enumerated() {
            let predictor = try model.load(part.bytes, features: features)
            parts.append(
                PredictorTimeline.Part(
                    validAfter: part.validAfter, validThrough: part.validThrough, predictor: predictor,
                    instrument: part.instrument.map(instruments.intern),
                    domain: place < domains.count ? domains[place] : nil,
                    sketch: part.validThrough == .max ? card?.sketch : nil))
        }
        return PredictorTimeline(
            parts: parts, fit: "\(artifact.configurationDigest).\(artifact.dataDigest)", version: artifact.version,
            figures: card?.figures ?? [:])
    }

    private func fit(
        _ model: any Model, _ set: TrainingSet, _ work: inout Work
    ) async throws(PluginError) -> ([UInt8], [String: Double]) {
        let (progress, isCancelled, id, done, all) = (progress, isCancelled, plan.id, work.done, work.fits)
        let figures = FitFigures()
        let bytes = try await FoldFit(plan).fit(model, set, report: figures.take) { (share) throws(PluginError) in
            progress((Double(done) + share) / Double(all))
            guard isCancelled() else { return }
            throw PluginError(.cancelled, "model/\(id): the fit was stopped; what was stored before is untouched.")
        }
        work.done += 1
        progress(Double(work.done) / Double(all))
        return (bytes, figures.all)
    }

    struct JudgedFold {
        let fold: Fold
        let set: SupervisedSet
        let observations: [PredictionMetrics.Observation]
        /// What the fit reported.
        var figures: [String: Double] = [:]

        /// The rows of tests, in ascending event time.
        static func rows(_ judged: [JudgedFold]) -> [PanelMetrics.Row] {
            judged.flatMap { judge in
                zip(judge.fold.test, judge.observations).map { place, observation in
                    PanelMetrics.Row(
                        time: judge.set.rows[place].time, instrument: judge.set.rows[place].instrument,
                        observation: observation)
                }
            }.sorted { ($0.time, $0.instrument) < ($1.time, $1.instrument) }
        }
    }

    private func card(
        _ data: TrainingData, _ set: SupervisedSet, _ work: Work, lots: Int, _ lastTime: Int64
    ) -> ModelCard {
        let judged = work.judged
        // Where stretches are tested more than once, rows of one event time come from several tests.
        let rows = JudgedFold.rows(judged)
        let metrics = metrics(rows)
        let panel = PanelMetrics(rows, target: plan.target, seed: plan.seed)
        let byInstrument = Dictionary(grouping: rows, by: \.instrument)
        return ModelCard(
            model: plan.id, plugin: plan.descriptor.id, pluginVersion: plan.descriptor.version,
            target: plan.target.description, features: set.features, window: plan.window > 1 ? plan.window : nil,
            featureSchema: String(FeatureSchema(names: set.features).id, radix: 16),
            configurationDigest: plan.configurationDigest, dataDigest: work.data, bars: data.bars.count,
            rows: set.rows.count, per: plan.isPerInstrument ? lots : nil, trainedThrough: lastTime, seed: plan.seed,
            validation: plan.validation.kind.rawValue,
            embargo: plan.validation.embargo,
            folds: judged.map { judge in
                ModelCard.Fold(
                    trainRows: judge.fold.train.count, testRows: judge.fold.test.count,
                    validAfter: judge.fold.validAfter, validThrough: judge.fold.validThrough,
                    metrics: PredictionMetrics(judge.observations, target: plan.target),
                    figures: judge.figures.isEmpty ? nil : judge.figures)
            },
            figures: FitFigures.means(work.figures), metrics: metrics,
            panel: panel,
            instruments: byInstrument.keys.sorted().map { id in
                ModelCard.Instrument(
                    instrument: data.instruments.instrument(id).description,
                    metrics: PredictionMetrics((byInstrument[id] ?? []).map(\.observation), target: plan.target))
            },
            course: ModelCard.course(rows, plan.target), importance: work.importance.card(set.features),
            search: plan.search == nil
                ? nil
                : work.searches.map { search in
                    var search = search
                    search.judge(by: metrics, panel)
                    return search
                },
            fitSeconds: 0)
    }

    static func seconds(_ span: Duration) -> Double {
        Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
    }

    /// The metrics of judged rows in ascending event time, with their intervals.
    func metrics(_ rows: [PanelMetrics.Row]) -> PredictionMetrics {
        let all = rows.map(\.observation)
        var metrics = PredictionMetrics(all, target: plan.target)
        metrics.intervals = MetricBootstrap(all, times: rows.map(\.time), target: plan.target)
            .intervals(horizon: plan.target.horizon, seed: plan.seed)
        return metrics
    }

    // MARK: Searching

    /// The model for a test, or for what serves: with the options as declared, or those that are searched now.
    private func model(
        _ lot: Lot, _ test: (number: Int, fold: Fold)?, _ work: inout Work
    ) async throws(PluginError) -> any Model {
        guard let search = plan.search, let scheme = innerScheme else { return plan.model }
        let set = test.map { lot.before.part($0.fold.train) } ?? lot.before
        let part = "\(lot.instrument?.description ?? "") \(test.map { "test \($0.number + 1)" } ?? "serving")"
        let key = SearchKey(model: plan.id, fit: "\(plan.configurationDigest) \(work.data)", part: part)
        let (watch, number) = (work.watch, work.searches.count)
        var found = try await OptionSearch(
            plan: plan, search: search, set: set, folds: scheme.folds(of: set.rows),
            ledger: await TrialLedger(search.trials, key, tell: warn), isCancelled: isCancelled,
            told: { watch?.take($0, of: number) }
        ).run()
        (found.instrument, found.validAfter) = (lot.instrument?.description, test?.fold.validAfter)
        work.searches.append(found)
        return try await search.make(SearchSpace(search.scheme).options(from: found.options))
    }

    /// The walk by which trials are judged.
    private var innerScheme: ValidationScheme? {
        plan.search.map {
            ValidationScheme(
                folds: $0.scheme.folds, embargo: plan.validation.embargo, minTrain: plan.validation.minTrain)
        }
    }

    /// Whether what a test may learn from is enough for a search.
    private func isSearchable(_ fold: Fold, _ set: SupervisedSet) -> Bool {
        innerScheme.map { !$0.folds(of: fold.train.map { set.rows[$0] }).isEmpty } ?? true
    }
}
