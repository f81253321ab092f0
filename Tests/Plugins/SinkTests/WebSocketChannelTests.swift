import PluginKit
import TestSupport
import Testing
import WebSocketSink

@Suite struct WebSocketChannelTests {
    private func published(
        _ channels: [String: ConfigurationValue]? = nil, _ contents: [RecordBatch.Content]
    ) async throws -> [Recorder.Message] {
        let recorder = Recorder()
        let values: [String: ConfigurationValue] = channels.map { ["channels": .map($0)] } ?? [:]
        let sink = try WebSocketChannel(
            options(WebSocketChannel.self, values), context: recorder.context(in: try TemporaryFolder()))
        for content in contents { _ = try await sink.write(batch(content)) }
        try await sink.flush()
        await sink.stop()
        return recorder.messages
    }

    @Test func sendsPredictionsToBothChannels() async throws {
        let messages = try await published(nil, [.predictions(makePredictions(0..<2))])
        #expect(
            messages.map(\.channel) == [
                "/ws/ai-predictions", "/ws/enhanced", "/ws/ai-predictions", "/ws/enhanced",
            ])
        #expect(messages.allSatisfy { $0.topic == "AAPL.US" && $0.text.hasPrefix(#"{"kind":"predictions","#) })
        #expect(messages[0].text == messages[1].text)
        #expect(messages[0].text != messages[2].text)
    }

    @Test func sendsAlertsToTheirChannelTooAndTheRestToOne() async throws {
        let messages = try await published(nil, [.bars(makeBars(0..<1, maotai)), .alerts([alert]), .status([status])])
        #expect(messages.map(\.channel) == ["/ws/enhanced", "/ws/risk-alerts", "/ws/enhanced", "/ws/enhanced"])
        #expect(messages.map(\.topic) == ["600519.SH", "AAPL.US", "AAPL.US", nil])
    }

    @Test func takesOtherChannels() async throws {
        let messages = try await published(
            ["bars": .list([.text("/ws/ai-predictions")]), "alerts": .list([])],
            [.bars(makeBars(0..<1)), .alerts([alert]), .status([status])])
        #expect(messages.map(\.channel) == ["/ws/ai-predictions", "/ws/enhanced"])
    }

    @Test func findsFaultsInChannels() {
        let configuration = options(
            WebSocketChannel.self,
            [
                "channels": .map([
                    "bar": .list([.text("/a")]), "bars": .list([.text("enhanced"), .text("/ws/enhanced")]),
                ])
            ])
        let faults = WebSocketChannel.validate(configuration)
        #expect(faults.count == 2)
        #expect(faults.allSatisfy { $0.option == "channels" })
        #expect(faults[0].message.contains("'bar' is no kind of record; allowed: bars, quotes"))
        #expect(
            faults[1].message == "'bars' names the channel 'enhanced', which the host does not serve; allowed: "
                + "/ws/ai-predictions, /ws/enhanced, /ws/risk-alerts.")
        #expect(WebSocketChannel.validate(options(WebSocketChannel.self)).isEmpty)
    }
}
