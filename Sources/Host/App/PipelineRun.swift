import HostCore
import HostManifest
import HostTraining
import PluginKit
import Synchronization

/// One pipeline at work, in a task of its own: prepares its models, runs, tells how it ended.
final class PipelineRun: Sendable {
    /// How far it is.
    enum Phase: Sendable {
        /// Its models are made ready.
        case preparing
        /// Data flows.
        case running
        /// Its data has ended, or it was stopped.
        case ended
    }

    private struct State {
        var phase = Phase.preparing
        var hasCaughtUp = false
        /// Whether models went on with what they served last.
        var isResumed = false
        /// Models to prepare again.
        var left: [(plan: TrainingPlan, serving: ServingModel)] = []
        var fault: HostError?
        /// How it is left in a host that runs on: one whose data was no good is not simply at its end.
        var last: (state: InstanceState, message: String) = (.stopped, "")
    }

    private let content: Mutex<ComposedPipeline>
    private let host: Host
    private let isPrepared: Bool
    private let state = Mutex(State())
    private let isStopping = StopSignal()
    private let isDone = StopSignal()

    /// Starts the work; `isPrepared` where its models are ready to serve.
    init(_ composed: ComposedPipeline, host: Host, isPrepared: Bool) {
        content = Mutex(composed)
        self.host = host
        self.isPrepared = isPrepared
    }

    /// The pipeline and how its models are trained.
    var composed: ComposedPipeline { content.withLock { $0 } }

    /// Notes what a pipeline was changed to while it runs: the same pipeline, other models.
    func adopt(_ new: ComposedPipeline) {
        content.withLock { content in
            content = ComposedPipeline(
                pipeline: content.pipeline, training: new.training, providerID: content.providerID)
        }
    }

    /// The pipeline's id.
    var id: String { composed.pipeline.plan.id }

    /// How far it is.
    var phase: Phase { state.withLock { $0.phase } }

    /// Whether data flows, and all there was is through.
    var isLive: Bool { state.withLock { $0.phase == .running && $0.hasCaughtUp } }

    /// Thrown when it is to end.
    var stopping: StopSignal { isStopping }

    /// Begins.
    func start() {
        host.board.register(.pipeline, id)
        // Unstructured on purpose: it outlives the reload that starts it; `stop` ends it.
        Task {
            let fault = await self.work()
            let last = self.state.withLock { state in
                state.phase = .ended
                state.fault = fault
                return state.last
            }
            if self.host.board.status(.pipeline, self.id)?.state != .failed {
                self.host.board.set(.pipeline, self.id, last.state, last.message)
            }
            self.isDone.fire()
        }
    }

    /// Returns when it has ended, with its fault.
    func value() async -> HostError? {
        await isDone.wait()
        return state.withLock { $0.fault }
    }

    /// Stops taking data and lets it drain; when the grace is over what is left is counted.
    func stop(grace: Duration) async {
        isStopping.fire()
        composed.pipeline.stop()
        if await isDone.wait(atMost: grace, clock: ContinuousClock()) { return }
        composed.pipeline.giveUp()
        await isDone.wait()
    }

    // MARK: Work

    private func work() async -> HostError? {
        do {
            if !isPrepared { try await prepare() }
            guard !isStopping.isFired else { return nil }
            state.withLock { $0.phase = .running }
            host.board.set(.pipeline, id, .ok)
            host.report(.running(pipeline: id))
            // Unstructured on purpose: a data source that grows catches up while the pipeline runs on; ended right after.
            let telling = Task { await tellCaughtUp() }
            // The same for models that could not be prepared.
            let preparing = Task { await prepareLeft() }
            defer {
                telling.cancel()
                preparing.cancel()
            }
            try await composed.pipeline.run()
            if !isStopping.isFired { caughtUp() }
            return account() ?? modelFault
        } catch  where error.code == .cancelled {
            return nil
        } catch {
            return fail(error)
        }
    }

    private func tellCaughtUp() async {
        let signal = composed.pipeline.isCaughtUp
        await signal.wait()
        if signal.isFired, !isStopping.isFired { caughtUp() }
    }

    /// Tells once that all the data there was is through.
    private func caughtUp() {
        let isNews = state.withLock { state in
            defer { state.hasCaughtUp = true }
            return !state.hasCaughtUp
        }
        if isNews, !host.isStopping.isFired { host.report(.caughtUp(pipeline: id)) }
    }

    /// A fault ends the pipeline alone; under `--once` it is one of the run, where the policy does not say otherwise.
    private func fail(_ error: PluginError) -> HostError? {
        let isFault = host.options.isOnce && host.policy(ofProvider: composed.providerID) != .ignore
        host.board.set(.pipeline, id, .failed, error.message)
        host.failModels(of: composed, because: "provider/\(composed.providerID) gives no data.")
        if !isFault { host.report(.warning("\(error.message) pipeline/\(id) has ended.")) }
        caughtUp()
        _ = account()
        return isFault ? HostError(exitCode: error.exitCode, error.message) : nil
    }

