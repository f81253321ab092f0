import CivilTime
public import PluginKit

/// A batch of records as a table: column names, and the fields of each row. For CSV files and terminals.
///
/// The columns begin with `time, instrument, timeframe` and end with `pipeline, source, sequence`. A feature or a
/// further output of a model that is called like a fixed column gets `features.` or `outputs.` before its name.
public struct RecordColumns {
    /// One value of a row.
    public enum Field: Sendable, Hashable {
        /// Text as it is.
        case text(String)
        /// A number; NaN and the infinities are shown as nothing.
        case number(Double)
        /// A whole number.
        case count(UInt64)
        /// An instant, nanoseconds since the Unix epoch, UTC.
        case time(Int64)

        /// The value as text.
        public var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): number.isFinite ? number.description : ""
            case .count(let count): String(count)
            case .time(let time): ISO8601.format(time)
            }
        }
    }

    /// Column names, in order.
    public let names: [String]
    private let batch: RecordBatch
    private let instruments: any InstrumentDirectory

    /// Prepares a batch.
    public init(_ batch: RecordBatch, instruments: any InstrumentDirectory) {
        self.batch = batch
        self.instruments = instruments
        names = Self.first + Self.own(of: batch) + Self.last
    }

    /// Returns the fields of a row, one for each name.
    public func fields(_ row: Int) -> [Field] {
        var fields: [Field] = []
        fields.reserveCapacity(names.count)
        fields.append(.time(batch.time(at: row)))
        fields.append(.text(batch.instrument(at: row).map { instruments.instrument($0).description } ?? ""))
        fields.append(.text(batch.timeframe.description))
        appendOwn(row, to: &fields)
        fields.append(.text(batch.pipeline))
        fields.append(.text(batch.source))
        fields.append(.count(batch.sequence))
        return fields
    }

    private static let first = ["time", "instrument", "timeframe"]
    private static let last = ["pipeline", "source", "sequence"]
    private static let ofBars = ["open", "high", "low", "close", "volume", "amount", "flags"]
    private static let ofPredictions = ["model", "target", "value", "price", "flags"]

    private static func own(of batch: RecordBatch) -> [String] {
        switch batch.content {
        case .bars: ofBars
        case .features(let features): distinct(features.schema.names, from: ["flags"], prefix: "features.") + ["flags"]
        case .predictions(let predictions):
            ofPredictions
                + distinct(predictions.outputs.dropFirst().map(\.name), from: ofPredictions, prefix: "outputs.")
        case .alerts: ["rule", "severity", "message"]
        case .status: ["component", "state", "message"]
        }
    }

    private static func distinct(_ names: [String], from fixed: [String], prefix: String) -> [String] {
        names.map { (first + fixed + last).contains($0) ? prefix + $0 : $0 }
    }

    private func appendOwn(_ row: Int, to fields: inout [Field]) {
        switch batch.content {
        case .bars(let bars):
            let bar = bars[row]
            for number in [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount] {
                fields.append(.number(number))
            }
            fields.append(flags(bar.flags))
        case .features(let features):
            let width = features.schema.names.count
            for number in features.values[row * width..<(row + 1) * width] { fields.append(.number(number)) }
            fields.append(flags(features.rows[row].flags))
        case .predictions(let predictions): appendPrediction(predictions, row, to: &fields)
        case .alerts(let alerts):
            fields += [.text(alerts[row].rule), .text(alerts[row].severity.rawValue), .text(alerts[row].message)]
        case .status(let status):
            fields += [.text(status[row].component), .text(status[row].state), .text(status[row].message)]
        }
    }

    private func appendPrediction(_ predictions: PredictionBatch, _ row: Int, to fields: inout [Field]) {
        let prediction = predictions.rows[row]
        fields += [
            .text(predictions.model), .text(predictions.target), .number(prediction.value), .number(prediction.price),
            flags(prediction.flags),
        ]
        let width = predictions.outputs.count
        guard width > 1 else { return }
        for number in predictions.values[row * width + 1..<(row + 1) * width] { fields.append(.number(number)) }
    }

    private func flags(_ flags: EventFlags) -> Field { .text(flags.names.joined(separator: " ")) }
}
