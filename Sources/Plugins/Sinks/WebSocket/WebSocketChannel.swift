public import PluginKit
import RecordText
import Synchronization

/// Sends each record as one JSON text message to the subscribers of the host's WebSocket channels.
///
/// - Takes: all kinds.
/// - Time: event time in UTC, ISO 8601.
/// - Limits: nothing waits here; a slow reader loses its oldest messages at the gateway, which counts them.
/// - Needs: nothing; the gateway serves the channels.
public final class WebSocketChannel: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "websocket", summary: "Sends records to WebSocket channels, a JSON message each.",
        schema: ConfigurationSchema([
            ConfigurationOption(
                "channels", .map(.list(.text, 0...8)), default: .map(defaultChannels.mapValues(list)),
                "Channels of each kind of record; a kind that is not named keeps its default, an empty list sends none."
            )
        ]),
        accepts: Set(RecordKind.allCases))

    private static let defaultChannels: [String: [String]] = Dictionary(
        uniqueKeysWithValues: RecordKind.allCases.map { kind in
            (kind.rawValue, (ownChannels[kind].map { [$0] } ?? []) + ["/ws/enhanced"])
        })
    /// Kinds that have a channel of their own besides.
    private static let ownChannels: [RecordKind: String] = [
        .predictions: "/ws/ai-predictions", .alerts: "/ws/risk-alerts",
    ]

    private let channels: [RecordKind: [String]]
    private let context: PluginContext
    private let json: Mutex<RecordJSON>

    /// The channels that the host's gateway serves.
    private static let servedChannels = Set(defaultChannels.values.joined()).sorted()

    /// Returns a fault for each key that is no kind of record and each channel that the host does not serve.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard case .map(let map) = configuration.values["channels"] else { return [] }
        let kinds = RecordKind.allCases.map(\.rawValue)
        return map.keys.sorted().flatMap { kind in
            kinds.contains(kind)
                ? texts(map[kind]).filter { !servedChannels.contains($0) }.map { path in
                    ConfigurationFault(
                        option: "channels",
                        "'\(kind)' names the channel \(PluginError.quoted(path)), which the host does not serve; allowed: "
                            + "\(servedChannels.joined(separator: ", ")).")
                }
                : [
                    ConfigurationFault(
                        option: "channels",
                        "\(PluginError.quoted(kind)) is no kind of record; allowed: \(kinds.joined(separator: ", ")).")
                ]
        }
    }

    /// Builds an instance.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        let chosen = try configuration.nested("channels").values
        var channels: [RecordKind: [String]] = [:]
        for kind in RecordKind.allCases {
            channels[kind] = chosen[kind.rawValue].map(Self.texts) ?? Self.defaultChannels[kind.rawValue] ?? []
        }
        self.channels = channels
        self.context = context
        json = Mutex(RecordJSON(instruments: context.instruments))
    }

    /// Hands each row to the channels of its kind; the topic is the instrument.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard let paths = channels[batch.kind], !paths.isEmpty else { return .accepted }
        let messages = json.withLock { json in
            var messages: [[UInt8]] = []
            messages.reserveCapacity(batch.count)
            json.forEachRow(of: batch) { _, object in messages.append(object) }
            return messages
        }
        let table = batch.table
        for (row, message) in messages.enumerated() {
            let topic = table.instrument(row).map { context.instruments.instrument($0).description }
            for path in paths { context.publish(path, topic, message) }
        }
        return .accepted
    }

    private static func list(_ texts: [String]) -> ConfigurationValue { .list(texts.map { .text($0) }) }

    private static func texts(_ value: ConfigurationValue?) -> [String] {
        guard case .list(let items) = value else { return [] }
        return items.compactMap { item in
            if case .text(let text) = item { text } else { nil }
        }
    }
}
