import CivilTime
public import PluginKit

/// What a person is told of one record: an alert, or a part of the host that changed its state.
public struct Notice: Sendable, Hashable {
    /// `alerts` or `status`.
    public let kind: String
    /// When it happened, UTC, ISO 8601.
    public let time: String
    /// The rule, or the part of the host.
    public let name: String
    /// How bad it is, or the new state.
    public let level: String
    /// The instrument; empty where it is about none.
    public let instrument: String
    /// What happened.
    public let message: String

    /// Creates a notice.
    public init(kind: String, time: String, name: String, level: String, instrument: String, message: String) {
        self.kind = kind
        self.time = time
        self.name = name
        self.level = level
        self.instrument = instrument
        self.message = message
    }

    /// `WARNING gross_exposure 600519.SH`: one line, without what would steer a terminal or begin another header.
    public var title: String {
        let parts = [level.uppercased(), name, instrument].filter { !$0.isEmpty }
        return PluginError.shown(parts.joined(separator: " "))
    }

    /// The whole in one line.
    public var text: String { "\(title): \(PluginError.shown(message, limit: 1_500)) (\(time))" }

    /// Returns a notice for each row of alerts or states; none for other kinds.
    public static func all(of batch: RecordBatch, _ instruments: any InstrumentDirectory) -> [Notice] {
        switch batch.content {
        case .alerts(let rows):
            rows.map { row in
                Notice(
                    kind: batch.kind.rawValue, time: ISO8601.format(row.time), name: row.rule,
                    level: row.severity.rawValue,
                    instrument: row.instrument.map { instruments.instrument($0).description } ?? "",
                    message: row.message)
            }
        case .status(let rows):
            rows.map { row in
                Notice(
                    kind: batch.kind.rawValue, time: ISO8601.format(row.time), name: row.component, level: row.state,
                    instrument: "", message: row.message)
            }
        default: []
        }
    }
}
