import FoundationEssentials
import HostCore
import HostWebSocket
import JSONWriting
import NIOCore
import PluginKit

/// What a WebSocket client asks for: one JSON object with `subscribe`, `unsubscribe` or `ping`.
struct ClientCommand: Decodable {
    /// How many instruments one client may choose.
    static let maxTopics = 1000

    private let subscribe: [String]?
    private let unsubscribe: [String]?
    private let ping: Scalar?

    /// Answers a client's message and carries it out.
    static func answer(_ message: ClientMessage, hub: ChannelHub, instruments: InstrumentTable) -> ByteBuffer {
        guard message.text.utf8.count <= 65_536,
            let command = try? JSONDecoder().decode(ClientCommand.self, from: Data(message.text.utf8))
        else {
            return fault("bad_request", "websocket: the message was not understood; allowed \(allowed).")
        }
        if let symbols = command.subscribe ?? command.unsubscribe {
            let adds = command.subscribe != nil
            guard symbols != ["*"] else { return chooseAll(message.client, hub, adds: adds) }
            do throws(PluginError) {
                let topics = Set(try symbols.map { (symbol) throws(PluginError) in try topic(symbol, instruments) })
                return change(topics, message.client, hub, adds: adds)
            } catch {
                return fault("unknown_symbol", error.message)
            }
        }
        guard let ping = command.ping else {
            return fault("bad_request", "websocket: the message asks for nothing known; allowed \(allowed).")
        }
        return text { json in
            json.key("pong")
            ping.append(to: &json)
        }
    }

    private static let allowed = #"{"subscribe":["AAPL"]}, {"unsubscribe":["AAPL"]}, {"ping":1}"#

    /// Gives a client every instrument, which is also the start, or none.
    private static func chooseAll(_ client: ClientID, _ hub: ChannelHub, adds: Bool) -> ByteBuffer {
        hub.setTopics(client, adds ? nil : [])
        return adds ? text { $0.field("subscribed", "*") } : text { $0.field("subscribed", [String]()) }
    }

    /// The topic of a symbol: of an instrument the host has, else of one that may come.
    static func topic(_ symbol: String, _ instruments: InstrumentTable) throws(PluginError) -> String {
        if let id = instruments.id(meantBy: symbol) { return instruments.instrument(id).description }
        return try Instrument(parsing: symbol).description
    }

    private static func change(_ topics: Set<String>, _ client: ClientID, _ hub: ChannelHub, adds: Bool) -> ByteBuffer {
        let old = hub.topics(client)
        guard adds || old != nil else {
            return fault("bad_request", #"websocket: all instruments are subscribed. Name some by "subscribe" first."#)
        }
        let new = adds ? (old ?? []).union(topics) : (old ?? []).subtracting(topics)
        guard new.count <= maxTopics else {
            return fault(
                "too_many_topics", "websocket: \(new.count) instruments; allowed \(maxTopics). Subscribe '*'.")
        }
        hub.setTopics(client, new)
        return text { $0.field("subscribed", new.sorted()) }
    }

    private static func fault(_ code: String, _ message: String) -> ByteBuffer {
        text { json in
            json.key("error")
            json.object { json in
                json.field("code", code)
                json.field("message", message)
            }
        }
    }

    private static func text(_ body: (inout JSONText) -> Void) -> ByteBuffer {
        var json = JSONText(capacity: 128)
        json.object(body)
        return ByteBuffer(bytes: json.bytes)
    }
}

/// A number or a short text that is sent back as it came.
private enum Scalar: Decodable {
    case whole(Int)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let whole = try? container.decode(Int.self) {
            self = .whole(whole)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(String(try container.decode(String.self).prefix(64)))
        }
    }

    func append(to json: inout JSONText) {
        switch self {
        case .whole(let whole): json.value(whole)
        case .number(let number): json.value(number)
        case .text(let text): json.value(text)
        }
    }
}
