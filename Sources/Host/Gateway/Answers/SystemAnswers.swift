import CivilTime
import HTTPTypes
import HostCore
import HostWebSocket
import JSONWriting
import PluginKit

/// `/health` and `/api/v2/system/...`: how the host is.
struct SystemAnswers: Sendable {
    private let view: HostView
    private let hub: ChannelHub
    private let requests: RequestCounters

    /// Creates the routes over a host and its server.
    init(_ view: HostView, hub: ChannelHub, requests: RequestCounters) {
        self.view = view
        self.hub = hub
        self.requests = requests
    }

    /// Answers with one word: for supervisors and load balancers.
    func health() -> Reply {
        let health = HostHealth(view.board.all)
        var json = JSONText(capacity: 64)
        json.object { $0.field("status", health.rawValue) }
        return Reply(status: health.httpStatus, json)
    }

    /// Answers as long as the process does.
    func live() -> Reply {
        var json = JSONText(capacity: 64)
        json.object { $0.field("status", "live") }
        return Reply(json)
    }

    /// Answers with 200 once the host serves what it is there for, with 503 and what it waits for before.
    func ready() -> Reply {
        let health = HostHealth(view.board.all)
        let waiting = Readiness(view).waiting
        let isReady = waiting.isEmpty && health.httpStatus == .ok
        var json = JSONText(capacity: 256)
        json.object { json in
            json.field("status", isReady ? "ready" : health.httpStatus == .ok ? "starting" : health.rawValue)
            json.field("waiting", waiting)
        }
        var reply = Reply(status: isReady ? .ok : .serviceUnavailable, json)
        if !isReady { reply.fields[.retryAfter] = "1" }
        return reply
    }

    /// Answers with the state of each instance.
    func systemHealth() -> Reply {
        let statuses = view.board.all
        let health = HostHealth(statuses)
        var json = JSONText(capacity: 128 + statuses.count * 160)
        json.object { json in
            json.field("status", health.rawValue)
            json.append(instances: statuses)
        }
        return Reply(status: health.httpStatus, json)
    }

    /// Answers with all a person wants to see at once.
    func status() -> Reply {
        let statuses = view.board.all
        var json = JSONText(capacity: 4096)
        json.object { json in
            json.field("status", HostHealth(statuses).rawValue)
            json.field("version", view.version)
            json.field("started_at", time: view.startedAt)
            json.field("uptime_seconds", uptimeSeconds)
            json.field("instruments", view.latest.instruments.map { view.instruments.instrument($0).description })
            json.append(instances: statuses)
            json.append(providers: view.providers())
            json.append(models: view.models.all)
            json.append(pipelines: view.counters())
            json.append(server: hub)
        }
        return Reply(json)
    }

    /// Answers with the counters.
    func metrics() -> Reply {
        var json = JSONText(capacity: 4096)
        json.object { json in
            json.field("uptime_seconds", uptimeSeconds)
            json.append(pipelines: view.counters())
            json.append(server: hub)
            json.key("http_requests")
            json.array { json in
                for row in requests.snapshot {
                    json.object { json in
                        json.field("route", row.route)
                        json.field("status", row.status)
                        json.field("count", row.count)
                    }
                }
            }
        }
        return Reply(json)
    }

    private var uptimeSeconds: Int { max(0, Int((WallClock.now() - view.startedAt) / 1_000_000_000)) }
}

extension JSONText {
    /// Writes `instances`.
    mutating func append(instances: [InstanceStatus]) {
        key("instances")
        array { json in for instance in instances { json.append(instance: instance) } }
    }

    /// Writes one instance.
    mutating func append(instance: InstanceStatus) {
        object { json in
            json.field("kind", instance.kind.rawValue)
            json.field("id", instance.id)
            json.field("plugin", instance.plugin)
            json.field("state", instance.state.rawValue)
            json.field("message", instance.message)
            json.field("since", time: instance.since)
        }
    }

    /// Writes `providers`: how each answers on request.
    mutating func append(providers: [(id: String, standing: ProviderGate.Report)]) {
        key("providers")
        array { json in for (id, standing) in providers { json.append(provider: id, standing) } }
    }

    /// Writes how one provider answers.
    mutating func append(provider id: String, _ standing: ProviderGate.Report) {
        object { json in
            json.field("provider", id)
            json.field("breaker", standing.breaker.rawValue)
            if let time = standing.opensAt { json.field("opens_at", time: time) }
            json.field("health", standing.health.value)
            json.field("answer_seconds", standing.health.seconds ?? .nan)
            json.field("answered", standing.health.counts.answered)
            json.field("failed", standing.health.counts.failed)
            if let left = standing.left { json.field("left_today", left) }
        }
    }

