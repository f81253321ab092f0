import PluginKit

/// Turns refused bars and unreadable rows into quarantine rows, and new price levels into alerts.
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

    /// The alert about a new level of a price.
    func alert(_ level: PriceLevel) -> Alert {
        Alert(
            time: level.first.time, rule: "new_level", severity: .warning, instrument: level.first.instrument,
            message: level.message(instruments.instrument(level.first.instrument).description))
    }

    func row(_ refusal: QualityRefusal) -> QuarantinedRow {
        let bar = refusal.bar
        let name = instruments.instrument(bar.instrument).description
        return QuarantinedRow(
            pipeline: pipeline, source: source, instrument: name, time: bar.time, place: "",
            reason: refusal.reason.rawValue, message: "\(name): \(refusal.message)",
            raw: "time=\(bar.time) open=\(bar.open) high=\(bar.high) low=\(bar.low) close=\(bar.close) "
                + "volume=\(bar.volume) amount=\(bar.amount)")
    }
}
