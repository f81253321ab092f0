import HostCore
import PluginKit
import Synchronization

/// Builds a plugin when it is first needed and again after each failure: the start policy `retry`.
final class DeferredInstance<Built: Sendable>: Sendable {
    private let built = Mutex<Built?>(nil)
    private let make: @Sendable () async throws(PluginError) -> Built

    init(_ make: @escaping @Sendable () async throws(PluginError) -> Built) { self.make = make }

    /// The plugin, where it was built.
    var value: Built? { built.withLock { $0 } }

    /// Returns the plugin, building it if it is not there; throws what building threw.
    func get() async throws(PluginError) -> Built {
        if let value { return value }
        let fresh = try await make()
        return built.withLock { held in
            held = held ?? fresh
            return held ?? fresh
        }
    }
}

/// A sink that could not be built at the start: each write tries again, records wait in its queue meanwhile.
struct DeferredSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "deferred", summary: "Stands in for a sink that is not there yet.",
        schema: ConfigurationSchema([]))
    let instance: DeferredInstance<any Sink>

    init(_ instance: DeferredInstance<any Sink>) { self.instance = instance }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/deferred: the host makes it itself; no manifest can name it.")
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        do {
            return try await instance.get().write(batch)
        } catch {
            guard instance.value == nil else { throw error }
            throw PluginError(.transient, error.message, cause: error)
        }
    }

    func flush() async throws(PluginError) { try await instance.value?.flush() }

    var isEmpty: Bool { get async { await instance.value?.isEmpty ?? false } }

    func stop() async { await instance.value?.stop() }
}

/// A provider that could not be built at the start: its stream tries again until it is there.
struct DeferredProvider: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "deferred", summary: "Stands in for a provider that is not there yet.",
        schema: ConfigurationSchema([]))
    let instance: DeferredInstance<any Provider>
    let clock: any Clock<Duration>
    let report: @Sendable (PluginError?) -> Void

    init(
        _ instance: DeferredInstance<any Provider>, clock: any Clock<Duration>,
        report: @escaping @Sendable (PluginError?) -> Void
    ) {
        self.instance = instance
        self.clock = clock
        self.report = report
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/deferred: the host makes it itself; no manifest can name it.")
    }

    func bars(_ request: BarsRequest) async throws(PluginError) -> Reply<Bar> {
        do {
            return try await instance.get().bars(request)
        } catch {
            guard instance.value == nil else { throw error }
            throw PluginError(.transient, error.message, cause: error)
        }
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        var seconds = 1
        while instance.value == nil {
            do {
                _ = try await instance.get()
            } catch {
                report(error)
                do { try await clock.sleep(for: .seconds(seconds)) } catch {
                    throw PluginError(.cancelled, "provider: the wait for it was ended by a stop.")
                }
                seconds = min(60, seconds * 2)
            }
        }
        report(nil)
        try await instance.get().stream(subscription, into: receiver)
    }

    func acknowledge(_ position: StreamPosition) async { await instance.value?.acknowledge(position) }

    func stop() async { await instance.value?.stop() }
}
