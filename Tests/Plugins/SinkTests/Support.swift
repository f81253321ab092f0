import Foundation
import Glibc
import PluginKit
import Synchronization
import TestSupport

/// Two instruments under the numbers 0 and 1.
struct Names: InstrumentDirectory {
    static let all = [Instrument(code: "AAPL", venue: "US"), Instrument(code: "600519", venue: "SH")]

    func instrument(_ id: InstrumentID) -> Instrument { Self.all[Int(id.rawValue) % 2] }

    func id(of instrument: Instrument) -> InstrumentID? {
        Self.all.firstIndex(of: instrument).map { InstrumentID(rawValue: UInt32($0)) }
    }
}

/// What an instance logged and published.
final class Recorder: Sendable {
    struct Message: Hashable {
        let channel: String
        let topic: String?
        let text: String
    }

    private let state = Mutex<(logs: [String], messages: [Message])>(([], []))

    var logs: [String] { state.withLock { $0.logs } }
    var messages: [Message] { state.withLock { $0.messages } }

    func context(in folder: TemporaryFolder) -> PluginContext {
        PluginContext(
            baseDirectory: folder.path, stateDirectory: folder.path, instruments: Names(),
            log: { _, message, data in
                self.state.withLock { $0.logs.append("\(message) \(data["reason"] ?? "")") }
            },
            publish: { channel, topic, bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                self.state.withLock { $0.messages.append(Message(channel: channel, topic: topic, text: text)) }
            })
    }
}

/// Options as the host checks them: what is given, and defaults for the rest.
func options(_ type: any Sink.Type, _ values: [String: ConfigurationValue] = [:]) -> Configuration {
    var all = values
    for option in type.descriptor.schema.options where all[option.name] == nil {
        all[option.name] = option.defaultValue
    }
    return Configuration(instance: "sink/keep", values: all)
}

let day: Int64 = 86_400 * 1_000_000_000
/// 2013-03-01T21:00:00Z.
let march: Int64 = 1_362_171_600 * 1_000_000_000
let apple = InstrumentID(rawValue: 0)
let maotai = InstrumentID(rawValue: 1)

func makeBars(_ days: Range<Int>, _ instrument: InstrumentID = apple, shift: Double = 0) -> [Bar] {
    days.map { number in
        let price = 430 + Double(abs(number) % 50) + shift
        return Bar(
            time: march + Int64(number) * day, open: price, high: price + 1.25, low: price - 1, close: price + 0.47,
            volume: 19_730_000, instrument: instrument)
    }
}

func batch(
    _ content: RecordBatch.Content, sequence: UInt64 = 7, pipeline: String = "main", source: String = "history",
    places: [UInt32] = []
) -> RecordBatch {
    RecordBatch(
        pipeline: pipeline, source: source, timeframe: Timeframe(1, .day), sequence: sequence, content: content,
        places: places)
}

func makeFeatures(_ days: Range<Int>, names: [String] = ["rsi14", "macd.signal"]) -> FeatureBatch {
    FeatureBatch(
        schema: FeatureSchema(names: names), rows: makeBars(days).map { RowKey($0) },
        values: days.flatMap { number in names.indices.map { $0 == 0 ? .nan : Double(number) + 0.5 } })
}

func makePredictions(_ days: Range<Int>, model: String = "next_day", outputs: [String] = ["value"]) -> PredictionBatch {
    let rows = makeBars(days).map {
        Prediction(time: $0.time, value: 0.00123, price: $0.close, instrument: apple, flags: [.stale, .afterRejected])
    }
    return PredictionBatch(
        model: model, target: "return over 1 bar", outputs: outputs.map { OutputColumn($0, unit: "", "A column.") },
        rows: rows, values: rows.flatMap { row in outputs.indices.map { $0 == 0 ? row.value : Double($0) / 4 } })
}

let alert = Alert(
    time: march, rule: "stale_prediction", severity: .warning, instrument: apple,
    message: "bar is 5 days old,\nsee \"history\"")
let status = StatusRecord(time: march + 1_500_000, component: "provider/yahoo", state: "degraded", message: "")

/// Counts calls.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
