import AccessScopes
package import HostCore
package import HostWebSocket
import JSONWriting
import NIOCore
import PluginKit

/// The live channels of the host, as WebSockets (`/ws/enhanced`) and as Server-Sent Events (`/sse/enhanced`).
///
/// A client first gets a snapshot, or what it missed where it says what it had; then every message. Topics are canonical
/// instruments (`AAPL.US`).
package enum LiveChannels {
    /// Market data.
    package static let market = "/ws/enhanced"
    /// Predictions.
    package static let predictions = "/ws/ai-predictions"
    /// What crossed a limit of the manifest's `risk`.
    package static let alerts = "/ws/risk-alerts"
    /// The counters, once a second where they changed.
    package static let metrics = "/ws/stream-metrics"
    /// The states of instances, as they change.
    package static let status = "/ws/pipeline-status"
    /// What a caller must be allowed to follow each; one that is not here is an administrator's.
    private static let scopes: [String: Scope] = [
        market: .dataRead, predictions: .predictionsRead, alerts: .predictionsRead, metrics: .metricsRead,
        status: .statusRead,
    ]

    /// Returns what a caller must be allowed to follow a channel.
    static func scope(of channel: String) -> Scope { scopes[channel] ?? .keysWrite }

    /// How many instruments a snapshot holds; `instruments` in it says how many there are.
    static let maxSnapshot = 500

    /// What a client may ask for when it comes.
    static let parameters = [
        Parameter("symbols", .symbols(ClientCommand.maxTopics), standard: "every instrument"),
        Parameter("model", .names(100), standard: "every model"),
        Parameter("severity", .words(["info", "warning", "critical"]), standard: "every severity"),
        Parameter("after", .count(0...1 << 53), standard: "a snapshot"),
        Parameter("conflate", .word(["true", "false"]), standard: "false"),
    ]

    /// Creates the hub of the channels over a host.
    ///
    /// - Parameters:
    ///   - folder: where the last messages of each are kept for clients that come back after a restart; `nil` keeps them in
    ///     memory.
    ///   - report: told what keeps a file from being used.
    package static func makeHub(
        _ view: HostView, in folder: String? = nil, report: @escaping @Sendable (String) -> Void = { _ in }
    ) -> ChannelHub {
        let hub = ChannelHub(
            channels: definitions(view),
            onText: { hub, message in ClientCommand.answer(message, hub: hub, instruments: view.instruments) },
            in: folder, report: report,
            choose: { (try? choice($0.query, view.instruments)) ?? ChannelChoice() })
        view.board.onChange { status in
            var json = JSONText(capacity: 256)
            json.object { json in
                json.field("kind", "status")
                json.field("time", time: status.since)
                json.key("instance")
                json.append(instance: status)
            }
            hub.publish(LiveChannels.status, ByteBuffer(bytes: json.bytes))
        }
        return hub
    }

    /// Reads what a client asks for.
    static func choice(_ query: String, _ instruments: InstrumentTable) throws(GatewayError) -> ChannelChoice {
        let values = try parameters.read(query)
        var choice = ChannelChoice()
        choice.after = values["after"].flatMap { Int($0) }
        choice.conflates = values["conflate"] == "true"
        for name in ["model", "severity"] {
            choice.members[name] = values[name].map { Set(QueryParameters.parts($0)) }
        }
        guard let symbols = values["symbols"] else { return choice }
        do throws(PluginError) {
            choice.topics = Set(
                try QueryParameters.parts(symbols).map { (symbol) throws(PluginError) in
                    try ClientCommand.topic(symbol, instruments)
                })
        } catch {
            throw .badParameter("symbols", symbols, allowed: "symbols: \(error.message)")
        }
        return choice
    }

    private static func definitions(_ view: HostView) -> [ChannelDefinition] {
        let (quotes, answers) = (QuoteAnswers(view), PredictionAnswers(view))
        return [
            ChannelDefinition(path: market) { request in
                snapshot(view, request, "quotes") { quotes.fragments($0, $1) }
            },
            ChannelDefinition(path: predictions) { request in
                snapshot(view, request, "predictions") { answers.fragments($0, $1) }
            },
            ChannelDefinition(path: alerts, recent: 100) { request in
                welcome(view, request) { json in
                    json.key("alerts")
                    json.array { json in
                        for alert in request.recent where request.choice.takes(topic: nil, alert) {
                            json.raw(Array(alert.readableBytesView))
                        }
                    }
                }
            },
            ChannelDefinition(path: metrics) { request in
                welcome(view, request) { $0.append(pipelines: view.counters()) }
            },
            ChannelDefinition(path: status) { request in
                welcome(view, request) { $0.append(instances: view.board.all) }
            },
        ]
    }

    private static func snapshot(
        _ view: HostView, _ request: ChannelRequest, _ key: String,
        _ rows: (InstrumentID, Instrument) -> [[UInt8]]
    ) -> ByteBuffer {
        let all = view.latest.instruments.map { ($0, view.instruments.instrument($0)) }
        let chosen = all.filter { request.choice.topics?.contains($0.1.description) ?? true }
        return welcome(view, request) { json in
            json.field("instruments", all.count)
            json.key(key)
            json.array { json in
                for (id, instrument) in chosen.prefix(maxSnapshot) {
                    for row in rows(id, instrument) where request.choice.takes(topic: nil, ByteBuffer(bytes: row)) {
                        json.raw(row)
                    }
                }
            }
        }
    }

    private static func welcome(
        _ view: HostView, _ request: ChannelRequest, _ body: (inout JSONText) -> Void
    ) -> ByteBuffer {
        var json = JSONText(capacity: 4096)
        json.object { json in
            json.field("kind", "welcome")
            json.field("channel", request.path)
            json.field("id", request.last)
            json.field("version", view.version)
            body(&json)
        }
        return ByteBuffer(bytes: json.bytes)
    }
}
