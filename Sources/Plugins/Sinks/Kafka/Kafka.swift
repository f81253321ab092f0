import CallQueue
import KafkaClient
public import PluginKit
import Synchronization

/// Sends records to topics of Kafka, a JSON message each, and counts them as delivered when the brokers confirmed them.
///
/// - Takes: all kinds.
/// - Time: event time in UTC in the header `time`; the message's own is when it was made.
/// - Limits: idempotent producer, `acks=all`; what a crash interrupts comes again.
/// - Needs: librdkafka; brokers of version 0.11 or newer.
/// - Source: <https://docs.confluent.io/platform/current/clients/librdkafka/html/md_INTRODUCTION.html>.
public final class Kafka: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "kafka", summary: "Sends records to topics of Kafka, a JSON message each.",
        schema: ConfigurationSchema(
            [
                .text(
                    "topic", default: "penstock.{kind}",
                    "The topic; {kind}, {pipeline}, {timeframe} and {source} stand for those of the record."),
                .choice(
                    "compression", ["none", "gzip", "snappy", "lz4", "zstd"], default: "lz4", "How messages are packed."
                ),
                .duration(
                    "linger", .milliseconds(0)...(.seconds(1)), default: .milliseconds(5),
                    "How long a message waits for others to be sent with."),
                .integer(
                    "max_message_bytes", 1_024...100_000_000, default: 1_000_000, unit: "bytes",
                    "The longest message; a longer one is refused as `too_big`."),
                .duration(
                    "timeout", .seconds(1)...(.seconds(50)), default: .seconds(30),
                    "How long brokers may take to confirm a flush, before what is missing is sent again."),
            ] + KafkaSettings.options), accepts: Set(RecordKind.allCases))

    private struct Pending {
        var encoder: KafkaEncoder
        var batches = KeptBatches<KafkaBatch>()
        var isStopped = false
    }

    /// The producer, and which messages of the batches that wait were confirmed before a flush failed.
    private struct Outside {
        var library: KafkaLibrary?
        var producer: KafkaProducer?
        var done: [Bool] = []
    }

    private let settings: KafkaSettings
    private let timeout: Duration
    private let calls: CallQueue
    private let context: PluginContext
    private let pending: Mutex<Pending>
    private let outside = Mutex(Outside())

    /// Returns faults of the topic and of options that belong together.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults = KafkaSettings.faults(in: configuration)
        if case .text(let topic) = configuration.values["topic"],
            let fault = TopicTemplate.fault(in: topic, KafkaEncoder.places)
        {
            faults.append(ConfigurationFault(option: "topic", fault))
        }
        return faults
    }

    /// Builds an instance; nothing is connected yet.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        let linger = try configuration.duration("linger") / Duration.milliseconds(1)
        let limit = try configuration.integer("max_message_bytes")
        settings = try KafkaSettings(
            configuration, context,
            own: KafkaProducer.settings + [
                ("compression.type", try configuration.text("compression")), ("linger.ms", "\(Int(linger))"),
                ("message.max.bytes", "\(limit)"),
            ])
        timeout = try configuration.duration("timeout")
        calls = CallQueue(configuration.instance)
        self.context = context
        let topic = TopicTemplate(try configuration.text("topic"))
        pending = Mutex(
            Pending(encoder: KafkaEncoder(topic: topic, instruments: context.instruments, longest: limit - 512)))
    }

    /// Asks a broker; throws what does not pass by itself. That none answers yet is logged.
    public func probe() async throws(PluginError) {
        try await context.allowingLateStart { () throws(PluginError) in
            try await calls.run(within: min(timeout, .seconds(10))) { (limit) throws(PluginError) in
                try self.outside.withLock { (outside) throws(PluginError) in try self.probe(&outside, limit) }
            }
        }
    }

    /// Takes rows for the next flush; refused are messages that are too long (`too_big`).
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard batch.count > 0 else { return .accepted }
        return try pending.withLock { (pending) throws(PluginError) in
            guard !pending.isStopped else {
                throw PluginError(.cancelled, "\(settings.faults.who): it was stopped; make it anew to write.")
            }
            let (messages, rejected) = pending.encoder.encode(batch)
            if messages.count > 0 { pending.batches.add(messages) }
            return WriteReceipt(rejected: rejected)
        }
    }

    /// Returns when the brokers have confirmed everything that was taken.
    public func flush() async throws(PluginError) { try await flush(within: timeout) }

    /// Sends what was taken, where that takes less than a second, and disconnects.
    public func stop() async {
        pending.withLock { $0.isStopped = true }
        // The host flushes before it stops: a call that still runs is one that does not end.
        calls.cancel()
        try? await flush(within: .milliseconds(900))
        try? await calls.run(within: .seconds(1)) { _ in self.outside.withLock { $0.producer = nil } }
    }

    private func flush(within time: Duration) async throws(PluginError) {
        guard pending.withLock({ !$0.batches.waiting.isEmpty }) else { return }
        try await calls.run(within: time) { (limit) throws(PluginError) in
            let batches = self.pending.withLock { $0.batches.waiting }
            do throws(PluginError) {
                try self.outside.withLock { (outside) throws(PluginError) in try self.send(batches, &outside, limit) }
            } catch {
                self.pending.withLock { $0.batches.noteFailure() }
                throw error
            }
            self.pending.withLock { $0.batches.confirm(batches.count) }
        }
    }

    private func send(
        _ batches: [KafkaBatch], _ outside: inout Outside, _ limit: CallLimit
    ) throws(PluginError) {
        let count = batches.reduce(0) { $0 + $1.count }
        var done = outside.done + Array(repeating: false, count: count - outside.done.count)
        do throws(PluginError) {
            try producer(&outside).send(batches, done: &done, limit)
            outside.done = []
        } catch {
            (outside.done, outside.producer) = (done, nil)
            throw error
        }
    }

    private func probe(_ outside: inout Outside, _ limit: CallLimit) throws(PluginError) {
        do throws(PluginError) { try producer(&outside).probe(limit) } catch {
            outside.producer = nil
            throw error
        }
    }

    private func producer(_ outside: inout Outside) throws(PluginError) -> KafkaProducer {
        if let producer = outside.producer { return producer }
        var library = outside.library
        if library == nil { library = try KafkaLibrary(owner: settings.faults.who, path: settings.library) }
        guard let library else { throw PluginError(.environment, "\(settings.faults.who): librdkafka is missing.") }
        outside.library = library
        let producer = try KafkaProducer(library, settings)
        outside.producer = producer
        return producer
    }
}
