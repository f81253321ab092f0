import HostCore
import JSONWriting
import PluginKit

/// The lists of what runs: models, providers, pipelines, instances, indicators. Each line is that of `/api/v2/system/status`.
struct ListAnswers: Sendable {
    /// The filters of instances.
    static let ofInstances = [
        Parameter("kind", .id, standard: "every kind"), Parameter("state", .id, standard: "every state"),
    ]

    private let view: HostView

    /// Creates the routes over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers with every model of every pipeline.
    func models(_ query: QueryParameters) -> Reply {
        let found = view.models.all.filter { query["pipeline"] == nil || $0.pipeline == query["pipeline"] }
        return Self.reply { $0.append(models: found) }
    }

    /// Answers with the providers that were asked.
    func providers() -> Reply { Self.reply { $0.append(providers: view.providers()) } }

    /// Answers with one provider.
    func provider(_ id: String) throws(GatewayError) -> Reply {
        let all = view.providers()
        guard let found = all.first(where: { $0.id == id }) else {
            throw .noInstance("provider", id, known: all.map(\.id))
        }
        return Reply(Self.json { $0.append(provider: found.id, found.standing) })
    }

    /// Answers with the counters of every pipeline.
    func pipelines() -> Reply { Self.reply { $0.append(pipelines: view.counters()) } }

    /// Answers with the counters of one pipeline.
    func pipeline(_ id: String) throws(GatewayError) -> Reply {
        let all = view.counters()
        guard let found = all.first(where: { $0.pipeline == id }) else {
            throw .noInstance("pipeline", id, known: all.map(\.pipeline))
        }
        return Reply(Self.json { $0.append(found) })
    }

    /// Answers with the instances, those of a kind or in a state.
    func instances(_ query: QueryParameters) -> Reply {
        let (kind, state) = (query["kind"], query["state"])
        let found = view.board.all.filter {
            (kind == nil || $0.kind.rawValue == kind) && (state == nil || $0.state.rawValue == state)
        }
        return Self.reply { $0.append(instances: found) }
    }

    private static func reply(_ body: (inout JSONText) -> Void) -> Reply { Reply(json { $0.object(body) }) }

    private static func json(_ body: (inout JSONText) -> Void) -> JSONText {
        var json = JSONText(capacity: 4_096)
        body(&json)
        return json
    }
}