    /// Writes `models`, without their cards.
    mutating func append(models: [ModelBoard.Entry]) {
        key("models")
        array { json in
            for model in models {
                json.object { json in
                    json.field("model", model.model)
                    json.field("pipeline", model.pipeline)
                    json.field("plugin", model.plugin)
                    json.field("state", model.state)
                    json.field("origin", model.origin)
                    json.field("progress", model.progress)
                    json.field("message", model.message)
                    json.field("version", model.version)
                }
            }
        }
    }

    /// Writes `websocket`.
    mutating func append(server hub: ChannelHub) {
        key("websocket")
        object { json in
            json.field("connections", hub.connectionCount)
            json.field("delivered", hub.deliveredTotal)
            json.field("dropped", hub.droppedTotal)
            json.field("conflated", hub.conflatedTotal)
            json.key("subscribers")
            json.object { json in for channel in hub.channels { json.field(channel, hub.subscriberCount(channel)) } }
        }
    }

    /// Writes `pipelines`.
    mutating func append(pipelines: [FlowSnapshot]) {
        key("pipelines")
        array { json in for pipeline in pipelines { json.append(pipeline) } }
    }

    /// Writes the counters of one pipeline.
    mutating func append(_ pipeline: FlowSnapshot) {
        object { json in
            json.field("pipeline", pipeline.pipeline)
            json.field("received", pipeline.received)
            json.field("accepted", pipeline.accepted)
            if pipeline.isShaped {
                json.field("rows", pipeline.rows)
                json.field("unused", pipeline.driving.unused)
            }
            if pipeline.isSectioned {
                if !pipeline.isShaped { json.field("rows", pipeline.rows) }
                json.append(pipeline.section)
            }
            json.field("rejected", pipeline.rejected)
            json.field("undecided", pipeline.undecided)
            json.field("corrections", pipeline.corrections)
            json.field("revised", pipeline.revised)
            json.field("suspect", pipeline.suspects)
            json.field("missing_bars", pipeline.missingBars)
            json.field("ingest_waiting", pipeline.ingestWaiting)
            json.field("alerts", pipeline.alerts)
            if !pipeline.sides.isEmpty {
                json.key("inputs")
                json.array { json in for input in pipeline.sides { json.append(input) } }
            }
            json.key("models")
            json.array { json in for model in pipeline.models { json.append(model) } }
            json.key("sinks")
            json.array { json in for sink in pipeline.sinks { json.append(sink) } }
        }
    }

    private mutating func append(_ section: SectionTally) {
        key("sections")
        object { json in
            json.field("closed", section.closed)
            json.field("absent", section.absent)
            json.field("held", section.held)
            json.field("missing", section.missing)
        }
    }

    private mutating func append(_ input: FlowSnapshot.Input) {
        object { json in
            json.field("input", input.name)
            json.field("received", input.received)
            json.field("accepted", input.accepted)
            if input.isShaped {
                json.field("rows", input.rows)
                json.field("unused", input.unused)
            }
            json.field("rejected", input.rejected)
            json.field("undecided", input.undecided)
            json.field("suspect", input.suspects)
            json.field("missing", input.missing)
        }
    }

    private mutating func append(_ model: FlowSnapshot.Model) {
        object { json in
            json.field("model", model.id)
            json.field("predicted", model.predicted)
            json.field("not_predicted", model.notPredicted)
            json.field("flagged", model.flagged)
            json.field("outcomes", model.outcomes)
            json.field("learned", model.learned)
            if let error = model.recent.meanAbsoluteError { json.field("recent_error", error) }
            if let rate = model.recent.hitRate { json.field("recent_hit_rate", rate) }
            if let worst = model.rows.shifts.max(by: { $0.psi < $1.psi }) {
                json.field("drifting_feature", worst.feature)
                json.field("feature_psi", worst.psi)
                json.field("feature_ks", model.rows.shifts.map(\.ks).max() ?? 0)
                json.field("error_drift", model.errors.level)
                json.field("error_alarms", model.errors.alarms)
            }
        }
    }

    private mutating func append(_ sink: FlowSnapshot.Sink) {
        object { json in
            json.field("sink", sink.id)
            json.field("offered", sink.offered)
            json.field("delivered", sink.delivered)
            json.field("dropped", sink.dropped)
            json.field("refused", sink.refused)
            json.field("waiting", sink.waiting)
            json.field("already_durable", sink.alreadyDurable)
        }
    }
}
