import CivilTime
import HostCore
import HostManifest
import PluginKit

extension InstanceDeclaration {
    /// What it is on the board.
    var component: ComponentKind { ComponentKind(kind) }
}

/// Builds and probes the instances that the pipelines name, side by side, under each one's start policy.
struct InstanceBuilder: Sendable {
    let manifest: Manifest
    /// Where what is built shows itself.
    let board: InstanceBoard
    /// Where providers show how they stand once pipelines use them.
    let shown: InstanceBoard
    let isStopping: StopSignal
    /// Whether the host ends with the data: nothing that it may start without is tried again.
    let isOnce: Bool
    /// The kinds that are left out.
    var absent: Set<PluginKind> = []
    /// Where the requests of providers with a daily limit are counted.
    let counts: any RequestCounts
    let context: @Sendable (InstanceDeclaration) throws(PluginError) -> PluginContext
    let warn: @Sendable (String) -> Void

    /// Registers every instance, builds the needed ones; throws the fault of one whose policy is `error`.
    ///
    /// A provider that the host may start without is built by its pipelines: it keeps nothing else waiting.
    func build() async throws(PluginError) -> Instances {
        let needed = manifest.neededInstances
        for declaration in manifest.instances {
            board.register(
                declaration.component, declaration.id, plugin: declaration.descriptor.name,
                state: needed.contains(declaration.name) ? .starting : .disabled)
        }
        let declarations = manifest.instances.filter { needed.contains($0.name) && !absent.contains($0.kind) }
        let outcomes = try await outcomes(of: declarations.filter { !Self.isLeftToPipelines($0) })
        var instances = Instances()
        for declaration in declarations {
            switch outcomes[declaration.name] {
            case nil: add(nil, declaration, &instances)
            case .success(let built)?: await add(built, declaration, &instances)
            case .failure(let fault)?: goOnWithout(declaration, fault, &instances)
            }
        }
        return instances
    }

    /// Builds one instance, whatever its policy says.
    func build(_ declaration: InstanceDeclaration, into instances: inout Instances) async throws(PluginError) {
        await add(try await make(declaration), declaration, &instances)
        board.set(declaration.component, declaration.id, .ok)
    }

    private static func isLeftToPipelines(_ declaration: InstanceDeclaration) -> Bool {
        declaration.kind == .provider && declaration.onFailure != .error
    }

    /// Builds all at once; throws the first fault without which the host does not start, and gives the others back then.
    private func outcomes(
        of declarations: [InstanceDeclaration]
    ) async throws(PluginError) -> [String: Result<BuiltInstance, PluginError>] {
        var (outcomes, fatal): ([String: Result<BuiltInstance, PluginError>], PluginError?) = ([:], nil)
        await withTaskGroup(of: (InstanceDeclaration, Result<BuiltInstance, PluginError>).self) { group in
            for declaration in declarations {
                group.addTask { (declaration, await outcome(of: declaration)) }
            }
            for await (declaration, outcome) in group {
                outcomes[declaration.name] = outcome
                guard fatal == nil, case .failure(let fault) = outcome, mustWork(declaration, fault) else { continue }
                board.set(declaration.component, declaration.id, .failed, fault.message)
                fatal = fault
                group.cancelAll()
            }
        }
        guard let fatal else { return outcomes }
        for case .success(let built) in outcomes.values { await Self.giveBack(built) }
        throw fatal
    }

    private func outcome(of declaration: InstanceDeclaration) async -> Result<BuiltInstance, PluginError> {
        if declaration.onFailure == .retry, let standIn = await patient(declaration) { return .success(standIn) }
        do throws(PluginError) {
            let built = try await make(declaration)
            board.set(declaration.component, declaration.id, .ok)
            return .success(built)
        } catch {
            let mayPass = declaration.onFailure == .ignore && !isOnce && error.isTransient
            if mayPass, let standIn = await patient(declaration, after: error) { return .success(standIn) }
            return .failure(error)
        }
    }

    /// Whether the host does not start with a fault: a model whose library is missing is left out whatever its policy says,
    /// and what may pass by itself keeps no provider from starting.
    private func mustWork(_ declaration: InstanceDeclaration, _ fault: PluginError) -> Bool {
        switch declaration.kind {
        case .provider where fault.isTransient: false
        case .model where fault.code == .environment: false
        default: declaration.onFailure == .error
        }
    }

    private func goOnWithout(_ declaration: InstanceDeclaration, _ fault: PluginError, _ instances: inout Instances) {
        if declaration.kind == .provider {
            // Its pipelines try again.
            board.set(.provider, declaration.id, .degraded, fault.message)
            return add(nil, declaration, &instances)
        }
        board.set(declaration.component, declaration.id, .failed, fault.message)
        warn(fault.message)
        guard declaration.kind == .indicator else { return }
        // Its columns stay, empty: models that see them say so.
        instances.indicators[declaration.id] = declaration.descriptor.reads.type.late(nil)
    }

    private func add(_ built: BuiltInstance, _ declaration: InstanceDeclaration, _ instances: inout Instances) async {
        let id = declaration.id
        switch built {
        case .provider(let provider): add(provider, declaration, &instances)
        case .indicator(let indicator): instances.indicators[id] = indicator
        case .model(let model):
            instances.models[id] = model
            instances.order.append(.init(kind: .model, id: id, stop: { await model.stop() }))
        case .sink(let sink):
            instances.sinks[id] = SerialSink(sink)
            if await sink.isEmpty { instances.emptySinks.insert(id) }
            instances.order.append(.init(kind: .sink, id: id, stop: { await sink.stop() }))
        }
    }

