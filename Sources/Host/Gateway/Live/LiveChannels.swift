package import HostCore
package import HostWebSocket
import JSONWriting
import NIOCore
import PluginKit

/// The WebSocket channels of the host: `/ws/enhanced` for market data, `/ws/ai-predictions` for predictions.
///
/// A client first gets a snapshot, then what the sinks publish. It chooses instruments by
/// `{"subscribe":["AAPL","600519"]}`; topics are canonical instruments (`AAPL.US`).
package enum LiveChannels {
    /// Market data.
    package static let market = "/ws/enhanced"
    /// Predictions.
    package static let predictions = "/ws/ai-predictions"
    /// How many instruments a snapshot holds; `instruments` in it says how many there are.
    static let maxSnapshot = 500

    /// Creates the hub of both channels over a host.
    package static func makeHub(_ view: HostView) -> ChannelHub {
        let quotes = QuoteAnswers(view)
        let answers = PredictionAnswers(view)
        return ChannelHub(
            channels: [
                ChannelDefinition(path: market) { _ in
                    snapshot(view, market, "quotes") { quotes.fragments($0, $1) }
                },
                ChannelDefinition(path: predictions) { _ in
                    snapshot(view, predictions, "predictions") { answers.fragments($0, $1) }
                },
            ],
            onText: { hub, message in ClientCommand.answer(message, hub: hub, instruments: view.instruments) })
    }

    private static func snapshot(
        _ view: HostView, _ channel: String, _ key: String, _ rows: (InstrumentID, Instrument) -> [[UInt8]]
    ) -> ByteBuffer {
        let ids = view.latest.instruments
        var json = JSONText(capacity: 4096)
        json.object { json in
            json.field("kind", "welcome")
            json.field("channel", channel)
            json.field("version", view.version)
            json.field("instruments", ids.count)
            json.key(key)
            json.array { json in
                for id in ids.prefix(maxSnapshot) {
                    for row in rows(id, view.instruments.instrument(id)) { json.raw(row) }
                }
            }
        }
        return ByteBuffer(bytes: json.bytes)
    }
}
