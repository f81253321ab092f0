import CivilTime
import HostCore
import HostManifest
import HostStorage
import HostTraining
import PluginKit

/// Gets every model of a pipeline ready to serve: the stored artifact where data and configuration are unchanged, else a
/// new fit.
struct ModelPreparation: Sendable {
    let pipeline: String
    let provider: ProviderSlot
    let instruments: [InstrumentReference]
    let directory: InstrumentTable
    let timeframe: Timeframe
    let rules: QualityRules
    /// Has the history, where an earlier run stored all of it; else the provider is asked for it.
    let history: (any EventStore)?
    let artifacts: any ArtifactStore
    let models: ModelBoard
    let board: InstanceBoard
    let isStopping: StopSignal
    /// Whether one that fails ends it all.
    let isStrict: Bool
    let report: @Sendable (HostEvent) -> Void

    /// Prepares models in order; one that fails is reported and left out, unless it is strict.
    ///
    /// Throws the provider's fault, or `.cancelled` when the host is stopping.
    func prepare(_ plans: [(plan: TrainingPlan, serving: ServingModel)]) async throws(PluginError) {
        guard !plans.isEmpty else { return }
        let data = try await load()
        for (plan, serving) in plans {
            do {
                try await prepare(plan, serving, data)
            } catch  where error.code == .cancelled {
                throw error
            } catch {
                guard !isStrict else { throw error }
                fail(plan, error)
            }
        }
    }

    /// Reads the history: what the store has, or the provider's, through the quality stage.
    private func load() async throws(PluginError) -> TrainingData {
        report(.loading(pipeline: pipeline))
        if let history {
            let bars = try await stored(history)
            report(.loaded(pipeline: pipeline, bars: bars.count, refused: 0))
            return TrainingData(bars: bars, instruments: directory)
        }
        let request = FetchRequest(.bar, of: instruments, timeframe: timeframe)
        let reply = try await provider.use { (provider) throws(PluginError) in try await provider.fetch(request) }
        let given = try reply.events(Bar.self)
        var known = Array(repeating: false, count: directory.count)
        for reference in instruments { known[Int(reference.id.rawValue)] = true }
        var quality = QualityStage<Bar>(isKnown: known, rules: rules)
        var bars: [Bar] = []
        bars.reserveCapacity(given.count)
        var refused = reply.defects.count
        let latest = EventTimes.latest(at: WallClock.now(), span: timeframe.nanoseconds)
        quality.process(given.span, latest: latest, into: &bars) { _ in refused += 1 }
        quality.finish { _ in refused += 1 }
        report(.loaded(pipeline: pipeline, bars: bars.count, refused: refused))
        return TrainingData(bars: bars, instruments: directory)
    }

    /// Reads what the pipeline accepted, in pieces.
    private func stored(_ history: any EventStore) async throws(PluginError) -> [Bar] {
        var bars: [Bar] = []
        for reference in instruments {
            var first = Int64.min
            while true {
                let piece = try await history.events(
                    Bar.self,
                    EventQuery(
                        instrument: reference.instrument, timeframe: timeframe, pipeline: pipeline,
                        range: first...Int64.max,
                        limit: 16_384, isFromStart: true))
                bars += piece.map(\.bar)
                guard piece.count == 16_384, let last = piece.last?.bar.time, last < .max else { break }
                if isStopping.isFired { throw PluginError(.cancelled, "pipeline/\(pipeline): it is stopping.") }
                first = last + 1
            }
        }
        return bars
    }

    private func prepare(_ plan: TrainingPlan, _ serving: ServingModel, _ data: TrainingData) async throws(PluginError)
    {
        let clock = ContinuousClock()
        let start = clock.now
        if let stored = try await stored(plan, data),
            let timeline = try? Trainer.timeline(stored, model: plan.model, features: plan.featureNames)
        {
            return serve(plan, serving, timeline, card: stored.card, isStored: true, start.duration(to: clock.now))
        }
        let fitted = try await fit(plan, data)
        let timeline = try Trainer.timeline(fitted, model: plan.model, features: plan.featureNames)
        do {
            try await artifacts.save(fitted, for: pipeline)
        } catch {
            report(.warning("model/\(plan.id): serves, but its artifact was not stored. \(error.message)"))
        }
        serve(plan, serving, timeline, card: fitted.card, isStored: false, start.duration(to: clock.now))
    }

    private func stored(_ plan: TrainingPlan, _ data: TrainingData) async throws(PluginError) -> StoredArtifact? {
        do {
            return try await artifacts.artifact(
                model: plan.id, configurationDigest: plan.configurationDigest, dataDigest: data.digest)
        } catch  where error.code == .cancelled {
            throw error
        } catch {
            report(.warning(error.code == .corrupted ? error.message : "\(error.message) The model is fitted again."))
            return nil
        }
    }

    private func fit(_ plan: TrainingPlan, _ data: TrainingData) async throws(PluginError) -> StoredArtifact {
        models.set(.init(model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "fitting"))
        let (models, pipeline, report, isStopping) = (models, pipeline, report, isStopping)
        let trainer = Trainer(
            plan: plan,
            progress: { progress in
                models.setProgress(progress, of: plan.id, in: pipeline)
                report(.fitting(model: plan.id, progress: progress))
            },
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
        serving.swap(timeline)
        models.set(
            .init(
                model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "serving",
                origin: isStored ? "stored" : "fitted", progress: 1, card: card))
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) / 1e18
        report(.serving(model: plan.id, isStored: isStored, seconds: seconds))
    }

    private func fail(_ plan: TrainingPlan, _ error: PluginError) {
        board.set(.model, plan.id, .failed, error.message)
        models.set(
            .init(
                model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "failed",
                message: error.message))
        report(.warning(error.message))
    }
}
