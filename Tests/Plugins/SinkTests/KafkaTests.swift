import KafkaSink
import PluginKit
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: KafkaServer.isUsable, "\(KafkaServer.missing)")) struct KafkaTests {
    let folder: TemporaryFolder
    let server: KafkaServer
    private static let shared = Result { try KafkaServer() }

    init() throws {
        folder = try TemporaryFolder()
        server = try Self.shared.get()
    }

    private func sink(_ topic: String, _ more: [String: ConfigurationValue] = [:]) throws -> Kafka {
        let values = server.options.merging(["topic": .text(topic)]) { _, new in new }.merging(more) { _, new in new }
        #expect(Kafka.validate(options(Kafka.self, values)).isEmpty)
        return try Kafka(options(Kafka.self, values), context: Recorder().context(in: folder))
    }

    @Test func aMessageHasKeyTimeAndHeaders() async throws {
        let sink = try sink("a.{kind}.{pipeline}")
        try await sink.probe()
        _ = try await sink.write(batch(.bars(makeBars(0..<3) + makeBars(0..<2, maotai)), pipeline: "daily bars"))
        _ = try await sink.write(batch(.status([status])))
        try await sink.flush()
        let bars = server.messages(of: "a.bars.daily_bars", "%k %h")
        #expect(bars.count == 5 && bars.filter { $0.hasPrefix("600519.SH ") }.count == 2)
        let first = try #require(bars.first { $0.hasPrefix("AAPL.US ") })
        #expect(first.hasPrefix("AAPL.US kind=bars,source=history,schema=bars/"))
        #expect(first.hasSuffix(",pipeline=daily bars,time=2013-03-01T21:00:00Z"))
        let text = server.messages(of: "a.bars.daily_bars", "%s").first { $0.contains("AAPL.US") }
        #expect(
            text?.hasPrefix(
                #"{"kind":"bars","pipeline":"daily bars","source":"history","instrument":"AAPL.US","time":"2013"#)
                == true)
        #expect(server.messages(of: "a.status.main", "%K %s").first?.hasPrefix("-1 {\"kind\":\"status\"") == true)
        await sink.stop()
        await sink.stop()
    }

    @Test func anInstrumentKeepsItsOrder() async throws {
        let sink = try sink("order")
        for start in 0..<50 {
            _ = try await sink.write(batch(.bars(makeBars(start * 20..<start * 20 + 20)), sequence: UInt64(start)))
        }
        try await sink.flush()
        let times = server.messages(of: "order", "%h").compactMap { $0.split(separator: "time=").last }
        #expect(times.count == 1_000 && times == times.sorted())
        await sink.stop()
    }

    @Test func aRestartOfTheBrokerLosesNothing() async throws {
        let server = try KafkaServer()
        let values = server.options.merging(["topic": .text("restart"), "timeout": .duration(.seconds(5))]) { _, new in
            new
        }
        let sink = try Kafka(options(Kafka.self, values), context: Recorder().context(in: folder))
        _ = try await sink.write(batch(.bars(makeBars(0..<10))))
        try await sink.flush()
        server.stop()
        let second = batch(.bars(makeBars(10..<20)), sequence: 8)
        _ = try await sink.write(second)
        let error = await fault { try await sink.flush() }
        #expect(
            error?.isTransient == true && error?.message.contains("'brokers'") == true, "\(error?.message ?? "none")")
        // As the host does: all since the last flush is written again.
        _ = try await sink.write(second)
        try server.start()
        try await sink.flush()
        let times = server.messages(of: "restart", "%h").compactMap { $0.split(separator: "time=").last }
        #expect(Set(times).count == 20 && times.count == 20, "\(times)")
        await sink.stop()
    }

    @Test func whatIsTooLongIsRefusedByRow() async throws {
        let sink = try sink("long", ["max_message_bytes": .integer(1_024)])
        let long = Alert(
            time: march, rule: "r", severity: .info, instrument: apple, message: String(repeating: "m", count: 2_000))
        let receipt = try await sink.write(batch(.alerts([long, alert])))
        try await sink.flush()
        #expect(receipt.rejected == [.init(row: 0, reason: "too_big")])
        #expect(server.messages(of: "long", "%k") == ["AAPL.US"])
        await sink.stop()
    }

    @Test func whatIsMissingIsNamedWithTheRemedy() async throws {
        for (values, code, remedy) in [
            (["brokers": .list([.text("127.0.0.1:1")])], PluginError.Code.transient, "correct 'brokers'"),
            (["library": .text("/nonexistent/librdkafka.so")], .environment, "apt-get install librdkafka1"),
            (["settings": .map(["none.such": .text("1")])], .configuration, "'none.such'"),
        ] as [([String: ConfigurationValue], PluginError.Code, String)] {
            let sink = try sink("none", values)
            let error = await fault {
                try await sink.probe()
                _ = try await sink.write(batch(.status([status])))
                try await sink.flush()
            }
            #expect(error?.code == code && error?.message.contains(remedy) == true, "\(error?.message ?? "none")")
            #expect(error?.message.hasPrefix("sink/keep: ") == true)
            await sink.stop()
            #expect(await fault { _ = try await sink.write(batch(.bars(makeBars(0..<1)))) }?.code == .cancelled)
        }
    }

    @Test func optionsThatBelongTogetherAreChecked() {
        let faults = { (values: [String: ConfigurationValue]) in
            Kafka.validate(options(Kafka.self, server.options.merging(values) { _, new in new })).map(\.option)
        }
        #expect(faults([:]) == [])
        #expect(faults(["topic": .text("a b")]) == ["topic"] && faults(["topic": .text("{kin}")]) == ["topic"])
        #expect(
            faults(["topic": .text("..")]) == ["topic"]
                && faults(["topic": .text(String(repeating: "a", count: 250))]) == ["topic"])
        #expect(faults(["sasl": .text("plain"), "user": .text("u")]) == ["sasl"])
        #expect(faults(["tls_key": .text("k")]) == ["tls_key"])
    }
}