    /// Tells what was refused and what did not arrive; under `--once` the latter ends the host with a fault.
    private func account() -> HostError? {
        let snapshot = composed.pipeline.snapshot
        let delivery = DeliveryReport(snapshot)
        if case .replay = host.options.mode, !snapshot.sinks.isEmpty, snapshot.sinks.allSatisfy({ $0.offered == 0 }) {
            host.report(
                .warning(
                    "pipeline/\(id): no bar lies between '--from' and '--to'; what is shown is of the bars before. "
                        + "`penstock run` shows how far the data goes."))
        }
        for refusal in delivery.refusals + delivery.inputs { host.report(.warning(refusal)) }
        var losses = delivery.losses
        if let status = host.board.status(.store, id), status.state == .degraded || snapshot.unstored > 0 {
            losses.append(
                "pipeline/\(id): \(snapshot.unstored) bars were not stored; the next run stores them. \(status.message)"
            )
        }
        if let status = host.board.status(.store, InstanceBoard.stateID), status.state == .failed {
            losses.append(status.message)
        }
        losses += silentIndicators(snapshot.rows)
        let bad = delivery.failures { host.view.instruments.instrument($0) } + delivery.emptiness
        losses += bad
        if !bad.isEmpty, !isStopping.isFired {
            let last: InstanceState = delivery.emptiness.isEmpty ? .degraded : .failed
            state.withLock { $0.last = (last, bad.joined(separator: " ")) }
        }
        let mustEnd = host.options.isOnce && !isStopping.isFired
        for loss in mustEnd ? losses.dropLast() : losses[...] { host.report(.warning(loss)) }
        return mustEnd ? losses.last.map { HostError(exitCode: 1, $0) } : nil
    }

    /// A sentence for each indicator of which no row has a value, as every call of it failed; it is shown as degraded, and no
    /// fault where the manifest says so.
    private func silentIndicators(_ rows: Int) -> [String] {
        let manifest = host.manifest
        let named = manifest.pipelines.first { $0.id == id }?.allIndicators ?? []
        return manifest.indicators.filter { named.contains($0.instance.id) }.compactMap { declared in
            guard let message = host.failing.sentence(declared.instance.id, rows: rows) else { return nil }
            host.board.set(.indicator, declared.instance.id, .degraded, message)
            return declared.instance.onFailure == .ignore ? nil : message
        }
    }

    /// Under `--once`, that a model which was to predict could not be fitted.
    private var modelFault: HostError? {
        guard host.options.isOnce, !isStopping.isFired else { return nil }
        let failed = composed.training.map(\.0.id).filter { id in
            host.board.status(.model, id)?.state == .failed && host.policy(ofModel: id) != .ignore
        }
        guard !failed.isEmpty else { return nil }
        return HostError(
            exitCode: 1,
            "pipeline/\(id): no predictions of \(failed.joined(separator: ", ")), which could not be fitted. The cause is "
                + "told above; 'on_failure: ignore' of a model makes it no fault.")
    }

    // MARK: Preparing

    /// Waits for the route and prepares the models; tries again as long as the policy of its stream allows.
    private func prepare() async throws(PluginError) {
        let (route, policy) = (composed.pipeline.route, composed.pipeline.plan.driving.policy)
        var recovery = StreamRecovery(policy)
        var wasThere = false
        while true {
            let fault: PluginError
            do {
                try await route.prepare()
                wasThere = true
                try await prepareOnce()
                return route.works()
            } catch {
                guard !isStopping.isFired, !host.isStopping.isFired else { throw Self.stopped }
                fault = error.code == .cancelled ? PluginError(.transient, error.message) : error
            }
            let mayMiss =
                host.policy(ofProvider: composed.providerID) == .ignore && !wasThere && !fault.isTransient
            guard !mayMiss, case .again(let wait) = recovery.failed(fault), policy.keepsTrying || !route.isRetired
            else {
                route.isGivenUp(fault.message)
                throw fault
            }
            route.fails(fault.message)
            if await isStopping.wait(atMost: wait, clock: ContinuousClock()) { throw Self.stopped }
        }
    }

    /// Prepares models again whose fault may pass, until each serves; where all went on with what they served last, looks at the
    /// data once all there was is through.
    private func prepareLeft() async {
        if state.withLock({ $0.isResumed }) {
            await composed.pipeline.isCaughtUp.wait()
            guard !Task.isCancelled else { return }
        }
        var recovery = StreamRecovery(StreamPolicy(isOnce: false, keepsTrying: true))
        while !isStopping.isFired, !Task.isCancelled {
            let left = state.withLock { $0.left }
            let fault = PluginError(.transient, "pipeline/\(id): models are not ready.")
            guard !left.isEmpty, case .again(let wait) = recovery.failed(fault) else { return }
            if await isStopping.wait(atMost: wait, clock: ContinuousClock()) || Task.isCancelled { return }
            let wanted = Set(composed.training.map { ObjectIdentifier($0.serving) })
            try? await prepare(left.filter { wanted.contains(ObjectIdentifier($0.serving)) })
        }
    }

    private func prepareOnce() async throws(PluginError) {
        let training = composed.training
        for (plan, _) in training {
            host.view.models.set(
                .init(model: plan.id, pipeline: id, plugin: plan.descriptor.id, state: "fitting"))
        }
        let past = try await composed.pipeline.hasPast()
        if !host.options.isOnce, host.options.mode == .run, past.allSatisfy(\.self) {
            let preparation = host.preparation(composed, isStopping, models: host.view.models, past: past)
            if try await preparation.resume(training) {
                return state.withLock { ($0.left, $0.isResumed) = (training, true) }
            }
        }
        try await prepare(training)
    }

    private func prepare(_ training: [(plan: TrainingPlan, serving: ServingModel)]) async throws(PluginError) {
        let preparation = host.preparation(
            composed, isStopping, models: host.view.models, past: try await composed.pipeline.hasPast())
        let result = await LongWork.run(until: isStopping, grace: host.manifest.host.stopTimeout * 0.5) {
            await Result { () async throws(PluginError) in try await preparation.prepare(training) }
        }
        if let result {
            let left = try result.get()
            return state.withLock { $0.left = left }
        }
        host.leftBehind.fire()
        host.report(
            .warning(
                "pipeline/\(id): reading history or fitting did not end with the stop; it was given up. What was "
                    + "stored before is untouched, and the next start does it again."))
        throw Self.stopped
    }

    private static let stopped = PluginError(.cancelled, "host: it is stopping.")
}
