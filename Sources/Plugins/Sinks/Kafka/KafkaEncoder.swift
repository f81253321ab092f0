import CivilTime
import KafkaClient
import PluginKit
import RecordText

/// Turns batches of records into messages: the object that every other sink of JSON writes, kept together by instrument.
struct KafkaEncoder {
    private let topic: TopicTemplate
    private let instruments: any InstrumentDirectory
    private let longest: Int
    private var json: RecordJSON
    private var keys: [InstrumentID: [UInt8]] = [:]

    /// What may stand in braces in a topic.
    static let places = ["kind", "pipeline", "timeframe", "source"]

    init(topic: TopicTemplate, instruments: any InstrumentDirectory, longest: Int) {
        self.topic = topic
        self.instruments = instruments
        self.longest = longest
        json = RecordJSON(instruments: instruments)
    }

    /// Returns the messages, and which rows are too long for one.
    mutating func encode(_ batch: RecordBatch) -> (messages: KafkaBatch, rejected: [WriteReceipt.Rejection]) {
        let table = batch.table
        var messages = KafkaBatch(topic: name(of: batch), headers: Self.headers(of: batch, table))
        var rejected: [WriteReceipt.Rejection] = []
        var rows: [Int] = []
        rows.reserveCapacity(table.count)
        json.forEachRow(of: batch) { [longest] row, object in
            guard object.count <= longest else { return rejected.append(.init(row: row, reason: "too_big")) }
            messages.values.append(object)
            rows.append(row)
        }
        for row in rows {
            messages.keys.append(key(of: table.instrument(row)))
            messages.stamps.append { ISO8601.append(table.time(row), to: &$0) }
        }
        return (messages, rejected)
    }

    private func name(of batch: RecordBatch) -> String {
        let values = [batch.kind.rawValue, batch.pipeline, batch.timeframe.description, batch.source]
        return topic.name(zip(Self.places, values).map { ($0, $1) })
    }

    private mutating func key(of id: InstrumentID?) -> [UInt8] {
        guard let id else { return [] }
        if let known = keys[id] { return known }
        let key = Array(instruments.instrument(id).description.utf8)
        keys[id] = key
        return key
    }

    /// What a reader can choose by without reading the object; equal schemas have the same fields.
    private static func headers(of batch: RecordBatch, _ table: RecordTable) -> [KafkaHeader] {
        var names: [String] = table.constants.map(\.description.name)
        for column in table.columns {
            if case .reals(let further, _) = column.cells {
                names += further.map(\.name)
            } else {
                names.append(column.description.name)
            }
        }
        let digest = String(FeatureSchema(names: names).id, radix: 16)
        let schema = "\(batch.kind.rawValue)/" + String(repeating: "0", count: 16 - digest.count) + digest
        return [
            ("kind", batch.kind.rawValue), ("source", batch.source), ("schema", schema), ("pipeline", batch.pipeline),
        ].map {
            KafkaHeader($0.0, Array($0.1.utf8))
        }
    }
}
