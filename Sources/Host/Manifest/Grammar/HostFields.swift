package import PluginKit

/// The keys the host itself reads: their types, defaults and meaning.
///
/// The one source for reading, checking, `config explain` and the JSON Schema. Plugin options add to these.
package enum HostFields {
    /// The version of the manifest this host reads.
    package static let version = 1

    /// The keys under `host`.
    package static let host: [Field] = [
        Field(
            "listen", .address, default: .text("127.0.0.1:8080"),
            "Address the gateway listens on; port 0 lets the system choose."),
        Field(
            "connections", .integer(16...100_000), default: .integer(768), unit: "connections",
            "Most connections of clients that are open at once, of which five sixths may be live channels; fewer where the process "
                + "may not open as many files."),
        Field("state", .path, default: .text("var"), "Folder of the database, artifacts and quarantine."),
        Field("workers", .integer(1...64), default: .integer(1), "Partitions of a pipeline that run side by side."),
        Field(
            "stop_timeout", .duration(.seconds(1)...(.seconds(300))), default: .duration(.seconds(5)),
            "How long a stop may take before it is forced."),
        Field(
            "log_level", .choice(LogLevel.allCases.map(\.rawValue)), default: .text(LogLevel.info.rawValue),
            "Least severe level that is logged."),
        Field("security", .record(security), "Who may in, and how connections are encrypted."),
        Field("plugins", .record(plugins), "Plugins that are not compiled in."),
        Field("retain", .record(retain), "How long the state database keeps what nothing is served from."),
        Field(
            "traces", .record(traces),
            "Where to send traces of some deliveries, from provider to sink (OTLP over HTTP); absent, there are none."),
    ]

    /// The keys under `host.traces`.
    private static let traces: [Field] = [
        Field(
            "endpoint", .text, isRequired: true,
            "Address of an OpenTelemetry collector, as http://127.0.0.1:4318; /v1/traces is added."),
        Field(
            "every", .integer(1...1_000_000_000), default: .integer(1_000), unit: "deliveries",
            "Of each pipeline the first and then one of so many deliveries is followed."),
        Field(
            "headers", .map(.secret), "Headers the collector wants, as Authorization: ${env:NAME}."),
    ]

    /// The keys under `host.retain`.
    static let retain: [Field] = [
        Field(
            "quarantine", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))),
            default: .duration(.seconds(90 * 86_400)),
            "Refused rows; of more than 100,000 the newest stay."),
        Field(
            "versions", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))),
            "Versions of bars after a newer one took their place; absent, for ever."),
        Field(
            "quotes", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))), "Quotes; absent, for ever."),
        Field(
            "trades", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))), "Trades; absent, for ever."),
        Field(
            "order_books", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))), "Order books; absent, for ever."),
        Field(
            "predictions", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))),
            "Predictions after their outcome became known; absent, for ever."),
        Field(
            "learned", .duration(.seconds(3_600)...(.seconds(36_500 * 86_400))),
            "States of what instruments taught models; absent, the newest few for ever."),
    ]

    /// The keys under `host.plugins`.
    static let plugins: [Field] = [
        Field("folder", .path, default: .text("plugins"), "Folder they are installed in, and of plugins.lock."),
        Field(
            "grants", .map(.record(grant)),
            "What a plugin in a process of its own may reach, by plugin (provider/tokyo); absent, what it asked when it was "
                + "installed."),
    ]

    /// The keys of one grant.
    static let grant: [Field] = [
        Field("network", .list(.text, 0...100), default: .list([]), "Hosts; one opens the whole network."),
        Field(
            "files", .list(.text, 0...100), default: .list([]),
            "Files and folders beside its own: 'read PATH' or 'write PATH', PATH also '{option}'."),
        Field("environment", .list(.text, 0...100), default: .list([]), "Environment variables it may read."),
        Field(
            "memory", .integer(PluginPermissions.memoryRange), default: .integer(4_096), unit: "MiB",
            "Most address space of a process."),
        Field("cpu", .duration(PluginPermissions.cpuRange), "Most processor time over the life of a process."),
    ]

    /// The program of an instance that names it itself.
    static let program: [Field] = [
        Field("library", .path, "A Swift library."),
        Field("command", .list(.text, 1...64), "A program and its arguments, started in the manifest's folder."),
    ]

    /// The keys of a route.
    package static let route: [Field] = [
        Field(
            "from", .list(.reference(.providers), 1...64), isRequired: true,
            "Providers in order of preference; disabled ones are skipped. The next is asked where one before fails, is late, or "
                + "gives what cannot be true."),
        Field(
            "last_resort", .reference(.providers),
            "Provider that is asked when all others failed; what it gives is taken however old it is, and marked."),
        Field(
            "deadline", .duration(.milliseconds(1)...(.seconds(3_600))),
            "Longest time for one provider's answer; absent, 10 s where the route has several, else any time."),
        Field(
            "budget", .duration(.milliseconds(1)...(.seconds(3_600))),
            "Longest time for an answer from anyone; absent, 30 s where the route has several, else any time."),
        Field(
            "hedge", .duration(.milliseconds(1)...(.seconds(3_600))),
            "Time after which the next provider is asked beside the one that has not answered; absent, its deadline."),
        Field(
            "strategy", .choice(["first_good", "merge", "vote"]), default: .text("first_good"),
            "How bars or quotes of several providers become one answer: that of the first that holds; each of the first that has it; "
                + "or what most say. Under merge and vote all are asked at once, and nobody pushes."),
        Field(
            "fields",
            .record(
                ["open", "high", "low", "close", "volume", "amount", "bid", "ask", "bid_size", "ask_size"].map {
                    Field($0, .reference(.providers), "Provider of this field, where another gives the event.")
                }),
            "Under merge: providers of single fields of bars and quotes."),
        Field(
            "tolerance", .ratio(0...1), default: .number(0.001),
            "How far apart prices of two providers may be, as a fraction of the greater; beyond, it is a conflict."),
        Field(
            "conflict", .choice(["majority", "priority", "hold"]), default: .text("majority"),
            "What becomes of a bar or quote about which providers differ: what more than half say, else the first one's, flagged suspect; "
                + "always the first one's; or what more than half say, else it waits with those after it."),
        Field(
            "reference",
            .record([
                Field(
                    "from", .reference(.providers), isRequired: true,
                    "Provider whose bars answers are compared with; it gives none itself unless it wins a conflict."),
                Field(
                    "every", .integer(1...1_000_000), default: .integer(20), unit: "answers",
                    "It is asked at the first of so many answers."),
            ]),
            "A second opinion, asked now and then; nobody pushes beside it."),
        Field(
            "accept",
            .record([
                maxAge("How old data may be to be accepted; any age where absent."),
                Field("max_jump", .number(1.01...1e9), default: .number(50), maxJump),
                Field("max_move", .number(2...1e9), default: .number(10), maxMove),
                Field(
                    "missing", .ratio(0...1),
                    "Part of an answer's bars that may be missing by the venue's calendar before another provider is asked; any "
                        + "where absent."),
                Field(
                    "prices", .choice(["positive", "any"]), default: .text("positive"),
                    "Whether prices may be zero or negative, as those of spreads and of some futures; under any no price is "
                        + "compared with the one before."),
            ]),
            "What is accepted."),
        Field(
            "missing", .choice(["leave", "fill", "fail"]), default: .text("leave"),
            "What becomes of bars that the venue's calendar has between two and no provider gave: they stay missing; bars at the "
                + "last close without volume stand for them, flagged filled; or the bars after them are refused."),
        Field(
            "gap",
            .record(gaps),
            "How long nothing of an instrument must have come while its venue was open before that is told as a gap, by kind."
        ),
        Field(
            "venues", .map(.record(venue)),
            "What is accepted and told otherwise of instruments of a venue, by its name (SH, US, BINANCE); what is absent there is as "
                + "for the whole route."),
        Field(
            "poll", .duration(.seconds(1)...(.seconds(86_400))),
            "How often a provider that only answers requests is asked for new bars; absent, a tenth of the timeframe, "
                + "10 s ... 15 m."),
        Field(
            "silence", .duration(.seconds(1)...(.seconds(366 * 86_400))),
            "Longest time without anything new before the provider counts as degraded; absent, three bars and an hour by "
                + "the venue's calendar, and any time in a replay."),
    ]

    private static let maxJump =
        "How many times the close before a close may be, or how small a part of it; beyond, it is refused unless two more bars "
        + "hold the level."
    private static let maxMove =
        "How many times what is usual of the last 20 bars a move may be before its bar is flagged suspect; it is taken all the "
        + "same."
    private static let gaps = [EventKind.bar, .trade, .quote, .orderBook].map {
        Field(
            $0.rawValue, .duration(.seconds(1)...(.seconds(366 * 86_400))),
            $0 == .bar
                ? "Of bars: how much must be missing; absent, a bar." : "Of events of this kind; absent, none is told.")
    }

    /// The keys of a venue of a route.
    private static let venue: [Field] = [
        Field(
            "accept",
            .record([
                Field("max_jump", .number(1.01...1e9), maxJump), Field("max_move", .number(2...1e9), maxMove),
            ]),
            "What is accepted of its instruments."),
        Field("gap", .record(gaps), "How long nothing of its instruments must have come before that is told, by kind."),
    ]

    /// The keys of a pipeline.
    package static let pipeline: [Field] = [
        Field(
            "instruments", .selection(.instruments), isRequired: true,
            "Instrument groups and symbols; or all, which is what its source lists where the manifest has no groups."),
        Field("route", .reference(.routes), isRequired: true, "Where its data comes from."),
        Field(
            "kind", .choice(EventKind.allCases.map(\.rawValue)), default: .text(EventKind.bar.rawValue),
            "Kind of event that makes its rows; 'all' indicators are those that read it, and models are fitted on bars."
        ),
        Field("timeframe", .timeframe, default: .text("1d"), "Span of its bars."),
        Field("shape", .record(shape), "How its bars are built, where the route gives trades or finer bars."),
        Field(
            "inputs", .map(.record(input)),
            "Data beside the driving events, by a name of yours: its newest values stand in each row, as NAME.age and "
                + "NAME.FIELD."),
        Field("indicators", .selection(.indicators), default: .text("all"), "Its indicators."),
        Field(
            "wait", .duration(.milliseconds(10)...(.seconds(86_400))), default: .duration(.seconds(5)),
            "Longest time that a live row waits for those of other instruments, where an indicator compares them; in a replay "
                + "event times decide."),
        Field("models", .selection(.models), default: .text("all"), "Its models."),
        Field("sinks", .selection(.sinks), default: .text("all"), "Its sinks."),
        Field(
            "risk", .record([maxAge("Age above which the data behind a prediction is flagged as stale.")]),
            "Limits on what is predicted."),
    ]

    /// The keys of `shape`.
    static let shape: [Field] = [
        Field("from", .choice(["trade", "bar"]), "What they are built of: trades or finer bars."),
        Field("timeframe", .timeframe, "Span of the finer bars."),
        Field(
            "by", .choice(BarCut.allCases.map(\.rawValue)), default: .text(BarCut.time.rawValue),
            "What ends a bar: its span along the venue's sessions, or so many trades, so much volume, value or imbalance."
        ),
        Field("size", .number(1e-9...1e18), "How much ends a bar; not with by: time."),
    ]

    /// The keys of an input beside the driving events of a pipeline.
    static let input: [Field] = [
        Field(
            "kind", .choice(EventKind.allCases.map(\.rawValue)), isRequired: true,
            "Kind of its events; figures are carried by the indicators that read them."),
        Field("route", .reference(.routes), "Where it comes from; absent, the pipeline's route."),
        Field("timeframe", .timeframe, default: .text("1d"), "Span of its bars."),
        Field("shape", .record(shape), "How its bars are built, where the route gives trades or finer bars."),
        Field(
            "fields", .list(.text, 0...16),
            "Numbers of its events that are carried: close, bid ...; absent, all that its kind has."),
        Field(
            "indicators", .selection(.indicators), default: .list([]),
            "Indicators that read it, and whose values are carried too."),
        maxAge("Age above which its values are missing; any age where absent."),
    ]

    /// The keys of an instrument group that is no plain list.
    package static let group: [Field] = [
        Field("venue", .symbol, isRequired: true, "Venue of the symbols that name none."),
        Field("symbols", symbols, isRequired: true, "The symbols."),
    ]

    /// The list of symbols of a group.
    package static let symbols = FieldType.list(.symbol, 1...100_000)

    /// The keys every instance of a plugin has beside the plugin's options.
    ///
    /// - Parameter isInline: whether the instance names its program in place of a plugin.
    package static func envelope(of descriptor: PluginDescriptor, isInline: Bool = false) -> [Field] {
        let own =
            switch descriptor.kind {
            case .provider: provider
            case .model: model + search(descriptor)
            case .sink: sink(descriptor)
            default: [Field]()
            }
        return common(descriptor.kind, isInline: isInline) + own
    }

    /// The options that stand for their plugin: an indicator with `expr` and without `plugin` is an `expression`.
    static func shortForms(_ kind: PluginKind) -> [(option: String, plugin: String)] {
        kind == .indicator ? [("expr", "expression"), ("cross", "cross_section"), ("derive", "derived")] : []
    }

    /// Stands in place of `plugin` where that gives a whole set of columns.
    static let bundle = Field(
        "bundle", .text, "Name of an indicator that gives a whole set of columns, in place of 'plugin': alpha158.")

    /// Whether a plugin can be named by `bundle`.
    static func isBundle(_ descriptor: PluginDescriptor) -> Bool {
        descriptor.kind == .indicator && descriptor.outputs.count > 50
    }

    /// The keys of an instance whose plugin is not known.
    static func common(_ kind: PluginKind, isInline: Bool = false) -> [Field] {
        [
            Field(
                "plugin", isInline ? .record(program) : .text, isRequired: true,
                "Name of the \(kind.rawValue) plugin; or its program, while it is developed."),
            Field("enabled", .boolean, default: .boolean(true), "Whether it runs."),
            Field(
                "on_failure", .choice(StartPolicy.allCases.map(\.rawValue)), default: .text(StartPolicy.error.rawValue),
                "When it cannot start: refuse to start, keep trying, or go on without it."),
        ]
    }

    /// The kinds of record a sink takes, in the order of the documentation.
    static func records(_ descriptor: PluginDescriptor) -> [String] {
        RecordKind.allCases.filter(descriptor.accepts.contains).map(\.rawValue)
    }

    private static let provider: [Field] = [
        Field(
            "limits",
            .record([
                Field("per_second", .number(0.001...1e6), "Requests a second at most, in bursts of as many."),
                Field("per_minute", .number(0.01...1e8), "Requests a minute at most, in bursts of as many."),
                Field(
                    "per_day", .integer(1...1_000_000_000),
                    "Requests a day (UTC) at most; counted across restarts."),
            ]), "How often it may be asked; absent, as often as its pipelines want to."),
        Field(
            "renames", .map(.text),
            "Names that instruments had at this source before: META.US: FB.US until 2022-06-09. Each time is asked under the name "
                + "of that day, from midnight UTC; 'none until DAY' leaves out what an earlier owner of the name had."),
    ]

    private static func sink(_ descriptor: PluginDescriptor) -> [Field] {
        let records = records(descriptor)
        // What the host says of itself is not for whoever wants the data.
        let usual = records.count > 1 ? records.filter { $0 != RecordKind.status.rawValue } : records
        return [
            Field(
                "records", .list(.choice(records), 1...max(records.count, 1)),
                default: .list(usual.map { .text($0) }),
                "Kinds of record it is given; all that it takes but `status` where it is absent."),
            Field(
                "queue",
                .record([
                    Field(
                        "capacity", .integer(1...1_000_000), default: .integer(256), unit: "batches",
                        "Batches that may wait."),
                    Field(
                        "full", .choice(FullQueuePolicy.allCases.map(\.rawValue)),
                        default: .text(FullQueuePolicy.block.rawValue),
                        "What a full queue does: makes the pipeline wait, gives up the oldest or the newest batch, or keeps it "
                            + "on disk."),
                    Field(
                        "spill_bytes", .integer(1_048_576...Int.max), default: .integer(1 << 30), unit: "bytes",
                        "Most that waits on disk under spill; beyond it the newest batch is given up."),
                ]), "The queue before it."),
            Field(
                "from", .choice(["start", "now"]), default: .text("start"),
                "What it is given when it first appears: all that its pipeline plays, or only what is new."),
        ]
    }

    private static func maxAge(_ summary: String) -> Field {
        Field("max_age", .duration(.milliseconds(1)...(.seconds(36_500 * 86_400))), summary)
    }
}
