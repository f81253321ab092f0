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
            let arguments = KafkaArguments(batch)
            for row in 0..<batch.count {
                if !notes.done[number] { try produce(batch, row, number, arguments, limit) }
                number += 1
            }
        }
        while notes.open > 0 {
            _ = library.poll(handle, 100)
            try check(limit)
        }
        if let code = notes.failure { throw faults.error(code, library.words(code), about: batches.first?.topic) }
    }

    private func produce(
        _ batch: KafkaBatch, _ row: Int, _ number: Int, _ arguments: KafkaArguments, _ limit: CallLimit
    ) throws(PluginError) {
        while let error = arguments.send(batch, row, number, library, handle) {
            let code = library.errorCode(error)
            library.dropError(error)
            guard code == KafkaFaults.Code.queueFull else {
                throw faults.error(code, library.words(code), about: batch.topic)
            }
            _ = library.poll(handle, 100)
            try check(limit)
        }
        notes.open += 1
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
