import HostCore
import HostManifest
import HostStorage
import HostTraining
import PluginKit
import ServiceLifecycle

/// Fits models beside the streams that they serve: when their `retrain` says so, and when somebody asks.
///
/// One at a time, whatever the host has of pipelines, on a thread to which everything else comes first.
struct RetrainService: Service {
    private static let interval = Duration.milliseconds(500)
    /// Looks after the last event was counted: it is stored a moment later.
    private static let looksAfter = 8

    let host: Host

    /// A model of a pipeline, with what was last known of it.
    private struct Place {
        let serving: ServingModel
        /// Event time of the newest event of this run when it was looked at, and how often it was.
        var looked: Int64?
        var looks = 0
        /// Through which event time the newest version has learned; `nil` before it was read, `.some(nil)` where there is none.
        var learned: Int64??
        /// Newest event time when a fit was last tried.
        var tried = Int64.min
        var alarms = 0
        var told = ""
    }

    /// Runs until it is its turn to stop: a service that ends before that counts as failed.
    func run() async throws {
        var places: [String: Place] = [:]
        repeat {
            if let order = host.fits.next() {
                await carryOut(order, &places)
            } else {
                for run in host.runs.all where run.isLive { await look(run, &places) }
            }
        } while await !host.isStopping.wait(atMost: Self.interval, clock: ContinuousClock()) && !Task.isCancelled
        try? await gracefulShutdown()
    }

    // MARK: By the manifest

    private func look(_ run: PipelineRun, _ places: inout [String: Place]) async {
        for (plan, serving) in run.composed.training where plan.retrain != nil && serving.timeline != nil {
            let name = "\(run.id)/\(plan.id)"
            var place = places[name].flatMap { $0.serving === serving ? $0 : nil } ?? Place(serving: serving)
            await look(plan, run, &place)
            places[name] = place
            if host.isStopping.isFired { return }
        }
    }

    private func look(_ plan: TrainingPlan, _ run: PipelineRun, _ place: inout Place) async {
        let snapshot = run.composed.pipeline.snapshot
        let newest = snapshot.driving.lastEvent ?? .min
        place.looks = place.looked == newest ? place.looks + 1 : 0
        place.looked = newest
        guard place.looks < Self.looksAfter, let counters = snapshot.models.first(where: { $0.id == plan.id }) else {
            return
        }
        do throws(PluginError) {
            guard let cause = try await cause(plan, run, counters, &place) else {
                place.told = ""
                return
            }
            place.tried = try await newestBar(run) ?? newest
            place.alarms = counters.errors.alarms
            _ = try await fit(plan, run, by: StageOrder.host, cause)
            place.learned = nil
            place.told = ""
        } catch {
            guard error.code != .cancelled, error.message != place.told else { return }
            place.told = error.message
            host.report(.warning("model/\(plan.id): what serves goes on; it was not fitted again. \(error.message)"))
        }
    }

    private func cause(
        _ plan: TrainingPlan, _ run: PipelineRun, _ counters: FlowSnapshot.Model, _ place: inout Place
    ) async throws(PluginError) -> String? {
        guard let scheme = plan.retrain else { return nil }
        let learned: Int64?
        if let known = place.learned { learned = known } else { learned = try await lastLearned(plan, in: run.id) }
        place.learned = .some(learned)
        let last = max(learned ?? .min, place.tried)
        var passed: Int?
        if last > .min {
            passed = try await host.state.database.eventTimes(
                of: run.id, timeframe: run.composed.pipeline.plan.timeframe, after: last,
                limit: RetrainRule.needed(scheme))
        }
        return RetrainRule.cause(
            scheme, passed: passed, drift: RetrainRule.Drift(counters, alarms: place.alarms))
    }

