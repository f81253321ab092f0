import PluginKit

/// Turns refused bars and unreadable rows into quarantine rows.
struct RefusalDescriber: Sendable {
    let pipeline: String
    let source: String
    let instruments: any InstrumentDirectory

    func row(_ defect: Defect) -> QuarantinedRow {
        QuarantinedRow(
            pipeline: pipeline, source: source,
            instrument: defect.instrument.map { instruments.instrument($0).description }, time: nil,
            place: defect.place, reason: defect.reason, message: defect.message, raw: defect.raw)
    }

    func row(_ bar: Bar, _ reason: QualityReason) -> QuarantinedRow {
        let name = instruments.instrument(bar.instrument).description
        return QuarantinedRow(
            pipeline: pipeline, source: source, instrument: name, time: bar.time, place: "", reason: reason.rawValue,
            message: "\(name): \(reason.message(bar))",
            raw: "time=\(bar.time) open=\(bar.open) high=\(bar.high) low=\(bar.low) close=\(bar.close) "
                + "volume=\(bar.volume) amount=\(bar.amount)")
    }
}
