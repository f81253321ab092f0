import KafkaClient
import PluginKit

/// Where a stream of a group stands: the offset after the last message of each partition.
///
/// Text: `STREAM PARTITION:OFFSET ...`, as in `bars.1d 0:812 1:790`.
struct GroupPosition: Sendable, Hashable {
    /// What is read, `bars.1d`.
    let stream: String
    let offsets: [Int32: Int64]

    init(stream: String, offsets: [Int32: Int64]) {
        self.stream = stream
        self.offsets = offsets
    }

    /// Reads a position; nil where it is none.
    init?(_ position: StreamPosition) {
        let words = position.text.split(separator: " ", omittingEmptySubsequences: false)
        var offsets: [Int32: Int64] = [:]
        for word in words.dropFirst() {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), offset >= 0 else {
                return nil
            }
            offsets[partition] = offset
        }
        self.init(stream: words.first.map(String.init) ?? "", offsets: offsets)
    }

    /// The position as the host keeps it.
    var position: StreamPosition {
        let places = offsets.sorted { $0.key < $1.key }.map { " \($0.key):\($0.value)" }
        return StreamPosition(stream + places.joined())
    }

    /// The name of what a subscription reads.
    static func stream(_ kind: RecordKind, _ timeframe: Timeframe, of events: EventKind) -> String {
        events == .bar ? "\(kind.rawValue).\(timeframe)" : kind.rawValue
    }
}

/// What was read at once.
struct FoundMessages: Sendable {
    let messages: [KafkaMessage]
    /// Where the consumer stands after them.
    let reached: [Int32: Int64]
    let isAtEnd: Bool
}

/// A message that cannot be read, with why.
struct DeadLetter: Sendable {
    let message: KafkaMessage
    let topic: String
    let defect: Defect
    let time: String

    /// The message as it was, with where it stood and why it cannot be read as headers.
    func batch(_ deadLetter: String) -> KafkaBatch {
        let headers = [
            ("topic", topic), ("partition", "\(message.partition)"), ("offset", "\(message.offset)"),
            ("reason", defect.reason), ("message", defect.message),
        ]
        var batch = KafkaBatch(topic: deadLetter, headers: headers.map { KafkaHeader($0.0, Array($0.1.utf8)) })
        batch.keys.append(message.key)
        batch.values.append(message.value)
        batch.stamps.append(Array(time.utf8))
        return batch
    }
}
