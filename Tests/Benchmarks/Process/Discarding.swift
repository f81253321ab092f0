import HostCore
import PluginKit

/// Stores that forget: the measured path ends at the sink.
private struct Discard: EventStore, QuarantineStore, WatermarkStore {
    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }
    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] { [] }
    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {}
    func instruments(pipeline: String) async throws(PluginError) -> Set<String> { [] }
    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] { [] }
    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark] { [:] }
    func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError) {}
}

extension PipelineServices {
    /// Services that keep nothing.
    static func discarding() -> PipelineServices {
        let nothing = Discard()
        return PipelineServices(
            events: nothing, quarantine: nothing, watermarks: nothing, latest: LatestValues(),
            board: InstanceBoard(now: { 0 }), wallTime: { 4_000_000_000_000_000_000 })
    }
}
