/// A header of a message.
package struct KafkaHeader: Sendable, Hashable {
    /// The name, ended by 0.
    let name: [UInt8]
    /// The value.
    let value: [UInt8]

    /// Creates a header.
    package init(_ name: String, _ value: [UInt8]) {
        self.name = Array(name.utf8) + [0]
        self.value = value
    }
}

/// Messages of one topic.
package struct KafkaBatch: Sendable, Hashable {
    /// The topic.
    package let topic: String
    /// Headers of all messages, beside `time`.
    package let headers: [KafkaHeader]
    /// The messages.
    package var values = KafkaTexts()
    /// What messages are kept together by; empty for none.
    package var keys = KafkaTexts()
    /// Event times as text: the header `time`. A message's own time is when it was made: by an older one brokers would take it for
    /// what is to be deleted.
    package var stamps = KafkaTexts()

    /// Creates a batch without messages.
    package init(topic: String, headers: [KafkaHeader]) {
        self.topic = topic
        self.headers = headers
    }

    /// How many messages there are.
    package var count: Int { values.count }
}

/// Texts one behind the other in one piece of memory.
package struct KafkaTexts: Sendable, Hashable {
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []

    /// How many texts there are.
    package var count: Int { ends.count }

    /// Adds a text.
    package mutating func append(_ text: [UInt8]) {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
    }

    /// Adds the text that is written.
    package mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(bytes.count)
    }

    /// Where a text stands among the bytes.
    func range(_ number: Int) -> Range<Int> { (number == 0 ? 0 : ends[number - 1])..<ends[number] }
}
