import CLibRdKafka
package import CallQueue
package import PluginKit

/// A producer that sends batches and waits until the brokers have confirmed each message, in every replica that is in step.
///
/// Used from one thread. After a call that threw it is of no more use: what was on its way is given up, and what the brokers
/// confirmed before is said.
package final class KafkaProducer {
    /// Settings that no option changes: nothing is lost, doubled by the library, or put into another order.
    package static let settings: [(name: String, value: String)] = [
        ("enable.idempotence", "true"), ("acks", "all"), ("message.timeout.ms", "0"), ("partitioner", "murmur2_random"),
        ("topic.metadata.propagation.max.ms", "10000"), ("queue.buffering.max.messages", "100000"),
    ]

    /// What callbacks note; they are called from `poll` only.
    private final class Notes {
        var done: [Bool] = []
        var open = 0
        var fault: (code: Int32, words: String)?
        var failure: Int32?
    }

    private enum Argument {
        static let topic: Int32 = 1
        static let value: Int32 = 4
        static let key: Int32 = 5
        static let opaque: Int32 = 6
        static let flags: Int32 = 7
        static let header: Int32 = 9
        /// The library copies key and value.
        static let copies: Int32 = 2
    }

    private let library: KafkaLibrary
    private let handle: KafkaLibrary.Handle
    private let faults: KafkaFaults
    private let notes = Notes()

    /// Makes a producer; nothing is connected yet.
    package init(_ library: KafkaLibrary, _ settings: KafkaSettings) throws(PluginError) {
        self.library = library
        faults = settings.faults
        let configuration = try settings.make(library)
        library.setOwner(configuration, Unmanaged.passUnretained(notes).toOpaque())
        library.setReport(configuration) { _, message, owner in
            guard let message, let owner else { return }
            KafkaProducer.note(message.pointee, Unmanaged<Notes>.fromOpaque(owner).takeUnretainedValue())
        }
        library.setFault(configuration) { _, code, words, owner in
            guard let owner, KafkaFaults.Code.isOutage(code) else { return }
            let notes = Unmanaged<Notes>.fromOpaque(owner).takeUnretainedValue()
            // That no broker is there follows from why each of them is not.
            if code == KafkaFaults.Code.allBrokersDown, notes.fault != nil { return }
            notes.fault = (code, words.map { String(cString: $0) } ?? "no reason given")
        }
        handle = try library.client(0, configuration, faults)
    }

    deinit {
        // What is on its way is given up: queued and in flight.
        _ = library.purge(handle, 3)
        library.destroy(handle)
    }

    /// Asks a broker; throws where none answers.
    package func probe(_ limit: CallLimit) throws(PluginError) {
        var (code, found): (Int32, OpaquePointer?) = (-1, nil)
        while code != 0 {
            code = library.metadata(handle, 0, nil, &found, 500)
            if let found { library.dropMetadata(found) }
            _ = library.poll(handle, 0)
            if let fault = notes.fault { throw faults.error(fault.code, fault.words) }
            if code != 0 { try check(limit) }
        }
    }

    /// Sends the messages that are not done, and returns when all are confirmed; `done` says which are, also where it throws.
    package func send(_ batches: [KafkaBatch], done: inout [Bool], _ limit: CallLimit) throws(PluginError) {
        (notes.done, notes.open, notes.failure) = (done, 0, nil)
        defer { done = notes.done }
        var number = 0
        for batch in batches {
            for row in batch.values.indices {
                if !notes.done[number] { try produce(batch, row, number, limit) }
                number += 1
            }
        }
        while notes.open > 0 {
            _ = library.poll(handle, 100)
            try check(limit)
        }
        if let code = notes.failure { throw faults.error(code, library.words(code), about: batches.first?.topic) }
    }

    private func produce(_ batch: KafkaBatch, _ row: Int, _ number: Int, _ limit: CallLimit) throws(PluginError) {
        while true {
            guard let error = enqueue(batch, row, number) else {
                notes.open += 1
                return
            }
            let code = library.errorCode(error)
            library.dropError(error)
            guard code == KafkaFaults.Code.queueFull else {
                throw faults.error(code, library.words(code), about: batch.topic)
            }
            _ = library.poll(handle, 100)
            try check(limit)
        }
    }

    /// Hands a message to the library; returns its fault.
    private func enqueue(_ batch: KafkaBatch, _ row: Int, _ number: Int) -> OpaquePointer? {
        batch.topic.withCString { topic in
            batch.keys[row].withUnsafeBytes { key in
                batch.values[row].withUnsafeBytes { value in
                    var list = [
                        argument(Argument.topic) { $0.text = topic },
                        argument(Argument.flags) { $0.number = Argument.copies },
                        argument(Argument.opaque) { $0.pointer = UnsafeMutableRawPointer(bitPattern: number + 1) },
                        argument(Argument.value) { $0.memory = .init(bytes: value.baseAddress, count: value.count) },
                    ]
                    if key.count > 0 {
                        list.append(
                            argument(Argument.key) { $0.memory = .init(bytes: key.baseAddress, count: key.count) })
                    }
                    return withHeaders(batch.headers + [KafkaHeader("time", batch.stamps[row])], &list)
                }
            }
        }
    }

    private func withHeaders(_ headers: [KafkaHeader], _ list: inout [rd_kafka_argument]) -> OpaquePointer? {
        guard let header = headers.first else { return library.produce(handle, list, list.count) }
        return header.name.withUnsafeBufferPointer { name in
            header.value.withUnsafeBytes { value in
                list.append(
                    argument(Argument.header) {
                        $0.header = .init(name: name.baseAddress, bytes: value.baseAddress, count: value.count)
                    })
                return withHeaders(Array(headers.dropFirst()), &list)
            }
        }
    }

    private func argument(
        _ type: Int32, _ set: (inout rd_kafka_argument.__Unnamed_union_value) -> Void
    ) -> rd_kafka_argument {
        var argument = rd_kafka_argument()
        argument.type = type
        set(&argument.value)
        return argument
    }

    private func check(_ limit: CallLimit) throws(PluginError) {
        if let fault = notes.fault { throw faults.error(fault.code, fault.words) }
        try limit.check(
            "\(faults.who): Kafka at \(PluginError.quoted(faults.brokers))", "Look at the brokers, or raise 'timeout'.")
    }

    private static func note(_ message: rd_kafka_message, _ notes: Notes) {
        let number = Int(bitPattern: message.private_data) - 1
        notes.open -= 1
        if message.error != 0 {
            notes.failure = notes.failure ?? message.error
        } else if notes.done.indices.contains(number) {
            notes.done[number] = true
        }
    }
}

/// A header of a message.
package struct KafkaHeader: Sendable, Hashable {
    /// The name, ended by 0.
    let name: [CChar]
    /// The value.
    let value: [UInt8]

    /// Creates a header.
    package init(_ name: String, _ value: [UInt8]) {
        self.name = Array(name.utf8CString)
        self.value = value
    }
}

/// Messages of one topic.
package struct KafkaBatch: Sendable, Hashable {
    /// The topic.
    package let topic: String
    /// Headers of all messages, beside `time`.
    package let headers: [KafkaHeader]
    /// What messages are kept together by; empty for none.
    package var keys: [[UInt8]] = []
    /// The messages.
    package var values: [[UInt8]] = []
    /// Event times as text: the header `time`. A message's own time is when it was made: by an older one brokers would take it for
    /// what is to be deleted.
    package var stamps: [[UInt8]] = []

    /// Creates a batch without messages.
    package init(topic: String, headers: [KafkaHeader]) {
        self.topic = topic
        self.headers = headers
    }
}