    /// Through which event time the newest version has learned that was fitted as the manifest says; `nil` where none was.
    private func lastLearned(_ plan: TrainingPlan, in pipeline: String) async throws(PluginError) -> Int64? {
        let store = host.state.artifacts
        let newest = try await store.versions(VersionQuery(model: plan.id, pipeline: pipeline)).first {
            $0.configurationDigest == plan.configurationDigest
        }
        do throws(PluginError) {
            guard let newest, let card = try await store.card(of: newest.key) else { return nil }
            return ModelCard(json: card)?.trainedThrough
        } catch  where error.code == .corrupted {
            // What is damaged says nothing of what it learned; a fit takes its place.
            return nil
        }
    }

    private func newestBar(_ run: PipelineRun) async throws(PluginError) -> Int64? {
        try await host.state.database.newestBar(of: run.id, timeframe: run.composed.pipeline.plan.timeframe)
    }

    // MARK: By order

    private func carryOut(_ asked: FitReport, _ places: inout [String: Place]) async {
        var order = asked
        do throws(PluginError) {
            guard let run = host.runs[order.pipeline], run.phase == .running,
                let plan = run.composed.training.first(where: { $0.plan.id == order.model })?.plan
            else {
                throw PluginError(.badRequest, "models: pipeline/\(order.pipeline) does not run any more.")
            }
            let found = try await fit(plan, run, by: order.by, order.reason)
            places["\(run.id)/\(plan.id)"]?.learned = nil
            (order.state, order.version, order.stage) = (.done, found.number, found.stage.rawValue)
            order.message = found.text
        } catch {
            (order.state, order.message) = (.failed, error.message)
        }
        host.fits.end(order)
    }

    // MARK: Fitting

    /// Fits a model, and lets the version serve where nothing asks for a promotion.
    private func fit(
        _ plan: TrainingPlan, _ run: PipelineRun, by who: String, _ reason: String
    ) async throws(PluginError) -> (number: Int, stage: ModelStage, text: String) {
        let clock = ContinuousClock()
        let (start, composed) = (clock.now, run.composed)
        var preparation = host.preparation(
            composed, run.stopping, models: host.view.models, past: try await composed.pipeline.hasPast())
        preparation.reach(plan, newest: try await newestBar(run))
        let prepared = preparation
        let result = await LongWork.run(
            until: run.stopping, grace: host.manifest.host.stopTimeout * 0.5, isQuiet: true
        ) {
            await Result { () async throws(PluginError) in try await prepared.refit(plan, by: who, reason: reason) }
        }
        guard let result else {
            host.leftBehind.fire()
            throw PluginError(.cancelled, "model/\(plan.id): the fit did not end with the stop and was given up.")
        }
        let (number, isNew) = try result.get()
        let stage = try await serve(number, of: plan, in: run.id, reason)
        host.fits.noteVersion()
        let seconds = ResultTable.fixed((clock.now - start) / .seconds(1), 1)
        let text =
            isNew
            ? "version \(number) was fitted in \(seconds) s and is \(stage.rawValue): \(reason)"
            : "a fit gives version \(number), which is \(stage.rawValue)"
        host.report(.notice("model/\(plan.id): \(text)."))
        return (number, stage, text)
    }

    /// Lets a version serve where each fit does; returns its stage.
    private func serve(
        _ number: Int, of plan: TrainingPlan, in pipeline: String, _ reason: String
    ) async throws(PluginError) -> ModelStage {
        let (desk, key) = (host.versions, VersionKey(plan.id, in: pipeline, number))
        let champion = try await desk.store.versions(
            VersionQuery(model: plan.id, pipeline: pipeline, stage: .champion)
        ).first?.key.number
        if champion != number, plan.promotion == nil,
            try await !desk.isByHand(plan, in: pipeline)
        {
            _ = try await desk.carryOut(
                StageOrder(
                    key, to: .champion, champion: champion ?? 0, by: StageOrder.host,
                    reason: "fitted, and nothing asks for a promotion: \(reason)"))
        }
        return try await desk.version(key).stage
    }
}
