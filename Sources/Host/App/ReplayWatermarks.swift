import HostCore
import PluginKit

/// Watermarks of a replay: everything before its first event time only warms up, and nothing is remembered.
struct ReplayWatermarks: WatermarkStore {
    let instruments: [Instrument]
    let from: Int64

    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark] {
        guard from > .min else { return [:] }
        return Dictionary(instruments.map { ($0, EventMark(time: from - 1)) }, uniquingKeysWith: { first, _ in first })
    }

    func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError) {}
}
