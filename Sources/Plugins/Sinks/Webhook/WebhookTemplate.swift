import JSONWriting
import Notices

/// The body that a service wants of a message, and how it says in an answer with status 200 that it did not take it.
enum WebhookTemplate: String, CaseIterable {
    /// An object with everything that is known.
    case json
    /// Slack, incoming webhooks.
    case slack
    /// Discord, channel webhooks.
    case discord
    /// Telegram, `sendMessage` of a bot.
    case telegram
    /// DingTalk, robots of a group.
    case dingtalk
    /// Feishu and Lark, bots of a group.
    case feishu
    /// WeCom, robots of a group.
    case wecom
    /// What the option `body` says.
    case custom

    /// The places of `body` that are filled in.
    static let places = ["kind", "time", "name", "level", "instrument", "message", "title", "text"]

    /// The member of an answer that is 0 where the message was taken.
    var codeMember: String? {
        switch self {
        case .dingtalk, .wecom: "errcode"
        case .feishu: "code"
        default: nil
        }
    }

    /// Codes that mean: too many messages, later again.
    static let tooMany: Set<Int64> = [130_101, 45_009, 9_499, 11_232]

    /// Returns the body for a notice. Text of others is shown as text: nothing in it is markup, nothing calls a group.
    func body(_ notice: Notice, chat: String, custom: String) -> [UInt8] {
        var json = JSONText()
        switch self {
        case .json:
            json.object { json in
                for place in Self.places { json.field(place, Self.value(place, of: notice)) }
            }
        case .slack: json.object { $0.field("text", Self.withoutTags(notice.text)) }
        case .discord:
            json.object { json in
                json.field("content", String(notice.text.prefix(2_000)))
                json.key("allowed_mentions")
                json.object { $0.field("parse", [String]()) }
            }
        case .telegram:
            json.object { json in
                json.field("chat_id", chat)
                json.field("text", String(notice.text.prefix(4_096)))
            }
        case .dingtalk, .wecom:
            json.object { json in
                json.field("msgtype", "text")
                json.key("text")
                json.object { $0.field("content", notice.text) }
            }
        case .feishu:
            json.object { json in
                json.field("msg_type", "text")
                json.key("content")
                json.object { $0.field("text", Self.withoutTags(notice.text)) }
            }
        case .custom: return Array(Self.filled(custom, notice).utf8)
        }
        return json.bytes
    }

    /// Returns a text with what stands in braces filled in, each as it stands inside a JSON string.
    static func filled(_ text: String, _ notice: Notice) -> String {
        var made = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "{") {
            made += rest[..<start]
            let inner = rest[rest.index(after: start)...]
            if let place = places.first(where: { inner.hasPrefix($0 + "}") }) {
                var quoted: [UInt8] = []
                JSONBytes.append(value(place, of: notice), to: &quoted)
                made += String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
                rest = inner.dropFirst(place.count + 1)
            } else {
                made += "{"
                rest = inner
            }
        }
        return made + rest
    }

    private static func value(_ place: String, of notice: Notice) -> String {
        switch place {
        case "kind": notice.kind
        case "time": notice.time
        case "name": notice.name
        case "level": notice.level
        case "instrument": notice.instrument
        case "message": notice.message
        case "title": notice.title
        default: notice.text
        }
    }

    private static func withoutTags(_ text: String) -> String {
        text.reduce(into: "") { made, character in
            switch character {
            case "&": made += "&amp;"
            case "<": made += "&lt;"
            case ">": made += "&gt;"
            default: made.append(character)
            }
        }
    }
}
