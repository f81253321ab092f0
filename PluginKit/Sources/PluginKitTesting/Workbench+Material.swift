import PluginKit

// What models and sinks are fed.
extension Workbench {
    /// The instruments the provider has bars of.
    var references: [InstrumentReference] {
        Array(SampleInstruments(sample).references.prefix(sample.instruments.count))
    }

    /// Features of the sample's bars (range, change, volume against the bar before) and the next bar's return.
    func trainingSet(rows: Range<Int>) -> TrainingSet {
        let bars = sample.bars
        var values: [Double] = []
        var labels: [Double] = []
        var times: [Int64] = []
        for row in rows where row + 2 < bars.count {
            let (last, bar, next) = (bars[row], bars[row + 1], bars[row + 2])
            let numbers = [
                (bar.high - bar.low) / bar.close, bar.close / last.close - 1, bar.volume / max(last.volume, 1),
            ]
            let label = next.close / bar.close - 1
            guard (numbers + [label]).allSatisfy(\.isFinite) else { continue }
            values += numbers
            labels.append(label)
            times.append(bar.time)
        }
        return TrainingSet(
            features: ["range", "change", "volume_change"], values: values, labels: labels, times: times,
            instruments: labels.map { _ in InstrumentID(rawValue: 0) })
    }

    /// Bars with a close that tells each from every other: 1000 and its number.
    func markedBars(_ rows: Range<Int>) -> [Bar] {
        rows.map { row in
            let price = 1_000 + Double(row)
            return Bar(
                time: 1_362_171_600_000_000_000 + Int64(row) * 60_000_000_000, open: price, high: price + 0.5,
                low: price - 0.5, close: price, volume: 100, instrument: InstrumentID(rawValue: 0))
        }
    }

    /// A batch of bars as the host would send it.
    func batch(_ bars: [Bar], sequence: UInt64 = 1) -> RecordBatch { batch(.bars(bars), sequence: sequence) }

    /// A batch of any kind.
    func batch(of kind: RecordKind, rows: Range<Int>, sequence: UInt64 = 1) -> RecordBatch {
        let bars = markedBars(rows)
        let content: RecordBatch.Content =
            switch kind {
            case .bars: .bars(bars)
            case .quotes:
                .quotes(
                    bars.map {
                        Quote(
                            time: $0.time, bid: $0.low, ask: $0.high, bidSize: 100, askSize: 200,
                            instrument: $0.instrument)
                    })
            case .trades:
                .trades(
                    bars.map {
                        Trade(time: $0.time, price: $0.close, size: 100, side: .buy, instrument: $0.instrument)
                    })
            case .orderBooks:
                .orderBooks(
                    bars.map {
                        OrderBook(
                            time: $0.time, bids: [.init(price: $0.low, size: 100)],
                            asks: [.init(price: $0.high, size: 200)], instrument: $0.instrument)
                    })
            case .figures:
                .figures(
                    bars.map {
                        Figure(
                            time: $0.time, periodEnd: $0.time, value: $0.close, name: .unnamed,
                            instrument: $0.instrument)
                    })
            case .factors: .factors(bars.map { Factor(time: $0.time, ratio: 2, instrument: $0.instrument) })
            case .features:
                .features(
                    FeatureBatch(
                        schema: FeatureSchema(names: ["rsi14", "macd.signal"]),
                        rows: bars.map { RowKey($0) },
                        values: bars.flatMap { [$0.close, .nan] }))
            case .predictions:
                .predictions(
                    PredictionBatch(
                        model: "next_day", target: "return over 1 bar",
                        outputs: [
                            OutputColumn("value", unit: "", "The prediction."),
                            OutputColumn("variance", unit: "", "Its variance."),
                        ],
                        rows: bars.map {
                            Prediction(time: $0.time, value: 0.01, price: $0.close, instrument: $0.instrument)
                        },
                        values: bars.flatMap { _ in [0.01, 0.002] }))
            case .outcomes:
                .outcomes(
                    bars.map {
                        Outcome(
                            time: $0.time, model: "next_day", predictedAt: $0.time - 60_000_000_000, horizon: 1,
                            value: 0.01, actual: -0.002, instrument: $0.instrument)
                    })
            case .alerts:
                .alerts(
                    bars.map {
                        Alert(
                            time: $0.time, rule: "stale_prediction", severity: .warning, instrument: $0.instrument,
                            message: "bar \($0.close) is old,\nsee \"history\"")
                    })
            case .status:
                .status(
                    bars.map {
                        StatusRecord(time: $0.time, component: "provider/history", state: "ok", message: "\($0.close)")
                    })
            }
        return batch(content, sequence: sequence)
    }

    private func batch(_ content: RecordBatch.Content, sequence: UInt64) -> RecordBatch {
        RecordBatch(
            pipeline: "main", source: "history", timeframe: sample.timeframe, sequence: sequence, content: content)
    }
}
