import HostCore

/// What the answers about versions of models look like.
extension Shape {
    /// Versions, and the history of their stages.
    static let versions = Shape.record([
        Member("count", .whole), Member("versions", .list(version)), Member(optional: "history", .list(change)),
    ])

    /// The features of a model that serves, beside what its fit learned from.
    static let drift = Shape.record([
        Member("model", .text), Member("rows", .whole), Member("needed", .whole),
        Member(optional: "usual_error", .number),
        Member("error_drift", .number), Member("error_alarms", .whole), Member(optional: "recent_error", .number),
        Member(
            "features",
            .list(
                .record([
                    Member("pipeline", .text), Member("feature", .text), Member("psi", .maybe(.number)),
                    Member("ks", .maybe(.number)), Member("ends", .list(.number)), Member("learned", .list(.number)),
                    Member("live", .list(.number)),
                ]))),
    ])

    /// Versions that share rows, the champion first.
    static let split = Shape.record([
        Member("model", .text), Member("pipeline", .text), Member("by", .word(["instrument", "slot"])),
        Member(optional: "slot_seconds", .whole), Member("metric", .text), Member(optional: "after", .time),
        Member(
            "versions",
            .list(
                .record([
                    Member("version", .whole), Member("share", .number), Member("rows", .whole),
                    Member("units", .whole),
                    Member(optional: "loss", .number), Member(optional: "difference", .number),
                    Member(optional: "low", .number), Member(optional: "high", .number),
                    Member(optional: "verdict", .word(["better", "worse", "open", "too_few"])),
                ]))),
    ])

    /// A fit that was asked for.
    static let fit = Shape.record([
        Member("model", .text), Member("pipeline", .text), Member("by", .text), Member("reason", .text),
        Member("state", .word(["waiting", "fitting", "done", "failed"])), Member(optional: "version", .whole),
        Member(optional: "stage", stage), Member("message", .text),
    ])

    private static let stage = Shape.word(ModelStage.allCases.map(\.rawValue))

    private static let version = Shape.named(
        "Version",
        .record([
            Member("model", .text), Member("pipeline", .text), Member("version", .whole), Member("stage", stage),
            Member(optional: "parent", .whole), Member("made_at", .time), Member("made_by", .text),
            Member("code", .text), Member("configuration_digest", .text), Member("data_digest", .text),
            Member(optional: "leakage", .text), Member("bytes", .whole), Member("rows", .whole),
            Member(optional: "rank_ic", .number), Member(optional: "ic", .number), Member(optional: "r2", .number),
            Member(optional: "directional_accuracy", .number),
        ]))

    private static let change = Shape.named(
        "StageChange",
        .record([
            Member("version", .whole), Member(optional: "from", stage), Member("to", stage), Member("at", .time),
            Member("by", .text), Member("reason", .text), Member(optional: "after", .time),
        ]))
}
