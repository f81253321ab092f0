import AccessScopes
import HTTPTypes
import HostWebSocket
import JSONWriting

/// The routes as an OpenAPI 3.1 document.
struct OpenAPIDocument {
    /// The routes.
    let endpoints: [Endpoint]
    /// The paths of WebSocket channels.
    let channels: [String]
    /// The host's version.
    let version: String

    /// The document as JSON.
    var bytes: [UInt8] {
        var json = JSONText(capacity: 65_536)
        json.object { json in
            json.field("openapi", "3.1.0")
            json.key("info")
            json.object { json in
                json.field("title", "Penstock")
                json.field("version", version)
                json.field(
                    "description", "Market data, features and predictions of one host. docs/http-api.md has the rest.")
            }
            json.key("paths")
            json.object { write(paths: &$0) }
            json.key("components")
            json.object { write(components: &$0) }
        }
        return json.bytes
    }

    private func write(paths json: inout JSONText) {
        var seen: Set<String> = []
        for path in endpoints.map(\.path) where seen.insert(path).inserted {
            json.key(path)
            json.object { json in
                for endpoint in endpoints where endpoint.path == path { write(endpoint, to: &json) }
            }
        }
        for channel in channels {
            json.key(channel)
            json.object { write(channel: channel, to: &$0) }
        }
    }

    private func write(_ endpoint: Endpoint, to json: inout JSONText) {
        json.key(endpoint.method.rawValue.lowercased())
        json.object { json in
            json.field("operationId", Self.identifier(endpoint.method.rawValue.lowercased(), endpoint.path))
            json.field("summary", endpoint.summary)
            json.field("tags", [Self.tag(endpoint.path)])
            if endpoint.scope != .open {
                json.key("security")
                json.array { json in
                    // An empty one says that nothing may be needed: so it is on loopback while nobody has a key.
                    if endpoint.scope.isOpenLocally { json.object { _ in } }
                    json.object { $0.field("token", [endpoint.scope.rawValue]) }
                }
            }
            json.key("parameters")
            json.array { json in
                for parameter in endpoint.places { parameter.write(in: "path", to: &json) }
                for parameter in endpoint.parameters { parameter.write(in: "query", to: &json) }
            }
            if let media = endpoint.takes {
                json.key("requestBody")
                json.object { json in
                    json.field("required", false)
                    json.key("content")
                    json.object { json in
                        json.key(media)
                        json.object { json in
                            json.key("schema")
                            json.object { $0.field("type", "string") }
                        }
                    }
                }
            }
            json.key("responses")
            json.object { write(responses: endpoint, to: &$0) }
        }
    }

    private func write(responses endpoint: Endpoint, to json: inout JSONText) {
        let errors = Dictionary(grouping: endpoint.allErrors) { $0.status.code }
        if endpoint.method == .get {
            json.key("304")
            json.object { $0.field("description", "the client has it: 'If-None-Match' has its ETag") }
        }
        for status in Set([200] + endpoint.form.statuses + errors.keys).sorted() {
            let codes = errors[status] ?? []
            json.key("\(status)")
            json.object { json in
                json.field("description", Self.text(status, codes, endpoint))
                json.key("content")
                json.object { json in
                    if status == 200 || endpoint.form.statuses.contains(status) { endpoint.form.write(to: &json) }
                    if !codes.isEmpty { Self.write(problem: &json) }
                }
            }
        }
    }

    private func write(channel: String, to json: inout JSONText) {
        json.key("get")
        json.object { json in
            json.field("operationId", Self.identifier("get", channel))
            let isStream = channel.hasPrefix("/sse/")
            json.field(
                "summary",
                isStream
                    ? "a live channel as Server-Sent Events; 'Last-Event-ID' is as 'after'"
                    : "a live channel as a WebSocket; without 'Upgrade: websocket' the answer is 426")
            json.field("tags", ["live"])
            json.key("parameters")
            json.array { json in for parameter in LiveChannels.parameters { parameter.write(in: "query", to: &json) } }
            json.key("responses")
            json.object { json in
                json.key(isStream ? "200" : "101")
                json.object { json in
                    json.field("description", isStream ? "events without end" : "the connection is a WebSocket now")
                    guard isStream else { return }
                    json.key("content")
                    json.object { json in
                        json.key("text/event-stream")
                        json.object { json in
                            json.key("schema")
                            json.object { $0.field("type", "string") }
                        }
                    }
                }
                for status in isStream ? [400, 403, 503] : [400, 403, 426, 503] {
                    json.key("\(status)")
                    json.object { json in
                        json.field("description", ProblemBody.title(status))
                        json.key("content")
                        json.object { Self.write(problem: &$0) }
                    }
                }
            }
        }
    }

    private func write(components json: inout JSONText) {
        var named = Shape.Names()
        for endpoint in endpoints { endpoint.form.shape.map { named.take($0) } }
        named.take(Self.problem)
        json.key("schemas")
        json.object { json in
            for (name, shape) in named.all.sorted(by: { $0.key < $1.key }) {
                json.key(name)
                shape.write(to: &json)
            }
        }
        json.key("securitySchemes")
        json.object { json in
            json.key("token")
            json.object { json in
                json.field("type", "http")
                json.field("scheme", "bearer")
                json.field(
                    "description",
                    "a key of `penstock keys`, or the text of the file control/token in the host's state folder; where it is one of "
                        + "two, requests on loopback need none while there is no key")
            }
        }
    }

    /// What every error looks like.
    static let problem = Shape.named(
        "Problem",
        .record([
            Member("type", .text), Member("title", .text), Member("status", .whole), Member("detail", .text),
            Member(
                "error", .record([Member("code", .text), Member("message", .text), Member("request_id", .text)])),
        ]))
    private typealias Member = Shape.Member

    private static func write(problem json: inout JSONText) {
        json.key(ProblemBody.media)
        json.object { json in
            json.key("schema")
            problem.write(to: &json)
        }
    }

    private static func text(_ status: Int, _ codes: [GatewayError.Code], _ endpoint: Endpoint) -> String {
        if status == 200 { return endpoint.summary }
        return codes.isEmpty
            ? ProblemBody.title(status)
            : codes.map { "`\($0.name)`: \($0.summary)" }.joined(separator: "; ")
    }

    /// `get_api_v2_stocks_symbol_historical`: unique, and a name in any language.
    private static func identifier(_ method: String, _ path: String) -> String {
        method + "_" + path.split { !$0.isLetter && !$0.isNumber }.joined(separator: "_")
    }

    /// The part of the host a path is about.
    private static func tag(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "api" ? String(parts[2]) : "host"
    }
}

extension AnswerForm {
    /// Writes the media type with its schema.
    fileprivate func write(to json: inout JSONText) {
        json.key(media)
        json.object { json in
            json.key("schema")
            if let shape { shape.write(to: &json) } else { json.object { $0.field("type", "string") } }
        }
        guard rows != nil else { return }
        for table in Representation.Table.allCases {
            json.key(table.rawValue)
            json.object { json in
                json.key("schema")
                json.object { $0.field("type", "string") }
            }
        }
    }
}
