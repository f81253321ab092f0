import CivilTime
public import PluginKit

/// Writes records as JSON, one object a row.
///
/// Every object begins `{"kind", "pipeline", "source", "instrument", "time", "timeframe", "sequence"}`; the kind's own
/// fields follow:
///
/// | kind | fields |
/// |---|---|
/// | `bars` | `open`, `high`, `low`, `close`, `volume`, `amount`, `flags` |
/// | `features` | `features` (an object: name to value), `flags` |
/// | `predictions` | `model`, `target`, `value`, `price`, `flags`; `outputs` where the model gives more columns |
/// | `alerts` | `rule`, `severity`, `message` |
/// | `status` | `component`, `state`, `message` |
///
/// Times are UTC (`2013-03-01T21:00:00Z`), numbers the shortest that read back the same, `null` where there is none.
public struct RecordJSON {
    private let instruments: any InstrumentDirectory
    private var names: [InstrumentID: [UInt8]] = [:]

    /// Creates a writer; it remembers the names it looked up.
    public init(instruments: any InstrumentDirectory) { self.instruments = instruments }

    /// Hands over each row's object in order, without a line end; the buffer is used again for the next row.
    public mutating func forEachRow(of batch: RecordBatch, _ body: (_ row: Int, _ object: [UInt8]) -> Void) {
        let head = Self.head(of: batch)
        let tail = Self.tail(of: batch)
        let keys = Self.keys(of: batch)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        for row in 0..<batch.count {
            bytes.removeAll(keepingCapacity: true)
            bytes.append(contentsOf: head)
            appendName(of: batch.instrument(at: row), to: &bytes)
            bytes.append(contentsOf: ",\"time\":\"".utf8)
            ISO8601.append(batch.time(at: row), to: &bytes)
            bytes.append(contentsOf: tail)
            Self.appendFields(of: batch, row: row, keys: keys, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
            body(row, bytes)
        }
    }

    private mutating func appendName(of id: InstrumentID?, to bytes: inout [UInt8]) {
        guard let id else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if let known = names[id] {
            bytes.append(contentsOf: known)
            return
        }
        var name: [UInt8] = []
        JSONText.append(instruments.instrument(id).description, to: &name)
        names[id] = name
        bytes.append(contentsOf: name)
    }

    private static func head(of batch: RecordBatch) -> [UInt8] {
        var bytes = Array("{\"kind\":\"\(batch.kind.rawValue)\",\"pipeline\":".utf8)
        JSONText.append(batch.pipeline, to: &bytes)
        bytes.append(contentsOf: ",\"source\":".utf8)
        JSONText.append(batch.source, to: &bytes)
        bytes.append(contentsOf: ",\"instrument\":".utf8)
        return bytes
    }

    /// Everything between the time and a row's own fields: the same for the whole batch.
    private static func tail(of batch: RecordBatch) -> [UInt8] {
        var bytes = Array("\",\"timeframe\":\"\(batch.timeframe)\",\"sequence\":\(batch.sequence)".utf8)
        if case .predictions(let predictions) = batch.content {
            bytes.append(contentsOf: ",\"model\":".utf8)
            JSONText.append(predictions.model, to: &bytes)
            bytes.append(contentsOf: ",\"target\":".utf8)
            JSONText.append(predictions.target, to: &bytes)
        }
        return bytes
    }

    private static func keys(of batch: RecordBatch) -> [[UInt8]] {
        switch batch.content {
        case .features(let features): features.schema.names.map(JSONText.key)
        case .predictions(let predictions): predictions.outputs.dropFirst().map { JSONText.key($0.name) }
        case .bars, .alerts, .status: []
        }
    }

    private static func appendFields(of batch: RecordBatch, row: Int, keys: [[UInt8]], to bytes: inout [UInt8]) {
        switch batch.content {
        case .bars(let bars): append(bars[row], to: &bytes)
        case .features(let features):
            bytes.append(contentsOf: ",\"features\":".utf8)
            let values = features.values[row * keys.count..<(row + 1) * keys.count]
            JSONText.append(keys: keys, values: values, to: &bytes)
            append(features.rows[row].flags, to: &bytes)
        case .predictions(let predictions): append(predictions, row: row, keys: keys, to: &bytes)
        case .alerts(let alerts):
            append("rule", alerts[row].rule, to: &bytes)
            append("severity", alerts[row].severity.rawValue, to: &bytes)
            append("message", alerts[row].message, to: &bytes)
        case .status(let status):
            append("component", status[row].component, to: &bytes)
            append("state", status[row].state, to: &bytes)
            append("message", status[row].message, to: &bytes)
        }
    }

    private static func append(_ bar: Bar, to bytes: inout [UInt8]) {
        append("open", bar.open, to: &bytes)
        append("high", bar.high, to: &bytes)
        append("low", bar.low, to: &bytes)
        append("close", bar.close, to: &bytes)
        append("volume", bar.volume, to: &bytes)
        append("amount", bar.amount, to: &bytes)
        append(bar.flags, to: &bytes)
    }

    private static func append(
        _ predictions: PredictionBatch, row: Int, keys: [[UInt8]], to bytes: inout [UInt8]
    ) {
        append("value", predictions.rows[row].value, to: &bytes)
        append("price", predictions.rows[row].price, to: &bytes)
        append(predictions.rows[row].flags, to: &bytes)
        guard !keys.isEmpty else { return }
        let width = predictions.outputs.count
        bytes.append(contentsOf: ",\"outputs\":".utf8)
        let values = predictions.values[row * width + 1..<(row + 1) * width]
        JSONText.append(keys: keys, values: values, to: &bytes)
    }

    private static func append(_ name: StaticString, _ value: Double, to bytes: inout [UInt8]) {
        appendKey(name, to: &bytes)
        JSONText.append(value, to: &bytes)
    }

    private static func append(_ name: StaticString, _ value: String, to bytes: inout [UInt8]) {
        appendKey(name, to: &bytes)
        JSONText.append(value, to: &bytes)
    }

    private static func append(_ flags: EventFlags, to bytes: inout [UInt8]) {
        appendKey("flags", to: &bytes)
        JSONText.append(flags.names, to: &bytes)
    }

    private static func appendKey(_ name: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: ",\"".utf8)
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\":".utf8)
    }
}
