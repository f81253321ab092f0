import PluginKit

/// Items of a lane as bytes, for the time they wait on disk: written and read by the same process.
enum RecordCodec {
    /// Returns an item as bytes.
    static func bytes(of item: SinkItem) -> [UInt8] {
        var out = ByteWriter()
        out.write(item.sequence)
        out.write(item.partition)
        out.write(item.isLast ? 1 : 0)
        out.write(item.batches) { out, batch in write(batch, to: &out) }
        return out.bytes
    }

    /// Reads an item back; throws `.corrupted` where the bytes are not what was written.
    static func item(_ bytes: [UInt8]) throws(PluginError) -> SinkItem {
        var input = ByteReader(bytes)
        let (sequence, partition) = (try input.word(), try input.integer())
        let isLast = try input.integer() == 1
        let batches = try input.list { input throws(PluginError) in try batch(&input) }
        return SinkItem(sequence: sequence, partition: partition, batches: batches, isLast: isLast)
    }

    // MARK: Batches

    private static func write(_ batch: RecordBatch, to out: inout ByteWriter) {
        out.write(batch.kind.rawValue)
        out.write(batch.pipeline)
        out.write(batch.source)
        out.write(batch.timeframe.description)
        out.write(batch.sequence)
        switch batch.content {
        case .bars(let bars): out.write(bars, write)
        case .features(let features):
            out.write(features.schema.names) { $0.write($1) }
            out.write(features.rows, write)
            out.write(features.values) { $0.write($1) }
        case .predictions(let predictions):
            out.write(predictions.model)
            out.write(predictions.target)
            out.write(predictions.outputs) { out, column in
                for text in [column.name, column.unit, column.summary] { out.write(text) }
            }
            out.write(predictions.rows, write)
            out.write(predictions.values) { $0.write($1) }
        case .alerts(let alerts): out.write(alerts, write)
        case .status(let status):
            out.write(status) { out, record in
                out.write(record.time)
                for text in [record.component, record.state, record.message] { out.write(text) }
            }
        }
    }

    private static func batch(_ input: inout ByteReader) throws(PluginError) -> RecordBatch {
        let kind = RecordKind(rawValue: try input.text())
        let (pipeline, source) = (try input.text(), try input.text())
        guard let kind, let timeframe = Timeframe(try input.text()) else { throw ByteReader.damaged }
        let sequence = try input.word()
        return RecordBatch(
            pipeline: pipeline, source: source, timeframe: timeframe, sequence: sequence,
            content: try content(kind, &input))
    }

    private static func content(
        _ kind: RecordKind, _ input: inout ByteReader
    ) throws(PluginError) -> RecordBatch.Content {
        switch kind {
        case .bars: return .bars(try input.list(bar))
        case .features:
            let names = try input.list { input throws(PluginError) in try input.text() }
            let rows = try input.list(key)
            let values = try input.list { input throws(PluginError) in try input.number() }
            guard values.count == rows.count * names.count else { throw ByteReader.damaged }
            return .features(FeatureBatch(schema: FeatureSchema(names: names), rows: rows, values: values))
        case .predictions:
            let (model, target) = (try input.text(), try input.text())
            let outputs = try input.list { input throws(PluginError) in
                OutputColumn(try input.text(), unit: try input.text(), try input.text())
            }
            let rows = try input.list(prediction)
            let values = try input.list { input throws(PluginError) in try input.number() }
            guard values.count == rows.count * outputs.count else { throw ByteReader.damaged }
            return .predictions(
                PredictionBatch(model: model, target: target, outputs: outputs, rows: rows, values: values))
        case .alerts: return .alerts(try input.list(alert))
        case .status:
            return .status(
                try input.list { input throws(PluginError) in
                    StatusRecord(
                        time: Int64(try input.integer()), component: try input.text(), state: try input.text(),
                        message: try input.text())
                })
        }
    }

    // MARK: Rows

    private static func write(_ out: inout ByteWriter, _ bar: Bar) {
        out.write(bar.time)
        for number in [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount] { out.write(number) }
        out.write(Int(bar.instrument.rawValue))
        out.write(Int(bar.flags.rawValue))
    }

    private static func bar(_ input: inout ByteReader) throws(PluginError) -> Bar {
        Bar(
            time: Int64(try input.integer()), open: try input.number(), high: try input.number(),
            low: try input.number(), close: try input.number(), volume: try input.number(),
            amount: try input.number(), instrument: try input.instrument(), flags: try input.flags())
    }

    private static func write(_ out: inout ByteWriter, _ row: RowKey) {
        out.write(row.time)
        out.write(row.price)
        out.write(Int(row.instrument.rawValue))
        out.write(Int(row.flags.rawValue))
    }

    private static func key(_ input: inout ByteReader) throws(PluginError) -> RowKey {
        RowKey(
            time: Int64(try input.integer()), price: try input.number(), instrument: try input.instrument(),
            flags: try input.flags())
    }

    private static func write(_ out: inout ByteWriter, _ row: Prediction) {
        out.write(row.time)
        out.write(row.value)
        out.write(row.price)
        out.write(Int(row.instrument.rawValue))
        out.write(Int(row.flags.rawValue))
    }

    private static func prediction(_ input: inout ByteReader) throws(PluginError) -> Prediction {
        Prediction(
            time: Int64(try input.integer()), value: try input.number(), price: try input.number(),
            instrument: try input.instrument(), flags: try input.flags())
    }

    private static func write(_ out: inout ByteWriter, _ alert: Alert) {
        out.write(alert.time)
        for text in [alert.rule, alert.severity.rawValue, alert.message] { out.write(text) }
        out.write(alert.instrument.map { Int($0.rawValue) } ?? -1)
    }

    private static func alert(_ input: inout ByteReader) throws(PluginError) -> Alert {
        let (time, rule) = (Int64(try input.integer()), try input.text())
        let (severity, message) = (Alert.Severity(rawValue: try input.text()), try input.text())
        let number = try input.integer()
        guard let severity else { throw ByteReader.damaged }
        let instrument = number < 0 ? nil : UInt32(exactly: number).map(InstrumentID.init(rawValue:))
        return Alert(time: time, rule: rule, severity: severity, instrument: instrument, message: message)
    }
}
