import CallQueue
import KafkaClient
public import PluginKit
import Synchronization

/// Events of every kind from topics of Kafka, a JSON message each, as a member of a consumer group.
///
/// - Gives: what the messages hold, under the names of the record's columns; whether it makes sense is judged by the host.
/// - Time: `time` of the message, in UTC where it says no zone; of a bar its end.
/// - Limits: reads no faster than the host takes; offsets are committed when store and sinks are durable.
/// - Needs: librdkafka; brokers of version 0.11 or newer.
/// - Source: <https://docs.confluent.io/platform/current/clients/librdkafka/html/md_INTRODUCTION.html>.
public final class Kafka: Provider {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "kafka",
        summary:
            "Reads events of every kind from topics of Kafka, a JSON message each, as a member of a consumer group.",
        stability: .experimental,
        schema: ConfigurationSchema(
            [
                .text(
                    "topic", default: "penstock.{kind}", "The topic; {kind} and {timeframe} stand for what is asked."),
                .text(
                    "group", default: "penstock.{kind}",
                    "The consumer group; its members share the topic's partitions, and its offsets say where to go on."),
                .text(
                    "member",
                    "A name in the group that no other host has: after a crash the host has its partitions again at once."
                ),
                .choice(
                    "begin", ["oldest", "newest"], default: "oldest", "Where a group begins that has read nothing yet."),
                .text("dead_letter", "A topic for messages that cannot be read; without it they are told of and left."),
                .integer("batch", 1...10_000, default: 1_024, unit: "messages", "Messages handed on at once, at most."),
                ConfigurationOption(
                    "columns", .map(.text),
                    "What members of a message are called where it is not as the columns are: `close: px`."),
            ] + KafkaSettings.options),
        provider: ProviderCapabilities(
            fetches: [], streams: Set(EventKind.allCases), credentials: ["user", "password"]))

    private static let places = ["kind", "timeframe"]

    /// What is connected; touched on the thread of `calls` only.
    private struct Outside {
        var library: KafkaLibrary?
        var consumers: [String: KafkaConsumer] = [:]
        var producer: KafkaProducer?
    }

    private let settings: KafkaSettings
    private let topic: TopicTemplate
    private let group: TopicTemplate
    /// What librdkafka is told of the group beside its name.
    private let membership: [(name: String, value: String)]
    private let deadLetter: String?
    private let batch: Int
    private let columns: [String: String]
    private let calls: CallQueue
    private let context: PluginContext
    private let clock: any Clock<Duration>
    private let outside = Mutex(Outside())
    /// The streams that run.
    private let running = Mutex<Set<String>>([])
    /// What was acknowledged of each stream, and is not noted yet.
    private let acknowledged = Mutex<[String: [Int32: Int64]]>([:])

    /// Returns faults of names and of options that belong together.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults = KafkaSettings.faults(in: configuration)
        for (option, places) in [("topic", places), ("group", places), ("dead_letter", [])] {
            guard case .text(let text) = configuration.values[option] else { continue }
            guard let fault = TopicTemplate.fault(in: text, places) else { continue }
            faults.append(ConfigurationFault(option: option, fault))
        }
        if case .map(let names) = configuration.values["columns"] { faults += MessageColumns<Bar>.faults(in: names) }
        return faults
    }

    /// Builds an instance; nothing is connected yet.
    public convenience init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, context: context, clock: ContinuousClock())
    }

    /// Builds an instance that waits by a clock of the caller's.
    package init(
        _ configuration: Configuration, context: PluginContext, clock: any Clock<Duration>
    ) throws(PluginError) {
        settings = try KafkaSettings(configuration, context, own: [])
        topic = TopicTemplate(try configuration.text("topic"))
        group = TopicTemplate(try configuration.text("group"))
        let begin = try configuration.text("begin") == "oldest" ? "earliest" : "latest"
        let member = configuration.has("member") ? [("group.instance.id", try configuration.text("member"))] : []
        membership = [("auto.offset.reset", begin)] + member
        deadLetter = configuration.has("dead_letter") ? try configuration.text("dead_letter") : nil
        batch = try configuration.integer("batch")
        var columns: [String: String] = [:]
        if case .map(let names) = configuration.values["columns"] {
            for (name, value) in names { if case .text(let text) = value { columns[name] = text } }
        }
        self.columns = columns
        calls = CallQueue(configuration.instance)
        self.context = context
        self.clock = clock
    }

    /// Asks a broker; throws what does not pass by itself. That none answers yet is logged.
    public func probe() async throws(PluginError) {
        try await context.allowingLateStart { () throws(PluginError) in
            try await calls.run(within: .seconds(10)) { (limit) throws(PluginError) in
                try self.outside.withLock { (outside) throws(PluginError) in
                    let settings = self.settings.with([], duty: "answer")
                    try KafkaProducer(try self.library(&outside), settings).probe(limit)
                }
            }
        }
    }

    /// Pushes what the topic has from where the group stands, and then what comes; returns at the end of all partitions where the
    /// subscription does not wait.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        switch subscription.kind {
        case .bar: try await stream(subscription, Bar.self, receiver)
        case .trade: try await stream(subscription, Trade.self, receiver)
        case .quote: try await stream(subscription, Quote.self, receiver)
        case .orderBook: try await stream(subscription, OrderBook.self, receiver)
        case .figure: try await stream(subscription, Figure.self, receiver)
        case .factor: try await stream(subscription, Factor.self, receiver)
        }
    }

    /// Notes what may be committed.
    public func acknowledge(_ position: StreamPosition) async {
        guard let position = GroupPosition(position) else { return }
        acknowledged.withLock { $0[position.stream, default: [:]].merge(position.offsets) { max($0, $1) } }
    }

    /// Commits what was acknowledged, leaves the groups and disconnects.
    public func stop() async {
        calls.cancel()
        try? await calls.run(within: .seconds(5)) { _ in
            self.outside.withLock { outside in
                for (stream, consumer) in outside.consumers { self.note(stream, consumer) }
                (outside.consumers, outside.producer) = ([:], nil)
            }
        }
    }

    private func stream<Event: MarketEvent & Record>(
        _ subscription: Subscription, _ type: Event.Type, _ receiver: any EventReceiver
    ) async throws(PluginError) {
        let stream = GroupPosition.stream(Event.recordKind, subscription.timeframe, of: Event.kind)
        let after = subscription.resumeAfter.map { GroupPosition($0) }
        if let position = subscription.resumeAfter, after??.stream != stream {
            throw PluginError(
                .badRequest,
                "\(settings.faults.who): the position \(PluginError.quoted(position.text)) is none of this stream. Begin anew."
            )
        }
        guard running.withLock({ $0.insert(stream).inserted }) else {
            throw PluginError(
                .configuration,
                "\(settings.faults.who): two pipelines read \(stream) in one consumer group, which would share it out. Give each "
                    + "a provider of its own, with a 'group' of its own.")
        }
        defer { running.withLock { _ = $0.remove(stream) } }
        let names = [("kind", Event.recordKind.rawValue), ("timeframe", subscription.timeframe.description)]
        try await join(stream, names, after: after??.offsets ?? [:])
        var reader = MessageReader<Event>(subscription, columns, topic: topic.name(names), stream: stream)
        var hasCaughtUp = false
        while true {
            let found = try await read(stream)
            let (deliveries, letters) = reader.deliveries(of: found)
            try await bury(letters)
            for delivery in deliveries { try await push(delivery, stream, receiver) }
            guard found.isAtEnd else { continue }
            guard subscription.waitsForMore else { return }
            if !hasCaughtUp { await receiver.caughtUp() }
            hasCaughtUp = true
        }
    }

    /// Joins the group; what an earlier stream had acknowledged is committed before.
    private func join(
        _ stream: String, _ names: [(place: String, value: String)], after offsets: [Int32: Int64]
    ) async throws(PluginError) {
        let settings = settings.with(
            KafkaConsumer.settings + membership + [("group.id", group.name(names))],
            defaults: KafkaConsumer.defaults, duty: "answer")
        let topic = topic.name(names)
        try await calls.run(within: .seconds(30)) { (_) throws(PluginError) in
            try self.outside.withLock { (outside) throws(PluginError) in
                if let former = outside.consumers.removeValue(forKey: stream) { self.note(stream, former) }
                outside.consumers[stream] = try KafkaConsumer(
                    try self.library(&outside), settings, topic: topic, after: offsets)
            }
        }
    }

    private func read(_ stream: String) async throws(PluginError) -> FoundMessages {
        try await use(stream) { (consumer, limit) throws(PluginError) in
            let messages = try consumer.read(atMost: self.batch, limit)
            return FoundMessages(messages: messages, reached: consumer.reached, isAtEnd: consumer.isAtEnd)
        }
    }

    /// Hands a delivery to the host; while that is busy, the group is told that this member lives.
    private func push(
        _ delivery: Delivery, _ stream: String, _ receiver: any EventReceiver
    ) async throws(PluginError) {
        let fault: PluginError? = await withTaskGroup(of: PluginError??.self) { group in
            group.addTask {
                .some(await Result { () async throws(PluginError) in try await receiver.receive(delivery) }.fault)
            }
            group.addTask {
                while (try? await self.clock.sleep(for: .seconds(1))) != nil {
                    try? await self.use(stream) { (consumer, _) throws(PluginError) in try consumer.hold() }
                }
                return nil
            }
            var fault: PluginError?
            for await ended in group {
                guard let ended else { continue }
                fault = ended
                group.cancelAll()
            }
            return fault
        }
        if let fault { throw fault }
    }

    /// Sends what cannot be read to the topic for it; returns when the brokers have confirmed it.
    private func bury(_ letters: [DeadLetter]) async throws(PluginError) {
        guard let deadLetter, !letters.isEmpty else { return }
        let batches = letters.map { $0.batch(deadLetter) }
        try await calls.run(within: .seconds(30)) { (limit) throws(PluginError) in
            try self.outside.withLock { (outside) throws(PluginError) in try self.send(batches, &outside, limit) }
        }
    }

    private func send(
        _ batches: [KafkaBatch], _ outside: inout Outside, _ limit: CallLimit
    ) throws(PluginError) {
        let settings = settings.with(KafkaProducer.settings, duty: "confirm")
        let producer: KafkaProducer
        if let made = outside.producer {
            producer = made
        } else {
            producer = try KafkaProducer(try library(&outside), settings)
        }
        // One that failed is of no more use.
        outside.producer = nil
        var done = Array(repeating: false, count: batches.count)
        try producer.send(batches, done: &done, limit)
        outside.producer = producer
    }

    private func use<Value: Sendable>(
        _ stream: String, _ body: @escaping @Sendable (KafkaConsumer, CallLimit) throws(PluginError) -> Value
    ) async throws(PluginError) -> Value {
        try await calls.run(within: .seconds(30)) { (limit) throws(PluginError) in
            try self.outside.withLock { (outside) throws(PluginError) in
                guard let consumer = outside.consumers[stream] else {
                    throw PluginError(.cancelled, "\(self.settings.faults.who): it was stopped; make it anew to read.")
                }
                self.note(stream, consumer)
                return try body(consumer, limit)
            }
        }
    }

    private func note(_ stream: String, _ consumer: KafkaConsumer) {
        if let offsets = acknowledged.withLock({ $0.removeValue(forKey: stream) }) { consumer.note(offsets) }
    }

    private func library(_ outside: inout Outside) throws(PluginError) -> KafkaLibrary {
        if let library = outside.library { return library }
        let library = try KafkaLibrary(owner: settings.faults.who, path: settings.library)
        outside.library = library
        return library
    }
}

extension Result {
    fileprivate init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
    }

    fileprivate var fault: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
