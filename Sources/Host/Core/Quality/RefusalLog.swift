import PluginKit

/// Describes what a partition refuses, for quarantine and alerts; bounded, however much is refused.
///
/// Of each instrument and reason the first thousand rows are described; the others are counted only.
struct RefusalLog: Sendable {
    private struct Kind: Hashable {
        let instrument: InstrumentID?
        let reason: String
    }

    /// Rows of an instrument and reason that are described.
    static let limit = 1_000
    /// Kinds that are told apart.
    private static let kindLimit = 100_000
    /// Most characters of what the row looked like.
    private static let rawLimit = 2_000

    private let pipeline: String
    /// Where the delivery comes from that is looked at.
    private(set) var provenance: Provenance
    private let instruments: any InstrumentDirectory
    private var counts: [Kind: Int] = [:]
    /// The rows since `begin`.
    private(set) var rows: [QuarantinedRow] = []
    /// How many rows since `begin` were counted only.
    private(set) var omitted = 0

    init(pipeline: String, provenance: Provenance, instruments: any InstrumentDirectory) {
        self.pipeline = pipeline
        self.provenance = provenance
        self.instruments = instruments
    }

    /// Forgets the rows of the delivery before; of one that has no other provenance, it is that of the one before.
    mutating func begin(_ provenance: Provenance? = nil) {
        self.provenance = provenance ?? self.provenance
        rows.removeAll(keepingCapacity: rows.count <= 4_096)
        omitted = 0
    }

    /// Adds a row that could not be read.
    mutating func add(_ defect: Defect) {
        guard isKept(defect.instrument, defect.reason) else { return }
        rows.append(
            QuarantinedRow(
                pipeline: pipeline, provenance: provenance,
                instrument: defect.instrument.map { instruments.instrument($0).description }, time: nil,
                place: PluginError.shown(defect.place), reason: PluginError.shown(defect.reason, limit: 64),
                message: PluginError.shown(defect.message, limit: Self.rawLimit),
                raw: String(defect.raw.prefix(Self.rawLimit))))
    }

    /// Adds an event that could not be true.
    mutating func add(_ refusal: QualityRefusal<some CheckedEvent>) {
        let event = refusal.event
        guard isKept(event.instrument, refusal.reason.rawValue) else { return }
        let name = instruments.instrument(event.instrument).description
        rows.append(
            QuarantinedRow(
                pipeline: pipeline, provenance: provenance, instrument: name, time: event.time, place: "",
                reason: refusal.reason.rawValue, message: "\(name): \(refusal.message)",
                raw: String(event.text.prefix(Self.rawLimit))))
    }

    /// The alert about a step of an instrument's level.
    func alert(_ level: PriceLevel) -> Alert {
        Alert(
            time: level.time, rule: level.rule, severity: level.isOdd ? .warning : .info, instrument: level.instrument,
            message: level.message(instruments.instrument(level.instrument).description))
    }

    private mutating func isKept(_ instrument: InstrumentID?, _ reason: String) -> Bool {
        let kind = Kind(instrument: instrument, reason: String(reason.prefix(64)))
        let count = counts[kind] ?? (counts.count < Self.kindLimit ? 0 : Self.limit)
        guard count < Self.limit else {
            omitted += 1
            return false
        }
        counts[kind] = count + 1
        return true
    }
}
