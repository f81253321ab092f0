/// What the answers to the host's operator look like.
extension Shape {
    /// The manifest that runs.
    static let configuration = Shape.record([
        Member("file", .text), Member("revision", .whole), Member(optional: "last", reload),
    ])

    /// What a reload did.
    static let reload = Shape.named(
        "Reload",
        .record([
            Member("outcome", .word(["applied", "unchanged", "refused", "failed", "busy"])),
            Member("revision", .whole), Member("message", .text), Member("faults", .list(fault)),
            Member("parts", .list(reloadPart)), Member("warnings", .list(.text)), Member("milliseconds", .number),
        ]))

    private static let reloadPart = Shape.record([
        Member("name", .text), Member("action", .text), Member("milliseconds", .number),
        Member(optional: "pause_milliseconds", .number), Member("warnings", .list(.text)),
    ])

    /// What a reload would do.
    static let plan = Shape.record([
        Member("faults", .list(fault)), Member("entries", .list(planEntry)),
        Member(
            "pipelines",
            .list(.record([Member("name", .text), Member("effect", .text), Member(optional: "reason", .text)]))),
        Member("at_next_start", .list(.text)), Member("again", .list(.text)),
    ])

    private static let planEntry = Shape.record([
        Member("name", .text), Member("action", .text),
        Member(
            "values",
            .list(
                .record([Member("key", .text), Member(optional: "before", .text), Member(optional: "after", .text)]))),
    ])

    private static let fault = Shape.named(
        "ManifestFault",
        .record([
            Member("severity", .word(["error", "warning"])), Member("file", .text), Member("line", .whole),
            Member("column", .whole), Member("length", .whole), Member("message", .text), Member("hint", .text),
            Member("excerpt", .text), Member("excerpt_column", .whole),
        ]))

    /// What is stored, and what is odd about it.
    static let data = Shape.record([Member("series", .list(series)), Member(optional: "damage", .text)])

    private static let series = Shape.named(
        "Series",
        .record([
            Member("pipeline", .text), Member("instrument", .text), Member("kind", .text),
            Member(optional: "timeframe", .text), Member("events", .whole), Member("revisions", .whole),
            Member("first", .time), Member("last", .time), Member(optional: "gaps", gaps),
            Member(
                optional: "check",
                .record([
                    Member("refused", .map(.whole)), Member("outliers", .whole), Member("steps", .list(.text)),
                ])),
        ]))

    private static let gaps = Shape.record([
        Member("missing", .whole), Member("unexpected", .whole), Member("not_known", .whole),
        Member(
            "gaps",
            .list(.record([Member("first", .time), Member("last", .time), Member("count", .whole)]))),
    ])

    /// Refused rows.
    static let quarantine = Shape.record([
        Member("total", .whole), Member("rows", .list(refusedRow)), Member(optional: "next_cursor", .text),
    ])

    private static let refusedRow = Shape.named(
        "RefusedRow",
        .record([
            Member("id", .whole), Member("pipeline", .text), Member(optional: "instrument", .text),
            Member(optional: "time", .time), Member("reason", .text), Member("message", .text),
            Member("place", .text), Member("raw", .text), Member("source", .text), Member("attempts", .whole),
            Member("came", .text), Member(optional: "fetched_at", .time), Member("refused_at", .time),
            Member(optional: "released_at", .time),
        ]))

    /// What became of refused rows.
    static let quarantineOutcome = Shape.record([
        Member("done", .list(.whole)),
        Member("left", .list(.record([Member("id", .whole), Member("message", .text)]))),
    ])
}
