/// What the answers of lists, and about one instrument, look like.
extension Shape {
    /// The instruments.
    static let stocks = Shape.record([
        Member("count", .whole), Member("total", .whole), Member("stocks", .list(stock)),
        Member(optional: "next_cursor", .text),
    ])

    private static let stock = Shape.named(
        "Stock",
        .record([
            Member("symbol", .text), Member("instrument", .text), Member("venue", .text),
            Member("pipelines", .list(.text)), Member("sources", .list(.text)), Member(optional: "last", .time),
        ]))

    /// The sessions of a venue.
    static let calendar = Shape.record([
        Member("symbol", .text), Member("instrument", .text), Member("calendar", .text), Member("zone", .text),
        Member("known_from", .text), Member("known_until", .text),
        Member(
            "days",
            .list(
                .record([
                    Member("day", .text), Member("status", .text), Member(optional: "open", .time),
                    Member(optional: "close", .time), Member(optional: "break_start", .time),
                    Member(optional: "break_end", .time),
                ]))),
    ])

    /// Where a bar comes from.
    static let explanation = Shape.record([
        Member("symbol", .text), Member("instrument", .text), Member("timeframe", .text), Member("bar", bar),
        Member("version", .whole), Member("known_at", .time), Member("stored_at", .time), Member("source", .text),
        Member("attempts", .whole), Member("came", .word(["replay", "history", "live", "released"])),
        Member(optional: "fetched_at", .time),
        Member(
            "predictions",
            .list(
                .record([
                    Member("model", .text), Member("pipeline", .text), Member("plugin", .text),
                    Member("origin", .text), Member("target", .text), Member("version", .whole),
                    Member("value", .number), Member("flags", .list(.text)),
                    Member("features", .list(.record([Member("name", .text), Member("value", .number)]))),
                ]))),
    ])

    /// Indicators over bars, a row a bar; `values` are in the order of `columns`.
    static let indicatorValues = Shape.record([
        Member("symbol", .text), Member("instrument", .text), Member("timeframe", .text),
        Member(optional: "remark", .text), Member("columns", .list(.text)), Member("count", .whole),
        Member("rows", .list(.record([Member("time", .time), Member("values", .list(.number))]))),
        Member(optional: "next_cursor", .text),
    ])

    /// Stored events of one kind.
    static let events = Shape.record([
        Member("symbol", .text), Member("instrument", .text), Member("kind", .text), Member(optional: "period", .text),
        Member(optional: "as_of", .time), Member("count", .whole), Member(optional: "next_to", .time),
        Member(optional: "next_cursor", .text), Member("events", .list(event)),
    ])

    /// The indicators of the catalogue.
    static let indicators = Shape.record([Member("indicators", .list(plugin))])
    /// The models.
    static let modelList = Shape.record([Member("models", .list(modelLine))])
    /// The providers.
    static let providerList = Shape.record([Member("providers", .list(providerStanding))])
    /// The pipelines.
    static let pipelineList = Shape.record([Member("pipelines", .list(pipeline))])
    /// The instances.
    static let instanceList = Shape.record([instances])
}