    /// Adds the place of a provider, with the instance where it was built.
    private func add(_ built: (any Provider)?, _ declaration: InstanceDeclaration, _ instances: inout Instances) {
        let builder = self
        let slot = ProviderSlot(declaration.id, board: shown, built: built, gate: manifest.gate(declaration.id, counts))
        {
            () async throws(PluginError) in
            guard case .provider(let made) = try await builder.make(declaration) else { throw Self.noInstance }
            return made
        }
        instances.providers[declaration.id] = slot
        instances.order.append(.init(kind: .provider, id: declaration.id, stop: { await slot.stop() }))
    }

    // MARK: Making

    /// Builds on a thread of its own: the code of a plugin may take long to begin, and keeps no other waiting.
    func make(_ declaration: InstanceDeclaration) async throws(PluginError) -> BuiltInstance {
        let context = context
        let isDone = StopSignal()
        // Unstructured on purpose: it only looks whether the work has ended, which ends it.
        Task { await tellLate(declaration, isDone) }
        let made = await LongWork.run(until: isStopping, grace: .seconds(1)) {
            await Result { () async throws(PluginError) in try await Self.make(declaration, context) }
        }
        isDone.fire()
        guard let made else { throw PluginError(.cancelled, "\(declaration.name): the host is stopping.") }
        return try made.get()
    }

    /// Shows an instance whose start has not ended after a while; whoever started it shows how it ends.
    private func tellLate(_ declaration: InstanceDeclaration, _ isDone: StopSignal) async {
        let (kind, id) = (declaration.component, declaration.id)
        guard await !isDone.wait(atMost: Self.usualStart, clock: ContinuousClock()), !isStopping.isFired,
            board.status(kind, id)?.state == .starting
        else { return }
        board.set(
            kind, id, .degraded,
            "\(declaration.name): its start has not ended after \(Self.usualStart.inWords); it is waited for. Look at what it connects "
                + "to, or `penstock plugins disable` it.")
    }

    /// How long it usually takes to make and probe an instance, at most.
    private static let usualStart = Duration.seconds(5)

    /// Builds and probes an instance.
    static func make(
        _ declaration: InstanceDeclaration, _ context: (InstanceDeclaration) throws(PluginError) -> PluginContext
    ) async throws(PluginError) -> BuiltInstance {
        let made: BuiltInstance
        let options = declaration.configuration
        switch declaration.plugin.maker {
        case .indicator(let make):
            made = .indicator(try make(options))
            try declaration.checkColumns()
        case .provider(let make):
            let context = try context(declaration)
            made = .provider(declaration.renaming(try make(options, context), context))
        case .model(let make): made = .model(try make(options, try context(declaration)))
        case .sink(let make): made = .sink(try make(options, try context(declaration)))
        }
        do {
            try await made.probe()
            return made
        } catch {
            // Nobody else knows of it yet.
            await giveBack(made)
            throw error
        }
    }

    static func giveBack(_ built: BuiltInstance) async {
        _ = await Instances.finishes(within: .seconds(1), clock: ContinuousClock()) { await built.stop() }
    }

    static let noInstance = PluginError(.unsupported, "host: the plugin is of another kind than it says.")
}

extension Manifest {
    /// Makes the gate of a provider, with its `limits`.
    func gate(_ id: String, _ counts: (any RequestCounts)?) -> ProviderGate {
        let limits = providers.first { $0.instance.id == id }?.limits
        return ProviderGate(
            id,
            limits: RequestLimits(
                perSecond: limits?.perSecond, perMinute: limits?.perMinute, perDay: limits?.perDay),
            counts: counts, wallTime: { WallClock.now() })
    }
}

extension InstanceDeclaration {
    /// Throws where an indicator gives other columns than were laid out for it, as it did not say them in time.
    fileprivate func checkColumns() throws(PluginError) {
        let (laid, given) = (outputs.map(\.name), plugin.outputs(configuration).map(\.name))
        guard laid != given else { return }
        throw PluginError(
            .configuration,
            "\(name): its options give the columns \(given.prefix(8).joined(separator: ", ")); it had not said so when the "
                + "manifest was read, and \(laid.prefix(8).joined(separator: ", ")) was laid out. `penstock reload` lays out what it gives."
        )
    }

    /// Puts the names that the manifest tells before a provider; without any it stays as it is.
    fileprivate func renaming(_ provider: any Provider, _ context: PluginContext) -> any Provider {
        guard !renames.isEmpty, let table = context.instruments as? InstrumentTable else { return provider }
        var names: [Instrument: DatedNames] = [:]
        for (own, earlier) in renames {
            names[own] = DatedNames(own, earlier: earlier.names.map { ($0.instrument, $0.until) })
        }
        return RenamingProvider(
            provider, names: names, isReplay: descriptor.provider?.isReplay ?? false,
            number: { table.intern($0) },
            tell: { context.log(.warning, "a renamed instrument needs a look", ["remark": $0]) })
    }
}
