import KafkaProvider
import KafkaSink
import PluginKit
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: KafkaServer.isUsable, "\(KafkaServer.missing)")) struct KafkaProviderTests {
    private typealias Reader = KafkaProvider.Kafka
    private static let shared = Result { try KafkaServer() }
    private static let names = ["AAPL.US", "600519.SH"]
    private static let message =
        #"{"time":"2013-03-01T21:00:00Z","instrument":"AAPL.US","open":1,"high":3,"low":0.5,"close":2,"volume":7}"#

    let server: KafkaServer
    let folder: TemporaryFolder

    init() throws {
        server = try Self.shared.get()
        folder = try TemporaryFolder()
    }

    private func reader(_ topic: String, _ more: [String: ConfigurationValue] = [:]) throws -> Reader {
        let own: [String: ConfigurationValue] = ["topic": .text(topic), "group": .text("group.\(topic)")]
        let values = server.options.merging(own) { $1 }.merging(more) { $1 }
        #expect(Reader.validate(configuration(of: Reader.self, values)).isEmpty)
        return try instance(Reader.self, values)
    }

    private func subscription(
        _ kind: EventKind = .bar, after position: StreamPosition? = nil
    ) throws -> Subscription {
        Subscription(
            instruments: try TestInstruments(Self.names).references, kind: kind, timeframe: Timeframe(1, .day),
            resumeAfter: position)
    }

    private func bar(_ day: Int, _ close: Double = 2) -> String {
        let time = (1_362_171_600 + day * 86_400) * 1_000
        return #"AAPL.US|{"time":\#(time),"open":1,"high":3,"low":0.5,"close":\#(close),"volume":7}"#
    }

    /// Reads to the end and stops.
    private func read(
        _ reader: Reader, _ kind: EventKind = .bar, acknowledging count: Int = 0
    ) async throws -> Recorder {
        let recorder = Recorder()
        try await reader.stream(try subscription(kind), into: recorder)
        if count > 0 { await reader.acknowledge(recorder.deliveries[count - 1].position) }
        await reader.stop()
        return recorder
    }

    @Test func whatTheSinkWroteIsReadBitForBit() async throws {
        let instruments = try TestInstruments(Self.names)
        let sink = try KafkaSink.Kafka(
            Configuration(
                instance: "sink/bus",
                values: Dictionary(
                    KafkaSink.Kafka.descriptor.schema.options.compactMap { option in
                        option.defaultValue.map { (option.name, $0) }
                    }, uniquingKeysWith: { $1 }
                ).merging(server.options) { $1 }.merging(["topic": .text("all.{kind}")]) { $1 }),
            context: PluginContext(baseDirectory: "/", stateDirectory: "/", instruments: instruments))
        let (id, other, time) = (InstrumentID(rawValue: 0), InstrumentID(rawValue: 1), Int64(1_362_171_600_000_000_123))
        let level = OrderBook.Level(price: 10.1, size: 3)
        let given: [EventBatch] = [
            .bars([
                Bar(
                    time: time, open: 0.1, high: 1 / 3, low: 1e-9, close: 0.2, volume: 1e15, amount: 5.5, instrument: id
                )
            ]),
            .trades([Trade(time: time, price: 0.1 + 0.2, size: 3, side: .sell, instrument: other)]),
            .quotes([Quote(time: time, bid: 1.1, ask: 1.2, bidSize: 4, askSize: 5, instrument: id)]),
            .orderBooks([
                OrderBook(
                    time: time, sequence: 17, bids: [level, .init(price: 10, size: 1)], asks: [level], instrument: id)
            ]),
            .figures([
                Figure(
                    time: time, periodEnd: time - 1, value: 1e9, name: try #require(FigureName("revenue")),
                    instrument: id)
            ]),
            .factors([
                Factor(
                    time: time, announced: time - 5, ratio: 2, cash: 0.5, rights: 0.1, rightsPrice: 3, instrument: id)
            ]),
        ]
        for (number, batch) in given.enumerated() {
            _ = try await sink.write(
                RecordBatch(
                    pipeline: "main", source: "test", timeframe: Timeframe(1, .day), sequence: UInt64(number),
                    content: RecordBatch.Content(batch)))
        }
        try await sink.flush()
        await sink.stop()
        for batch in given {
            let recorder = try await read(try reader("all.{kind}", ["group": .text("all.{kind}")]), batch.kind)
            #expect(recorder.deliveries.map(\.batch).filter { $0.count > 0 } == [batch] && recorder.defects.isEmpty)
        }
    }

    @Test func onlyWhatIsAcknowledgedIsCommitted() async throws {
        try server.write((0..<10).map { bar($0) }, to: "acknowledged")
        let first = try await read(try reader("acknowledged", ["batch": .integer(4)]), acknowledging: 1)
        #expect(first.bars.count == 10 && first.deliveries[0].batch.count == 4)
        #expect(first.deliveries[0].position == StreamPosition("bars.1d 0:4"))
        let second = try await read(try reader("acknowledged"))
        #expect(shown(second.bars) == shown(first.bars.dropFirst(4)))
    }

    @Test func theHostsOwnPositionCountsWhereTheGroupIsBehind() async throws {
        try server.write((0..<10).map { bar($0) }, to: "position")
        let reader = try reader("position")
        let recorder = Recorder()
        try await reader.stream(try subscription(after: StreamPosition("bars.1d 0:7")), into: recorder)
        #expect(recorder.bars.count == 3)
        await reader.stop()
    }

    @Test func whatCannotBeReadGoesToItsTopicAndTheRestOn() async throws {
        let poison = [
            "AAPL.US|{\"time\":", "AAPL.US|\u{1}\u{2}", #"AAPL.US|{"time":"2013-03-01T21:00:00Z"}"#,
            #"AAPL.US|{"time":"yesterday","open":1,"high":3,"low":0.5,"close":2}"#,
        ]
        try server.write([bar(0)] + poison + [bar(1)], to: "poison")
        let recorder = try await read(try reader("poison", ["dead_letter": .text("poison.dead")]))
        #expect(recorder.bars.count == 2)
        #expect(recorder.defects.map(\.place) == (1...4).map { "poison/0:\($0)" })
        #expect(
            recorder.defects.map(\.reason) == [
                "unreadable_message", "unreadable_message", "missing_column", "unreadable_message",
            ])
        #expect(recorder.defects.allSatisfy { $0.instrument == InstrumentID(rawValue: 0) })
        // What came before a defect is pushed before it.
        #expect(recorder.deliveries.first?.batch.count == 1 && recorder.deliveries.first?.defects.isEmpty == true)
        let letters = server.messages(of: "poison.dead", "%k|%s %h")
        #expect(letters.count == 4 && letters.first?.hasPrefix(poison[0]) == true, "\(letters)")
        #expect(letters.first?.contains("topic=poison,partition=0,offset=1,reason=unreadable_message") == true)
    }

    @Test func othersAreLeftOut() async throws {
        let others = [
            Self.message.replacing("AAPL", with: "MSFT"), Self.message.dropLast() + #","timeframe":"1m"}"#,
            Self.message.dropLast() + #","kind":"trades"}"#,
        ]
        let lines = ([Self.message] + others.map { String($0) }).map { "|\($0)" }
        try server.write(lines + ["MSFT.US|" + bar(1).split(separator: "|")[1]], to: "others")
        let recorder = try await read(try reader("others"))
        #expect(recorder.bars.count == 1 && recorder.defects.isEmpty, "\(recorder.defects)")
        #expect(recorder.deliveries.last?.position == StreamPosition("bars.1d 0:5"))
    }

    @Test func membersOfOtherNamesAreMapped() async throws {
        let text = #"|{"T":1362171600000,"s":"aapl","o":"1","h":"3","l":"0.5","px":"2.25","volume":7}"#
        try server.write([text], to: "names")
        let names = ["time": "T", "instrument": "s", "open": "o", "high": "h", "low": "l", "close": "px"]
        let recorder = try await read(try reader("names", ["columns": .map(names.mapValues { .text($0) })]))
        #expect(recorder.bars.map(\.close) == [2.25] && recorder.bars.map(\.time) == [1_362_171_600_000_000_000])
    }

    @Test func faultsSayWhatToDo() async throws {
        try server.write([bar(0)], to: "faults")
        let cases: [(String, [String: ConfigurationValue], StreamPosition?, PluginError.Code, String)] = [
            ("none.such", [:], nil, .environment, "kafka-topics --create"),
            ("faults", ["brokers": .list([.text("127.0.0.1:1")])], nil, .transient, "correct 'brokers'"),
            ("faults", [:], StreamPosition("quotes 0:1"), .badRequest, "Begin anew"),
            ("faults", ["library": .text("/nonexistent.so")], nil, .environment, "apt-get install librdkafka1"),
            ("faults", ["settings": .map(["none.such": .text("1")])], nil, .configuration, "'none.such'"),
        ]
        for (topic, more, position, code, remedy) in cases {
            let reader = try reader(topic, more)
            let error = await fault { try await reader.stream(try subscription(after: position), into: Recorder()) }
            #expect(error?.code == code && error?.message.contains(remedy) == true, "\(error?.message ?? "none")")
            await reader.stop()
        }
    }

    @Test func aSecondPipelineNeedsAGroupOfItsOwn() async throws {
        try server.write([bar(0)], to: "twice")
        let reader = try reader("twice")
        let error = Mutex<PluginError?>(nil)
        let recorder = Recorder(onDelivery: { _ in })
        let receiver = Asking {
            let found = await fault { try await reader.stream(try subscription(), into: recorder) }
            error.withLock { $0 = found }
        }
        try await reader.stream(try subscription(), into: receiver)
        #expect(error.withLock { $0 }?.message.contains("'group' of its own") == true)
        await reader.stop()
    }

    @Test func optionsAreChecked() {
        let faults = { (values: [String: ConfigurationValue]) in
            Reader.validate(configuration(of: Reader.self, server.options.merging(values) { $1 })).map(\.option)
        }
        #expect(faults([:]) == [] && faults(["topic": .text("a b")]) == ["topic"])
        #expect(faults(["dead_letter": .text("{kind}")]) == ["dead_letter"])
        #expect(faults(["columns": .map(["clse": .text("c")])]) == ["columns"])
        #expect(faults(["columns": .map(["close": .text(String(repeating: "c", count: 25))])]) == ["columns"])
    }
}

