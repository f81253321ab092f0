import HostCore
import JSONWriting
import PluginKit
import StdioProtocol

/// `/api/v2/plugins`: what can be named in the manifest, and what was.
struct PluginAnswers: Sendable {
    private let view: HostView

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers with the catalogue and the instances.
    func reply() -> Reply {
        var json = JSONText(capacity: 16_384)
        json.object { json in
            json.key("plugins")
            json.array { json in for plugin in view.plugins { Self.append(plugin, to: &json) } }
            json.append(instances: view.board.all)
        }
        return Reply(json)
    }

    /// Answers with the indicators.
    func indicators() -> Reply {
        var json = JSONText(capacity: 65_536)
        json.object { json in
            json.key("indicators")
            json.array { json in
                for plugin in view.plugins where plugin.kind == .indicator { Self.append(plugin, to: &json) }
            }
        }
        return Reply(json)
    }

    /// Answers with one plugin of the catalogue.
    func info(kind: String, name: String) throws(GatewayError) -> Reply {
        guard let plugin = view.plugins.first(where: { $0.kind.rawValue == kind && $0.name == name }) else {
            throw GatewayError(
                .unknownInstance,
                "gateway: no plugin \(PluginError.quoted("\(kind)/\(name)")). /api/v2/plugins lists which there are.")
        }
        var json = JSONText(capacity: 4_096)
        Self.append(plugin, to: &json)
        return Reply(json)
    }

    private static func append(_ plugin: PluginDescriptor, to json: inout JSONText) {
        json.object { json in
            json.field("id", plugin.id)
            json.field("kind", plugin.kind.rawValue)
            json.field("name", plugin.name)
            json.field("version", plugin.version)
            json.field("summary", plugin.summary)
            json.field("stability", plugin.stability.rawValue)
            if plugin.kind == .indicator { json.field("reads", plugin.reads.rawValue) }
            json.key("outputs")
            json.array { json in
                for output in plugin.outputs {
                    json.object { json in
                        json.field("name", output.name)
                        json.field("unit", output.unit)
                        json.field("summary", output.summary)
                        let (role, probability) = output.role.words
                        if output.role != .value { json.field("role", role) }
                        if let probability { json.field("probability", probability) }
                    }
                }
            }
            if !plugin.accepts.isEmpty { json.field("accepts", plugin.accepts.map(\.rawValue).sorted()) }
            json.key("options")
            json.array { json in for option in plugin.schema.options { append(option, to: &json) } }
        }
    }

    private static func append(_ option: ConfigurationOption, to json: inout JSONText) {
        json.object { json in
            json.field("name", option.name)
            json.field("type", option.type.text)
            json.field("required", option.isRequired)
            if let value = option.defaultValue {
                json.key("default")
                append(value, to: &json)
            }
            if let unit = option.unit { json.field("unit", unit) }
            json.field("summary", option.summary)
        }
    }

    private static func append(_ value: ConfigurationValue, to json: inout JSONText) {
        switch value {
        case .text(let text): json.value(text)
        case .integer(let number): json.value(number)
        case .number(let number): json.value(number)
        case .boolean(let flag): json.value(flag)
        case .duration(let duration): json.value(duration.optionText)
        case .secret: json.null()
        case .list(let values): json.array { json in for value in values { append(value, to: &json) } }
        case .map(let values):
            json.object { json in
                for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                    json.key(key)
                    append(value, to: &json)
                }
            }
        }
    }
}

extension OptionType {
    /// The type in words, with what is allowed.
    var text: String {
        switch self {
        case .text: "text"
        case .symbol: "symbol"
        case .integer(let range): "integer \(range.lowerBound)...\(range.upperBound)"
        case .number(let range): "number \(range.lowerBound)...\(range.upperBound)"
        case .ratio(let range): "ratio \(range.lowerBound)...\(range.upperBound)"
        case .boolean: "boolean"
        case .duration(let range): "duration \(range.lowerBound.optionText)...\(range.upperBound.optionText)"
        case .secret: "secret"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .path: "path"
        case .reference(let kind): "id of a \(kind.rawValue)"
        case .list(let type, let count): "\(count.lowerBound)...\(count.upperBound) of \(type.text)"
        case .map(let type): "map to \(type.text)"
        case .record(let schema): "record of \(schema.options.map(\.name).joined(separator: ", "))"
        }
    }
}

extension Duration {
    /// The span as it is written in the manifest, in the largest unit that leaves no rest: `250ms`, `10s`, `3d`.
    var optionText: String {
        let (seconds, attoseconds) = components
        guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)]
        where seconds != 0 && seconds % size == 0 { return "\(seconds / size)\(unit)" }
        return "\(seconds)s"
    }
}
