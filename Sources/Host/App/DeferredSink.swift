import HostCore
import PluginKit

/// A sink that could not be built at the start: each write tries again, records wait in its queue meanwhile.
struct DeferredSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "deferred", summary: "Stands in for a sink that is not there yet.",
        schema: ConfigurationSchema([]))
    let slot: PluginSlot<any Sink>

    init(_ slot: PluginSlot<any Sink>) { self.slot = slot }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/deferred: the host makes it itself; no manifest can name it.")
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        do {
            return try await slot.get().value.write(batch)
        } catch {
            guard slot.value == nil else { throw error }
            throw PluginError(.transient, error.message, cause: error)
        }
    }

    func flush() async throws(PluginError) { try await slot.value?.flush() }

    var isEmpty: Bool { get async { await slot.value?.isEmpty ?? false } }

    func stop() async { await slot.end() }
}
