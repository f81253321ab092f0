package import HostCore
import HostGateway
package import HostManifest
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
    /// The manifest.
    package let manifest: Manifest
    /// What the command line added.
    package let options: HostOptions
    /// What a reader outside sees.
    package let view: HostView
    /// Tells whoever started the host.
    let report: @Sendable (HostEvent) -> Void
    private let pipelines: PipelineList
    private let state: StateFolder
    private let hub: ChannelHub
    private let logger: Logger

    /// Thrown when work did not end with the stop and was left behind.
    let leftBehind = StopSignal()

    /// Whether a thread still computes after `run`: the process must end without waiting for it.
    package var hasLeftWork: Bool { leftBehind.isFired }

    /// States of instances.
    package var board: InstanceBoard { view.board }

    /// Opens the state folder and makes the parts; nothing runs yet. Throws `HostError`.
    package init(
        manifest: Manifest, options: HostOptions, plugins: [PluginDescriptor], logger: Logger, startedAt: Int64,
        report: @escaping @Sendable (HostEvent) -> Void
    ) throws {
        self.manifest = manifest
        self.options = options
        self.logger = logger
        self.report = report
        let instruments = InstrumentTable()
        do throws(PluginError) {
            state = try StateFolder(manifest: manifest, mode: options.mode, instruments: instruments) {
                report(.warning($0))
            }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
        let pipelines = PipelineList()
        self.pipelines = pipelines
        view = HostView(
            instruments: instruments, latest: LatestValues(), bars: state.database,
            board: InstanceBoard(now: { WallClock.now() }), models: ModelBoard(), plugins: plugins,
            counters: { pipelines.all.map(\.snapshot) }, version: PenstockVersion.current, startedAt: startedAt)
        hub = LiveChannels.makeHub(view)
        let watch = BoardReport(report)
        view.board.onChange { watch.take($0) }
    }

    /// Runs until a signal, or until the streams end under `--once`. Throws `HostError`.
    package func run() async throws {
        defer { state.close() }
        let runner = HostRunner(host: self)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if options.hasGateway {
            services.append(
                .init(service: try gateway(), failureTerminationBehavior: .gracefullyShutdownGroup))
        }
        services.append(
            .init(
                service: runner, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup))
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quietLogger)
        configuration.maximumGracefulShutdownDuration = manifest.host.stopTimeout
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as PluginError {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    // MARK: For the runner

    func buildInstances() async throws -> Instances {
        for pipeline in manifest.pipelines {
            for instrument in pipeline.instruments { _ = view.instruments.intern(instrument) }
        }
        let report = report
        let builder = InstanceBuilder(
            manifest: manifest, board: board,
            context: { (declaration) throws(PluginError) in try self.context(for: declaration) },
            warn: { report(.warning($0)) })
        do throws(PluginError) {
            return try await builder.build()
        } catch {
            // Nothing has run yet: what keeps a part from starting is the configuration or what is around the host.
            throw HostError(exitCode: error.code == .configuration ? 2 : 3, error.message)
        }
    }

    func compose(_ instances: Instances) throws(PluginError) -> [ComposedPipeline] {
        let report = report
        let services = PipelineServices(
            bars: state.database, quarantine: RefusalReport(state.database) { report(.warning($0)) },
            watermarks: state.database, latest: view.latest, board: board, wallTime: { WallClock.now() },
            patience: options.isOnce ? 6 : nil)
        let composed = try PipelineComposer(
            manifest: manifest, options: options, instances: instances, directory: view.instruments, board: board,
            models: view.models, services: services, warn: { report(.warning($0)) }
        ).compose()
        pipelines.set(composed.map(\.pipeline))
        return composed
    }

    func preparation(_ composed: ComposedPipeline, _ isStopping: StopSignal) -> ModelPreparation {
        ModelPreparation(
            pipeline: composed.pipeline.plan.id, provider: composed.pipeline.plan.provider,
            instruments: composed.pipeline.plan.instruments, directory: view.instruments,
            timeframe: composed.pipeline.plan.timeframe, artifacts: state.artifacts, models: view.models, board: board,
            isStopping: isStopping, report: report)
    }

    /// Says of models that cannot be fitted that they will not serve.
    func failModels(_ training: [(plan: TrainingPlan, serving: ServingModel)], because message: String) {
        for (plan, _) in training where view.models.entry(plan.id)?.state == "fitting" {
            view.models.set(.init(model: plan.id, plugin: plan.descriptor.id, state: "failed", message: message))
        }
    }

    func policy(ofProvider id: String) -> StartPolicy {
        manifest.providers.first { $0.instance.id == id }?.instance.onFailure ?? .error
    }

    // MARK: Parts

    private func context(for declaration: InstanceDeclaration) throws(PluginError) -> PluginContext {
        let (hub, logger, name) = (hub, logger, declaration.name)
        let isReplaySink = declaration.kind == .sink && options.mode != .run
        return PluginContext(
            baseDirectory: isReplaySink ? state.path : manifest.baseDirectory,
            stateDirectory: try state.folder(for: declaration), instruments: view.instruments,
            log: { level, message, metadata in
                var data: Logger.Metadata = ["instance": "\(name)"]
                for (key, value) in metadata { data[key] = "\(value)" }
                logger.log(level: Logger.Level(rawValue: level.rawValue) ?? .info, "\(message)", metadata: data)
            },
            publish: { channel, topic, message in
                hub.publish(channel, ByteBuffer(bytes: message), topic: topic)
            })
    }

    private func gateway() throws -> Gateway {
        do throws(PluginError) {
            let listen = options.listen ?? manifest.host.listen
            let configuration = try GatewayConfiguration(listen: listen.description)
            let (view, hub, report) = (view, hub, report)
            let requests = RequestCounters()
            var gateway = Gateway(
                view: view, hub: hub, configuration: configuration, requests: requests, logger: logger,
                metrics: { Metrics.text(view: view, hub: hub, requests: requests) })
            gateway.onListening = { report(.listening(address: $0)) }
            return gateway
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    private var quietLogger: Logger {
        var quiet = logger
        quiet.logLevel = .warning
        return quiet
    }
}

/// The pipelines that run, for whoever counts them.
final class PipelineList: Sendable {
    private let pipelines = Mutex<[Pipeline]>([])

    var all: [Pipeline] { pipelines.withLock { $0 } }

    func set(_ new: [Pipeline]) { pipelines.withLock { $0 = new } }
}
