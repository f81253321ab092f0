import HostCore
import HostManifest
import PluginKit

/// Instances that are tried again: something stands in for each until it could be built.
///
/// Those under `on_failure: retry`, and under `ignore` those whose fault may pass.
extension InstanceBuilder {
    /// How long a start waits for an instance that it may start without.
    private static let patience = Duration.seconds(2)

    /// Builds an instance without waiting for long; `nil` for a provider, whose pipelines do that.
    ///
    /// - Parameter fault: what the first try ended with, where there was one.
    func patient(_ declaration: InstanceDeclaration, after fault: PluginError? = nil) async -> BuiltInstance? {
        let builder = self
        let slot = PluginSlot<BuiltInstance>(
            make: { () async throws(PluginError) in
                let built = try await builder.make(declaration)
                builder.board.set(declaration.component, declaration.id, .ok)
                return built
            }, giveBack: { await $0.stop() })
        let standIn: BuiltInstance
        switch declaration.kind {
        case .provider: return nil
        case .indicator: standIn = .indicator(declaration.descriptor.reads.type.late(slot))
        case .model: standIn = .model(LateModel(slot))
        case .sink: standIn = .sink(LateSink(slot))
        }
        let isTried = StopSignal()
        // Unstructured on purpose: it goes on when it is no longer waited for; the end of the slot or of the host ends it.
        Task { await build(slot, declaration, after: fault, isTried) }
        _ = await isTried.wait(atMost: Self.patience, clock: ContinuousClock())
        return standIn
    }

    /// Builds until it works, with longer and longer waits; throws the signal after the first try.
    private func build(
        _ slot: PluginSlot<BuiltInstance>, _ declaration: InstanceDeclaration, after first: PluginError?,
        _ isTried: StopSignal
    ) async {
        var recovery = StreamRecovery(StreamPolicy(isOnce: false, keepsTrying: true))
        var fault = first
        defer { isTried.fire() }
        while !isStopping.isFired {
            if let fault {
                guard fault.code != .cancelled, case .again(let wait) = recovery.failed(fault) else { return }
                board.set(declaration.component, declaration.id, .degraded, fault.message)
                isTried.fire()
                if await isStopping.wait(atMost: wait, clock: ContinuousClock()) { return }
            }
            do throws(PluginError) {
                _ = try await slot.get()
                return
            } catch { fault = error }
        }
    }
}

extension PluginSlot {
    /// Why there is no instance: what the last build ended with; it may pass.
    var absence: PluginError {
        guard let fault else { return PluginError(.transient, "It is not there yet.") }
        return PluginError(.transient, fault.message, cause: fault)
    }
}
