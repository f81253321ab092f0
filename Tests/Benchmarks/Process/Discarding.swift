import HostCore
import PluginKit

/// Stores that forget: the measured path ends at the sink.
private struct Discard: BarStore, QuarantineStore, WatermarkStore {
    func store(_ bars: [Bar], source: String, timeframe: Timeframe) async throws(PluginError) {}
    func bars(
        of instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>, limit: Int
    ) async throws(PluginError) -> [StoredBar] { [] }
    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {}
    func instruments(pipeline: String) async throws(PluginError) -> Set<String> { [] }
    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] { [] }
    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: Int64] { [:] }
    func advance(_ marks: [WatermarkKey: [Instrument: Int64]]) async throws(PluginError) {}
}

extension PipelineServices {
    /// Services that keep nothing.
    static func discarding() -> PipelineServices {
        let nothing = Discard()
        return PipelineServices(
            bars: nothing, quarantine: nothing, watermarks: nothing, latest: LatestValues(),
            board: InstanceBoard(now: { 0 }), wallTime: { 4_000_000_000_000_000_000 })
    }
}
