import PluginKit

/// What the answers about instruments, models and plugins look like.
extension Shape {
    /// The newest events as quotes.
    static let quotes = Shape.record([
        Member("count", .whole), Member("quotes", .list(quote)), Member("unknown", .list(.text)),
        Member("no_data", .list(.text)),
    ])

    /// The newest event of an instrument in a pipeline. Which numbers there are depends on its kind.
    static let quote = Shape.named(
        "Quote",
        .record([
            Member("symbol", .text), Member("instrument", .text), Member(optional: "kind", kind),
            Member(optional: "open", .number), Member(optional: "high", .number), Member(optional: "low", .number),
            Member(optional: "close", .number), Member(optional: "previous_close", .number),
            Member(optional: "change", .number), Member(optional: "change_percent", .number),
            Member(optional: "volume", .number), Member(optional: "price", .number), Member(optional: "size", .number),
            Member(optional: "side", .text), Member(optional: "bid", .number), Member(optional: "ask", .number),
            Member(optional: "bid_size", .number), Member(optional: "ask_size", .number), Member("time", .time),
            Member(optional: "timeframe", .text), Member("pipeline", .text), Member("source", .text),
            Member("flags", .list(.text)),
        ]))

    /// Stored bars, or events of another kind.
    static let history = Shape.record([
        Member("symbol", .text), Member("instrument", .text), Member(optional: "timeframe", .text),
        Member(optional: "kind", kind), Member(optional: "period", .text), Member(optional: "adjust", .text),
        Member(optional: "as_of", .time), Member(optional: "remark", .text), Member("count", .whole),
        Member(optional: "next_to", .time), Member(optional: "next_cursor", .text),
        Member(optional: "bars", .list(bar)), Member(optional: "events", .list(event)),
    ])

    /// A stored bar.
    static let bar = Shape.named(
        "Bar",
        .record([
            Member("time", .time), Member("open", .number), Member("high", .number), Member("low", .number),
            Member("close", .number), Member("volume", .number), Member(optional: "amount", .number),
            Member("source", .text), Member(optional: "version", .whole),
        ]))

    /// A stored event of another kind than bars.
    static let event = Shape.named(
        "Event",
        .record([
            Member("time", .time), Member(optional: "price", .number), Member(optional: "size", .number),
            Member(optional: "side", .text), Member(optional: "bid", .number), Member(optional: "ask", .number),
            Member(optional: "bid_size", .number), Member(optional: "ask_size", .number),
            Member(optional: "sequence", .whole), Member(optional: "bids", .list(.list(.number))),
            Member(optional: "asks", .list(.list(.number))), Member(optional: "period_end", .time),
            Member(optional: "name", .text), Member(optional: "value", .number), Member(optional: "announced", .time),
            Member(optional: "ratio", .number), Member(optional: "cash", .number), Member(optional: "rights", .number),
            Member(optional: "rights_price", .number), Member(optional: "flags", .list(.text)),
            Member("source", .text), Member(optional: "version", .whole),
        ]))

    /// The newest predictions.
    static let predictions = Shape.record([
        Member("count", .whole), Member("predictions", .list(prediction)), Member(optional: "next_cursor", .text),
        Member("unknown", .list(.text)),
        Member("no_data", .list(.text)),
    ])

    /// The newest prediction of a model for an instrument.
    static let prediction = Shape.named(
        "Prediction",
        .record([
            Member("symbol", .text), Member("instrument", .text), Member("model", .text), Member("target", .text),
            Member("version", .whole), Member("value", .number), Member(optional: "lower", .number),
            Member(optional: "upper", .number), Member(optional: "abstain", .flag),
            Member(optional: "members", .whole),
            Member("price", .number), Member("time", .time), Member("pipeline", .text),
            Member("flags", .list(.text)),
        ]))

    /// Predictions with what came.
    static let outcomes = Shape.record([
        Member("count", .whole), Member("outcomes", .list(outcome)), Member("unknown", .list(.text)),
    ])

    /// What became of a prediction.
    static let outcome = Shape.named(
        "Outcome",
        .record([
            Member("symbol", .text), Member("instrument", .text), Member("pipeline", .text), Member("timeframe", .text),
            Member("model", .text), Member("time", .time), Member("predicted_at", .time), Member("horizon", .whole),
            Member("value", .number), Member("actual", .number), Member("error", .number), Member("version", .whole),
            Member("stage", .word(["champion", "shadow"])),
            Member("flags", .list(.text)),
        ]))

    /// How a model stands, with its card.
    static let modelStatus = Shape.record(
        modelMembers + [Member("pipelines", .list(.text)), Member("card", .maybe(.any))])

    /// What can be named in the manifest, and what was.
    static let plugins = Shape.record([Member("plugins", .list(plugin)), instances])

    /// A plugin's description.
    static let plugin = Shape.named(
        "Plugin",
        .record([
            Member("id", .text), Member("kind", .word(["provider", "indicator", "model", "sink"])),
            Member("name", .text), Member("version", .text), Member("summary", .text), Member("stability", .text),
            Member(optional: "reads", .text), Member("outputs", .list(output)),
            Member(optional: "accepts", .list(.text)), Member("options", .list(option)),
        ]))

    private static let output = Shape.record([
        Member("name", .text), Member("unit", .text), Member("summary", .text), Member(optional: "role", .text),
        Member(optional: "probability", .number),
    ])

    private static let option = Shape.record([
        Member("name", .text), Member("type", .text), Member("required", .flag), Member(optional: "default", .any),
        Member(optional: "unit", .text), Member("summary", .text),
    ])

    private static let kind = Shape.word(EventKind.allCases.map(\.rawValue))
}
