import HostCore
import HostManifest
import PluginKit

/// The built plugin instances of a manifest, and what became of those that could not be built.
struct Instances: Sendable {
    var providers: [String: any Provider] = [:]
    var models: [String: any Model] = [:]
    var sinks: [String: any Sink] = [:]
    /// Sinks that hold nothing of earlier runs, asked before anything was written.
    var emptySinks: Set<String> = []
    /// Built instances in the order they were built; stopped in reverse.
    var order: [(kind: ComponentKind, id: String, plugin: any Plugin)] = []
    /// The revision an instance came with, by `kind/id`; none for those of the start.
    var generations: [String: Int] = [:]

    /// Takes instances out, as `kind/id`; returns what was built for them, newest first.
    mutating func remove(_ names: Set<String>) -> [(kind: ComponentKind, id: String, plugin: any Plugin)] {
        let gone = order.filter { names.contains("\($0.kind.rawValue)/\($0.id)") }
        order.removeAll { names.contains("\($0.kind.rawValue)/\($0.id)") }
        for (kind, id, _) in gone {
            generations["\(kind.rawValue)/\(id)"] = nil
            switch kind {
            case .provider: providers[id] = nil
            case .model: models[id] = nil
            case .sink:
                sinks[id] = nil
                emptySinks.remove(id)
            case .indicator, .route, .store, .pipeline, .gateway: break
            }
        }
        return gone.reversed()
    }

    /// Takes over what another set has.
    mutating func merge(_ other: Instances, generation: Int) {
        providers.merge(other.providers) { $1 }
        models.merge(other.models) { $1 }
        sinks.merge(other.sinks) { $1 }
        emptySinks.formUnion(other.emptySinks)
        order += other.order
        for (kind, id, _) in other.order { generations["\(kind.rawValue)/\(id)"] = generation }
    }

    /// Stops every instance in reverse order, each within `grace`.
    func stop(board: InstanceBoard, grace: Duration, clock: any Clock<Duration>) async {
        for (kind, id, plugin) in order.reversed() {
            if board.status(kind, id)?.state != .failed { board.set(kind, id, .draining) }
            let isDone = await Self.finishes(within: grace, clock: clock) { await plugin.stop() }
            guard board.status(kind, id)?.state != .failed else { continue }
            board.set(kind, id, .stopped, isDone ? "" : "it did not stop within \(grace)")
        }
    }

    static func finishes(
        within span: Duration, clock: any Clock<Duration>, _ work: @escaping @Sendable () async -> Void
    ) async -> Bool {
        let done = StopSignal()
        // Not awaited: a plugin that never returns from `stop` must not hold the host; it ends with the process.
        let task = Task {
            await work()
            done.fire()
        }
        let isDone = await done.wait(atMost: span, clock: clock)
        if !isDone { task.cancel() }
        return isDone
    }
}

extension InstanceDeclaration {
    /// What it is on the board.
    var component: ComponentKind { ComponentKind(kind) }
}

/// Builds and probes the instances that the pipelines name, under each one's start policy.
struct InstanceBuilder {
    let manifest: Manifest
    let board: InstanceBoard
    let context: @Sendable (InstanceDeclaration) throws(PluginError) -> PluginContext
    let warn: @Sendable (String) -> Void

    /// Registers every instance, builds the needed ones; throws the fault of one whose policy is `error`.
    func build() async throws(PluginError) -> Instances {
        var instances = Instances()
        let needed = manifest.neededInstances
        for declaration in manifest.instances {
            let isNeeded = needed.contains(declaration.name)
            board.register(
                declaration.component, declaration.id, plugin: declaration.descriptor.name,
                state: isNeeded ? .starting : .disabled)
        }
        for declaration in manifest.instances where needed.contains(declaration.name) {
            do {
                try await build(declaration, into: &instances)
            } catch {
                try handle(error, of: declaration, &instances)
            }
        }
        return instances
    }

    func build(_ declaration: InstanceDeclaration, into instances: inout Instances) async throws(PluginError) {
        let plugin = try await Self.make(declaration, context)
        switch plugin {
        case let provider as any Provider: instances.providers[declaration.id] = provider
        case let model as any Model: instances.models[declaration.id] = model
        case let sink as any Sink:
            instances.sinks[declaration.id] = SerialSink(sink)
            if await sink.isEmpty { instances.emptySinks.insert(declaration.id) }
        case nil, .some: break
        }
        if let plugin { instances.order.append((declaration.component, declaration.id, plugin)) }
        board.set(declaration.component, declaration.id, .ok)
    }

    /// Builds and probes an instance; an indicator has nothing to build here.
    static func make(
        _ declaration: InstanceDeclaration, _ context: (InstanceDeclaration) throws(PluginError) -> PluginContext
    ) async throws(PluginError) -> (any Plugin)? {
        let made: any Plugin
        switch declaration.plugin.maker {
        case .indicator: return nil
        case .provider(let make): made = try make(declaration.configuration, try context(declaration))
        case .model(let make): made = try make(declaration.configuration, try context(declaration))
        case .sink(let make): made = try make(declaration.configuration, try context(declaration))
        }
        do {
            try await made.probe()
            return made
        } catch {
            // Nobody else knows of it yet.
            _ = await Instances.finishes(within: .seconds(1), clock: ContinuousClock()) { await made.stop() }
            throw error
        }
    }

    /// A model whose library is missing is left out whatever its policy says; else the policy decides.
    private func handle(
        _ error: PluginError, of declaration: InstanceDeclaration, _ instances: inout Instances
    ) throws(PluginError) {
        board.set(declaration.component, declaration.id, .failed, error.message)
        let isMissingLibrary = declaration.kind == .model && error.code == .environment
        guard isMissingLibrary || declaration.onFailure != .error else { throw error }
        warn(error.message)
        if declaration.onFailure == .retry { postpone(declaration, &instances) }
    }

    /// Puts a stand-in where the instance would be; it builds the instance when that becomes possible.
    private func postpone(_ declaration: InstanceDeclaration, _ instances: inout Instances) {
        let (board, context, id) = (board, context, declaration.id)
        board.set(declaration.component, id, .starting, "waits for another try")
        switch declaration.kind {
        case .sink:
            let sink = DeferredSink(
                DeferredInstance { () async throws(PluginError) -> any Sink in
                    guard let sink = try await Self.make(declaration, context) as? any Sink else {
                        throw Self.noInstance
                    }
                    return sink
                })
            instances.sinks[id] = SerialSink(sink)
            instances.order.append((.sink, id, sink))
        case .provider:
            let instance = DeferredInstance { () async throws(PluginError) -> any Provider in
                guard let made = try await Self.make(declaration, context) as? any Provider else {
                    throw Self.noInstance
                }
                return made
            }
            let provider = DeferredProvider(instance, clock: ContinuousClock()) { error in
                board.set(.provider, id, error == nil ? .ok : .failed, error?.message ?? "")
            }
            instances.providers[id] = provider
            instances.order.append((.provider, id, provider))
        case .model, .indicator: break
        }
    }

    private static let noInstance = PluginError(.unsupported, "host: the plugin is of another kind than it says.")
}
