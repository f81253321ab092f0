/// What the answers about the host itself look like.
extension Shape {
    /// One word.
    static let status = Shape.record([Member("status", health)])
    private static let health = Shape.word(["starting", "ok", "degraded", "failed", "draining"])

    /// Whether the process answers.
    static let live = Shape.record([Member("status", .word(["live"]))])

    /// Whether the host serves, and what it waits for.
    static let ready = Shape.record([
        Member("status", .word(["ready", "starting", "failed", "draining"])), Member("waiting", .list(.text)),
    ])

    /// Who asks.
    static let session = Shape.record([
        Member("required", .flag), Member("name", .maybe(.text)), Member("role", .maybe(.text)),
        Member("scopes", .list(.text)), Member("csrf", .maybe(.text)),
    ])

    /// The log of changes.
    static let audit = Shape.record([
        Member(
            "entries",
            .list(
                .record(
                    [Member("number", .whole), Member("time", .time)]
                        + ["who", "role", "proof", "from", "action", "target"].map { Member($0, .text) }
                        + ["old", "new", "reason"].map { Member($0, .maybe(.text)) }
                        + [Member("result", .word(["done", "refused", "failed"])), Member("hash", .text)])))
    ])

    /// The states of the instances.
    static let systemHealth = Shape.record([Member("status", health), instances])

    /// All a person wants to see at once.
    static let systemStatus = Shape.record([
        Member("status", health), Member("version", .text), Member("started_at", .time),
        Member("uptime_seconds", .whole), Member("instruments", .list(.text)), instances,
        Member("providers", .list(providerStanding)), Member("models", .list(modelLine)), pipelines, websocket,
    ])

    /// The counters.
    static let systemMetrics = Shape.record([
        Member("uptime_seconds", .whole), pipelines, websocket,
        Member(
            "http_requests",
            .list(.record([Member("route", .text), Member("status", .whole), Member("count", .whole)]))),
    ])

    /// A plugin instance, or a part of the host with a state of its own.
    static let instance = Shape.named(
        "Instance",
        .record([
            Member("kind", .text), Member("id", .text), Member("plugin", .text),
            Member("state", .word(["starting", "ok", "degraded", "failed", "draining", "stopped", "disabled"])),
            Member("message", .text), Member("since", .time),
        ]))

    /// How a provider answers.
    static let providerStanding = Shape.named(
        "ProviderStanding",
        .record([
            Member("provider", .text), Member("breaker", .word(["closed", "open", "half_open"])),
            Member(optional: "opens_at", .time), Member("health", .number), Member("answer_seconds", .number),
            Member("answered", .whole), Member("failed", .whole), Member(optional: "left_today", .whole),
        ]))

    /// How a model stands, without its card.
    static let modelLine = Shape.named("Model", .record(modelMembers))

    /// The members of a model's line.
    static let modelMembers = [
        Member("model", .text), Member("pipeline", .text), Member("plugin", .text),
        Member("state", .word(["fitting", "serving", "disabled", "failed"])),
        Member("origin", .word(["", "fitted", "stored"])), Member("progress", .number), Member("message", .text),
        Member("version", .whole),
    ]

    /// A pipeline's counters.
    static let pipeline = Shape.named(
        "PipelineCounters",
        .record([
            Member("pipeline", .text), Member("received", .whole), Member("accepted", .whole),
            Member(optional: "rows", .whole), Member(optional: "unused", counts),
            Member(
                optional: "sections",
                .record([
                    Member("closed", .whole), Member("absent", .whole), Member("held", .whole),
                    Member("missing", counts),
                ])),
            Member("rejected", counts), Member("undecided", .whole), Member("corrections", .whole),
            Member("revised", .whole), Member("suspect", counts), Member("missing_bars", counts),
            Member("ingest_waiting", .whole),
            Member("alerts", counts), Member(optional: "inputs", .list(pipelineInput)),
            Member("models", .list(pipelineModel)), Member("sinks", .list(pipelineSink)),
        ]))

    private static let pipelineInput = Shape.record([
        Member("input", .text), Member("received", .whole), Member("accepted", .whole),
        Member(optional: "rows", .whole), Member(optional: "unused", counts), Member("rejected", counts),
        Member("undecided", .whole), Member("suspect", counts), Member("missing", counts),
    ])

    private static let pipelineModel = Shape.record([
        Member("model", .text), Member("predicted", .whole), Member("not_predicted", counts),
        Member("outcomes", .whole), Member("learned", .whole), Member(optional: "recent_error", .number),
        Member(optional: "recent_hit_rate", .number), Member(optional: "drifting_feature", .text),
        Member(optional: "feature_psi", .number), Member(optional: "feature_ks", .number),
        Member(optional: "error_drift", .number), Member(optional: "error_alarms", .whole),
        Member("flagged", counts),
    ])

    private static let pipelineSink = Shape.record([
        Member("sink", .text), Member("offered", .whole), Member("delivered", .whole), Member("dropped", counts),
        Member("refused", counts), Member("waiting", .whole), Member("already_durable", .whole),
    ])

    private static let counts = Shape.map(.whole)
    private static let pipelines = Member("pipelines", .list(pipeline))
    /// The member `instances`.
    static let instances = Member("instances", .list(instance))
    private static let websocket = Member(
        "websocket",
        .record([
            Member("connections", .whole), Member("delivered", .whole), Member("dropped", .whole),
            Member("conflated", .whole),
            Member("subscribers", .map(.whole)),
        ]))
}
