import HostCore
import HostManifest
import PluginKit

extension InstanceDeclaration {
    /// What it is on the board.
    var component: ComponentKind { ComponentKind(kind) }
}

/// Builds and probes the instances that the pipelines name, under each one's start policy.
struct InstanceBuilder {
    let manifest: Manifest
    /// Where what is built shows itself.
    let board: InstanceBoard
    /// Where providers show how they stand once pipelines use them.
    let shown: InstanceBoard
    let isStopping: StopSignal
    let context: @Sendable (InstanceDeclaration) throws(PluginError) -> PluginContext
    let warn: @Sendable (String) -> Void

    /// Registers every instance, builds the needed ones; throws the fault of one whose policy is `error`.
    ///
    /// A provider that the host may start without is built by its pipelines: it keeps nothing else waiting.
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
            if declaration.kind == .provider, declaration.onFailure != .error {
                add(nil, declaration, &instances)
                continue
            }
            do {
                try await build(declaration, into: &instances)
            } catch {
                try handle(error, of: declaration, &instances)
            }
        }
        return instances
    }

    func build(_ declaration: InstanceDeclaration, into instances: inout Instances) async throws(PluginError) {
        let plugin = try await make(declaration)
        switch plugin {
        case let provider as any Provider: add(provider, declaration, &instances)
        case let model as any Model:
            instances.models[declaration.id] = model
            instances.order.append(.init(kind: .model, id: declaration.id, stop: { await model.stop() }))
        case let sink as any Sink:
            instances.sinks[declaration.id] = SerialSink(sink)
            if await sink.isEmpty { instances.emptySinks.insert(declaration.id) }
            instances.order.append(.init(kind: .sink, id: declaration.id, stop: { await sink.stop() }))
        case nil, .some: break
        }
        board.set(declaration.component, declaration.id, .ok)
    }

    /// Builds on threads of its own: the code of a plugin may take long to begin.
    private func make(_ declaration: InstanceDeclaration) async throws(PluginError) -> (any Plugin)? {
        let context = context
        let made = await LongWork.run(until: isStopping, grace: .seconds(1)) {
            await Result { () async throws(PluginError) in try await Self.make(declaration, context) }
        }
        guard let made else { throw PluginError(.cancelled, "\(declaration.name): the host is stopping.") }
        return try made.get()
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
    ///
    /// What may pass by itself keeps no provider from starting: its pipelines try again.
    private func handle(
        _ error: PluginError, of declaration: InstanceDeclaration, _ instances: inout Instances
    ) throws(PluginError) {
        if declaration.kind == .provider, error.isTransient { return add(nil, declaration, &instances) }
        board.set(declaration.component, declaration.id, .failed, error.message)
        let isMissingLibrary = declaration.kind == .model && error.code == .environment
        guard isMissingLibrary || declaration.onFailure != .error else { throw error }
        warn(error.message)
        if declaration.onFailure == .retry, declaration.kind == .sink { postpone(declaration, &instances) }
    }

    /// Adds the place of a provider, with the instance where it was built.
    private func add(_ built: (any Provider)?, _ declaration: InstanceDeclaration, _ instances: inout Instances) {
        let builder = self
        let slot = ProviderSlot(declaration.id, board: shown, built: built) { () async throws(PluginError) in
            guard let made = try await builder.make(declaration) as? any Provider else { throw Self.noInstance }
            return made
        }
        instances.providers[declaration.id] = slot
        instances.order.append(.init(kind: .provider, id: declaration.id, stop: { await slot.stop() }))
    }

    /// Puts a stand-in where the sink would be; it builds the sink when that becomes possible.
    private func postpone(_ declaration: InstanceDeclaration, _ instances: inout Instances) {
        board.set(.sink, declaration.id, .starting, "waits for another try")
        let builder = self
        let sink = DeferredSink(
            PluginSlot(
                make: { () async throws(PluginError) in
                    guard let sink = try await builder.make(declaration) as? any Sink else { throw Self.noInstance }
                    return sink
                }, giveBack: { await $0.stop() }))
        instances.sinks[declaration.id] = SerialSink(sink)
        instances.order.append(.init(kind: .sink, id: declaration.id, stop: { await sink.stop() }))
    }

    private static let noInstance = PluginError(.unsupported, "host: the plugin is of another kind than it says.")
}
