import PluginKit

/// Rows of one instrument, a day apart, whose numbers follow from the day. For measuring only.
struct SampleRows {
    let instrument: InstrumentID

    private static let day: Int64 = 86_400 * 1_000_000_000
    private static let schema = FeatureSchema(names: (0..<20).map { "feature\($0)" })

    func bars(_ days: Range<Int>) -> [Bar] {
        days.map { number in
            let price = 430 + Double(number % 50)
            return Bar(
                time: Int64(number) * Self.day, open: price, high: price + 1.25, low: price - 1, close: price + 0.47,
                volume: 19_730_000, instrument: instrument)
        }
    }

    func batch(_ kind: RecordKind, _ days: Range<Int>, number: UInt64) -> RecordBatch {
        RecordBatch(
            pipeline: "main", source: "history", timeframe: Timeframe(1, .day), sequence: number,
            content: content(kind, bars(days)))
    }

    private func content(_ kind: RecordKind, _ bars: [Bar]) -> RecordBatch.Content {
        switch kind {
        case .features:
            let values = bars.flatMap { _ in Self.schema.names.indices.map { $0 == 0 ? .nan : Double($0) + 0.5 } }
            return .features(FeatureBatch(schema: Self.schema, rows: bars.map { RowKey($0) }, values: values))
        case .predictions:
            let rows = bars.map { Prediction(time: $0.time, value: 0.00123, price: $0.close, instrument: instrument) }
            return .predictions(
                PredictionBatch(
                    model: "next_day", target: "return over 1 bar",
                    outputs: [OutputColumn("value", unit: "", "A column.")], rows: rows, values: rows.map(\.value)))
        default: return .bars(bars)
        }
    }
}
