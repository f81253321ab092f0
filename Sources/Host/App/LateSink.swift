import HostCore
import PluginKit

/// A sink that may not be there yet: each write tries again, records wait in its queue meanwhile.
struct LateSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "late", summary: "Stands in for a sink that is not there yet.",
        schema: ConfigurationSchema([]))
    private let slot: PluginSlot<BuiltInstance>

    init(_ slot: PluginSlot<BuiltInstance>) { self.slot = slot }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/late: the host makes it itself; no manifest can name it.")
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard case .sink(let sink) = try await slot.arrived() else { throw InstanceBuilder.noInstance }
        return try await sink.write(batch)
    }

    func flush() async throws(PluginError) {
        if case .sink(let sink)? = slot.value { try await sink.flush() }
    }

    var isEmpty: Bool {
        get async {
            guard case .sink(let sink)? = slot.value else { return false }
            return await sink.isEmpty
        }
    }

    func stop() async { await slot.end() }
}

extension PluginSlot {
    /// The instance, building it if it is not there; whatever keeps it from that may pass.
    func arrived() async throws(PluginError) -> Built {
        do {
            return try await get().value
        } catch {
            throw PluginError(.transient, error.message, cause: error)
        }
    }
}
