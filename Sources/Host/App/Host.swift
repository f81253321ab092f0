import CivilTime
import Glibc
package import HostCore
import HostGateway
package import HostManifest
import HostSecurity
import HostStorage
import HostTelemetry
import HostTraining
import HostWebSocket
package import Logging
import NIOCore
package import PluginKit
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The composition root: everything a running host consists of, made from a checked manifest.
///
/// `run` starts the gateway and the pipelines as services of one group: SIGTERM and SIGINT stop them in reverse order.
package final class Host: Sendable {
    private struct Current {
        var manifest: Manifest
        var instances = Instances()
        var revision = 1
    }

    /// What the command line added.
    package let options: HostOptions
    /// What a reader outside sees.
    package let view: HostView
    /// Tells whoever started the host.
    let report: @Sendable (HostEvent) -> Void
    /// The pipelines at work.
    let runs = PipelineRuns()
    /// Thrown when the host is to end.
    let isStopping = StopSignal()
    /// Where the manifest is read again.
    let source: ManifestSource?
    let state: StateFolder
    /// Removes what is no longer kept.
    let retention: Retention
    private let current: Mutex<Current>
    /// Breaker, limits and health of each provider that runs.
    private let gates = Guarded<[String: ProviderGate]>([:])
    private let isReady = StopSignal()
    private let reloader = Mutex<Reloader?>(nil)
    /// The live channels.
    let hub: ChannelHub
    private let prices: PriceFeed
    private let riskService = Mutex<RiskService?>(nil)
    let logger: Logger
    /// Writes the log of changes.
    let audit: AuditDesk
    /// Tells of followed deliveries; `nil` where none is followed.
    let traces: TraceExporter?
    let lastReload = Guarded<HostFigures.Reload?>(nil)

    /// Thrown when work did not end with the stop and was left behind.
    let leftBehind = StopSignal()
    /// Calls of an instance that gave nothing since the last that worked.
    package let failing = FailingCalls()
    /// Fits that were asked for while the host runs.
    let fits = FitDesk()

    /// Whether a thread still computes after `run`: the process must end without waiting for it.
    package var hasLeftWork: Bool { leftBehind.isFired }

    /// The manifest that runs.
    package var manifest: Manifest { current.withLock { $0.manifest } }

    /// The instances that run.
    var instances: Instances { current.withLock { $0.instances } }

    /// Counts the manifests this host has run, from 1.
    package var revision: Int { current.withLock { $0.revision } }

    /// States of instances.
    package var board: InstanceBoard { view.board }

    /// Opens the state folder and makes the parts; nothing runs yet. Throws `HostError`.
    package init(
        manifest: Manifest, options: HostOptions, plugins: [PluginDescriptor], source: ManifestSource? = nil,
        logger: Logger, startedAt: Int64, report: @escaping @Sendable (HostEvent) -> Void
    ) throws {
        current = Mutex(Current(manifest: manifest))
        self.options = options
        self.source = source
        self.logger = logger
        self.report = report
        let instruments = InstrumentTable()
        do throws(PluginError) {
            state = try StateFolder(manifest: manifest, mode: options.mode, instruments: instruments) {
                report(.warning($0))
            }
            traces =
                try options.mode != .run || options.work != nil
                ? nil
                : manifest.host.traces.map { settings throws(PluginError) in
                    try TraceExporter(settings, instruments: instruments, report: report)
                }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
        retention = Retention(state.database)
        audit = AuditDesk(AuditLog(of: manifest)) { report(.warning($0)) }
        let (runs, gates) = (runs, gates)
        let prices = PriceFeed()
        self.prices = prices
        let latest = LatestValues(prices: prices)
        view = HostView(
            instruments: instruments, latest: latest, bars: state.database,
            board: InstanceBoard(now: { WallClock.now() }), models: ModelBoard(), plugins: plugins,
            counters: { runs.snapshots }, version: PenstockVersion.current, startedAt: startedAt,
            providers: { gates.value.sorted { $0.key < $1.key }.map { ($0.key, $0.value.report) } },
            freshness: { runs.freshness(latest, since: startedAt, now: WallClock.now()) },
            outcomes: state.database)
        let folder = options.mode == .run && options.hasGateway ? state.channelFolder : nil
        hub = LiveChannels.makeHub(view, in: folder) { report(.warning($0)) }
        let board = view.board
        state.database.whenDamaged { error in
            board.register(.store, InstanceBoard.stateID)
            board.retire(.store, InstanceBoard.stateID, error.message)
            report(.warning(error.message))
        }
        for pipeline in manifest.pipelines { view.board.register(.pipeline, pipeline.id) }
        if options.hasGateway { view.board.register(.gateway, Self.gatewayID) }
        let watch = BoardReport(report)
        view.board.onChange { watch.take($0) }
        let notices = Mutex(TellLimit<String>(20))
        view.board.onNotice { notice in
            if notices.withLock({ $0.judge(notice, at: WallClock.now()) }) != .leftOut { report(.notice(notice)) }
        }
        DatedWarnings(report).follow(view.board)
    }

    /// Runs until a signal, or until the streams end under `--once`. Throws `HostError`.
    package func run() async throws {
        defer { state.close() }
        defer { RunningHost.withdraw(from: state.path) }
        let runner = HostRunner(host: self)
        let reloader = source.flatMap { options.isOnce ? nil : Reloader(host: self, source: $0) }
        self.reloader.withLock { $0 = reloader }
        defer { self.reloader.withLock { $0 = nil } }
        let risk = options.mode == .run && options.work == nil ? RiskService(host: self, feed: prices) : nil
        riskService.withLock { $0 = risk }
        defer { riskService.withLock { $0 = nil } }
        var services = try gatewayServices(reloader)
        if let reloader, let source {
            let service = ReloadService(reloader: reloader, file: source.file, isWatching: options.isWatching)
            services.append(.init(service: service, failureTerminationBehavior: .gracefullyShutdownGroup))
        }
        services += servicesBeside(risk).map {
            .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore)
        }
        services.append(
            .init(
                service: runner, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger.quiet)
        configuration.maximumGracefulShutdownDuration = manifest.host.stopTimeout
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as PluginError {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    private func gatewayServices(
        _ reloader: Reloader?
    ) throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        guard options.hasGateway else { return [] }
        let security = try securityParts()
        return [
            .init(service: try gateway(reloader, security), failureTerminationBehavior: .gracefullyShutdownGroup),
            .init(
                service: SecurityService(parts: security, report: report), successTerminationBehavior: .ignore,
                failureTerminationBehavior: .ignore),
        ]
    }

    /// What works beside the streams, and whose end leaves the host running.
    private func servicesBeside(_ risk: RiskService?) -> [any Service] {
        var services: [any Service] = []
        if !options.isOnce { services += [RetentionService(host: self), ClockService(host: self)] }
        if !options.isOnce, options.mode == .run {
            services += [RolloutService(host: self), RetrainService(host: self)]
        }
        if let traces { services.append(traces) }
        if let risk { services.append(risk) }
        if let manager { services.append(SupervisionService(host: self, manager: manager)) }
        return services
    }

    /// Goes over to what the manifest says now, or to a text in its place; `busy` where the host does not run.
    package func reload(_ text: [UInt8]? = nil) async -> ReloadReport {
        guard let reloader = reloader.withLock({ $0 }) else {
            return ReloadReport(outcome: .busy, revision: revision, message: "The host takes no reloads now.")
        }
        return await reloader.reload(text)
    }

    /// Logs what a reload did, part by part.
    func log(_ report: ReloadReport) async {
        await tellAudit(of: report)
        lastReload.change { $0 = HostFigures.Reload(isGood: report.isGood, time: WallClock.now()) }
        let level: Logger.Level = report.isGood ? .notice : .warning
        logger.log(
            level: level, "Reload ended",
            metadata: [
                "outcome": "\(report.outcome.rawValue)", "revision": .stringConvertible(report.revision),
                "milliseconds": .stringConvertible(report.milliseconds), "message": "\(report.message)",
            ])
        for part in report.parts {
            logger.log(
                level: .notice, "Reload changed a part",
                metadata: [
                    "part": "\(part.name)", "action": "\(part.action)",
                    "milliseconds": .stringConvertible(part.milliseconds),
                    "revision": .stringConvertible(report.revision),
                    "warnings": "\(part.warnings.joined(separator: " "))",
                ])
        }
    }

    // MARK: For the runner

    func buildInstances() async throws -> Instances {
        for pipeline in manifest.pipelines {
            for instrument in pipeline.instruments { _ = view.instruments.intern(instrument) }
        }
        let report = report
        let builder = InstanceBuilder(
            manifest: manifest, board: board, shown: board, isStopping: isStopping, isOnce: options.isOnce,
            absent: options.work == nil && options.backtest == nil ? [] : [.sink], counts: state.database,
            context: { (declaration) throws(PluginError) in try self.context(for: declaration) },
            warn: { report(.warning($0)) })
        do throws(PluginError) {
            return try await builder.build()
        } catch {
            // Nothing has run yet: what keeps a part from starting is the configuration or what is around the host.
            throw HostError(exitCode: error.code == .configuration ? 2 : 3, error.message)
        }
    }

    /// Takes over the manifest with what sources list; it stays the same manifest.
    func take(_ manifest: Manifest) { current.withLock { $0.manifest = manifest } }

    /// Takes over the instances that were built.
    func take(_ instances: Instances) {
        gates.change { $0 = instances.providers.mapValues(\.gate) }
        current.withLock { $0.instances = instances }
    }

    /// Goes over to another manifest and its instances; returns its revision.
    func take(_ manifest: Manifest, _ instances: Instances) -> Int {
        gates.change { $0 = instances.providers.mapValues(\.gate) }
        return current.withLock { current in
            current.manifest = manifest
            current.instances = instances
            current.revision += 1
            return current.revision
        }
    }

    /// Notes that everything was started: from now on the manifest can be reloaded.
    func begin() {
        isReady.fire()
        guard let source, options.mode == .run else { return }
        // What the file says now may be newer than what runs; the text that was read is the good one.
        do throws(AtomicFile.Failure) { try LastGoodManifest.keep(source.first, in: state.path) } catch {
            report(.warning(error.description))
        }
    }

    /// Who started the host and wants to know how it is; `nil` where nobody does, and for a command's short work.
    var manager: ServiceManager? {
        options.mode == .run && options.work == nil && options.backtest == nil ? ServiceManager.ofProcess : nil
    }

    /// Watches risk while the host runs.
    var risk: RiskService? { riskService.withLock { $0 } }

    /// Whether everything was started and nothing is being stopped.
    var takesReloads: Bool { isReady.isFired && !isStopping.isFired }

    /// Composes the pipelines of a manifest; all, or those named.
    func compose(
        _ instances: Instances, of manifest: Manifest? = nil, only: Set<String>? = nil
    ) throws(PluginError) -> [ComposedPipeline] {
        let manifest = manifest ?? self.manifest
        let report = report
        let services = PipelineServices(
            events: state.database, quarantine: RefusalReport(state.database) { report(.warning($0)) },
            watermarks: state.database, latest: view.latest, board: board, wallTime: { WallClock.now() },
            patience: options.isOnce ? 6 : nil, callLimit: .seconds(60), spill: state.spill,
            tradingHours: VenueHours.shared.finder, outcomes: state.database,
            tracer: traces?.tracer)
        return try PipelineComposer(
            manifest: manifest, options: options, instances: instances, directory: view.instruments, board: board,
            models: view.models, services: services, trials: state.artifacts,
            remake: { [weak self] (declaration, values) async throws(PluginError) in
                guard let self else { throw PluginError(.cancelled, "host: it is stopping.") }
                return try await self.model(declaration, values)
            }
        ).compose(only: only)
    }

    /// Makes models ready; what becomes of them is written on `models`.
    func preparation(
        _ composed: ComposedPipeline, _ isStopping: StopSignal, models: ModelBoard, isStrict: Bool = false,
        past: [Bool] = []
    ) -> ModelPreparation {
        var preparation = ModelPreparation(
            history: ModelHistory(
                plan: composed.pipeline.plan, routes: composed.pipeline.routes, store: state.database, past: past,
                isStopping: isStopping),
            composed: composed.training, artifacts: state.artifacts, looks: state.artifacts, models: models,
            board: board,
            isStopping: isStopping, isStrict: isStrict,
            isTriedAgain: { [self] id, fault in
                !options.isOnce
                    && (fault.isTransient || fault.code == .environment || policy(ofModel: id) == .retry)
            }, report: report)
        preparation.defersRetraining = !options.isOnce && options.mode == .run && options.work == nil
        return preparation
    }

    /// Says of models that cannot be fitted that they will not serve.
    func failModels(of composed: ComposedPipeline, because message: String) {
        let pipeline = composed.pipeline.plan.id
        for (plan, _) in composed.training where view.models.entry(plan.id, in: pipeline)?.state == "fitting" {
            view.models.set(
                .init(
                    model: plan.id, pipeline: pipeline, plugin: plan.descriptor.id, state: "failed", message: message))
        }
    }

    /// What becomes of a provider that does not work.
    package func policy(ofProvider id: String) -> StartPolicy {
        manifest.providers.first { $0.instance.id == id }?.instance.onFailure ?? .error
    }

    func policy(ofModel id: String) -> StartPolicy {
        manifest.models.first { $0.instance.id == id }?.instance.onFailure ?? .error
    }

    // MARK: Parts

    func context(for declaration: InstanceDeclaration) throws(PluginError) -> PluginContext {
        let (hub, logger, report, name) = (hub, logger, report, declaration.name)
        let baseDirectory = manifest.baseDirectory
        let isReplaySink = declaration.kind == .sink && options.mode != .run
        return PluginContext(
            baseDirectory: isReplaySink ? state.path : baseDirectory,
            stateDirectory: try state.folder(for: declaration), instruments: view.instruments,
            log: { level, message, metadata in
                var data: Logger.Metadata = [:]
                for (key, value) in metadata {
                    data[PluginError.shown(key)] = "\(PluginError.shown(value, limit: 1_000))"
                }
                let text = PluginError.shown(message, limit: 1_000)
                logger.log(
                    level: Logger.Level(rawValue: level.rawValue) ?? .info, "\(text)",
                    metadata: data.merging(["instance": "\(name)"]) { $1 })
                guard level == .warning else { return }
                report(.logged("\(name): \(text) \(data.values.map { "\($0)" }.sorted().joined(separator: ", "))"))
            },
            publish: { channel, topic, message in
                hub.publish(channel, ByteBuffer(bytes: message), topic: topic)
            })
    }
}