/// Does something while it is given a delivery.
private struct Asking: EventReceiver {
    let body: @Sendable () async -> Void

    func receive(_ delivery: Delivery) async throws(PluginError) { await body() }
}

@Suite(.enabled(if: KafkaMock.isUsable, "no librdkafka1 or no kcat")) struct KafkaGroupTests {
    /// Members of a group share its partitions; one that leaves gives its own to the others, with what it has not confirmed.
    @Test func aMemberGoesOnWhereAnotherWas() async throws {
        let server = try KafkaMock("shared", partitions: 4)
        for partition in 0..<4 {
            let lines = (0..<50).map {
                #"AAPL.US|{"time":\#(1_362_171_600 + partition * 100 + $0),"price":1,"size":2}"#
            }
            try server.write(lines, partition: partition)
        }
        let options = server.options.merging([
            "topic": .text("shared"), "group": .text("g"), "batch": .integer(10),
            "settings": .map(["session.timeout.ms": .text("6000")]),
        ]) {
            $1
        }
        let first = try instance(KafkaProvider.Kafka.self, options)
        let subscription = Subscription(
            instruments: try TestInstruments(["AAPL.US"]).references, kind: .trade, timeframe: Timeframe(1, .day))
        let before = Recorder(limit: 7)
        #expect(await fault { try await first.stream(subscription, into: before) }?.code == .cancelled)
        await first.acknowledge(before.deliveries[4].position)
        await first.stop()
        let second = try instance(KafkaProvider.Kafka.self, options)
        let after = Recorder()
        try await second.stream(subscription, into: after)
        await second.stop()
        func times(_ deliveries: some Sequence<Delivery>) -> [Int64] {
            deliveries.flatMap { Trade.events(of: $0.batch) ?? [] }.map(\.time)
        }
        let confirmed = times(before.deliveries.prefix(5))
        #expect(Set(times(after.deliveries)).isDisjoint(with: confirmed))
        #expect((confirmed + times(after.deliveries)).count == 200)
        #expect(Set(confirmed + times(after.deliveries)).count == 200)
    }
}
