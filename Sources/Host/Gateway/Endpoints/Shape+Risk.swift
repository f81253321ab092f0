import HostCore

/// What the answers of the risk service look like.
extension Shape {
    private static let rule = Shape.word(RiskRules.all.map { $0.name })
    private static let unit = Shape.word(["currency", "fraction", "seconds", "number"])
    private static let severity = Shape.word(["info", "warning", "critical"])

    /// What is held.
    static let positions = Shape.record([
        Member("source", .text), Member(optional: "fault", .text),
        Member(
            "positions",
            .list(
                .named(
                    "Position",
                    .record([
                        Member("instrument", .text), Member("quantity", .number), Member(optional: "cost", .number),
                        Member("currency", .text), Member("multiplier", .number), Member("rate", .number),
                        Member(optional: "price", .number), Member(optional: "price_time", .time),
                        Member("value", .number), Member("profit", .number),
                    ])))),
    ])

    private static let reading = Shape.named(
        "RiskReading",
        .record([
            Member("rule", rule), Member("subject", .text), Member("unit", unit), Member("value", .number),
            Member("limit", .number), Member("broken", .flag),
        ]))

    /// How much is at stake.
    static let exposure = Shape.record([
        Member("currency", .text), Member(optional: "time", .time), Member("positions", .whole),
        Member("unpriced", .whole), Member("gross", .number), Member("net", .number),
        Member(optional: "equity", .number),
        Member(optional: "peak", .number), Member(optional: "daily_loss", .number),
        Member(optional: "drawdown", .number),
        Member("traded", .number), Member("groups", .map(.number)), Member("window", .whole), Member("covered", .whole),
        Member(optional: "value_at_risk", .number), Member(optional: "expected_shortfall", .number),
        Member(optional: "ewma_value_at_risk", .number), Member(optional: "ewma_expected_shortfall", .number),
        Member("limits_version", .whole), Member("open", .whole), Member("suppressed", .whole),
        Member("refused_prices", .whole), Member("readings", .list(reading)),
    ])

    /// What is allowed.
    static let riskLimits = Shape.record([
        Member("version", .whole), Member("currency", .text),
        Member(
            "limits",
            .list(
                .record([
                    Member("rule", rule), Member(optional: "limit", .number), Member("of", .map(.number)),
                    Member("unit", unit), Member("severity", severity), Member("clear", .number),
                ]))),
    ])

    /// An alert of a rule.
    static let riskAlert = Shape.named(
        "RiskAlert",
        .record([
            Member("id", .whole), Member("rule", rule), Member("subject", .text), Member("severity", severity),
            Member("state", .word(AlertState.allCases.map(\.rawValue))), Member("drill", .flag),
            Member("value", .number), Member("limit", .number), Member("message", .text), Member("opened_at", .time),
            Member("changed_at", .time), Member(optional: "acknowledged_by", .text), Member("limits_version", .whole),
        ]))

    /// Alerts, and how far sinks are with them.
    static let riskAlerts = Shape.record([
        Member("alerts", .list(riskAlert)),
        Member(
            "sinks",
            .list(
                .record([
                    Member("sink", .text), Member("told", .whole), Member("waiting", .whole), Member("dropped", .whole),
                    Member(optional: "fault", .text),
                ]))),
    ])

    /// What an order would break.
    static let riskCheck = Shape.record([
        Member("allowed", .flag), Member("price", .number), Member("breaches", .list(reading)),
    ])
}
