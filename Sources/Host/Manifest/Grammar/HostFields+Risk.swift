import PluginKit

/// The keys of `risk`: what is held, and how much of what is too much.
extension HostFields {
    /// The keys under `risk`.
    package static let risk: [Field] = [
        Field("currency", .text, default: .text("USD"), "Base currency that everything is added up in."),
        Field("capital", .number(0...1e18), default: .number(0), "What equity begins with, base currency."),
        Field(
            "positions", .path,
            "CSV file of what is held: instrument, quantity, and where wanted cost, currency, multiplier; absent, what was "
                + "last put over REST."),
        Field(
            "rates", .map(.number(1e-9...1e9)), default: .map([:]),
            "Base currency for one unit of another, by the other's name."),
        Field(
            "sinks", .selection(.sinks), default: .text("all"),
            "Sinks that are told of alerts; all, those that take alerts."),
        Field(
            "window", .integer(20...5_000), default: .integer(250), unit: "bars",
            "How many past bars value at risk and expected shortfall look at."),
        Field(
            "cooldown", .duration(.zero...(.seconds(86_400))), default: .duration(.seconds(60)),
            "Shortest time between two alerts of one rule and subject; what breaks the rule again before is counted."),
        Field(
            "silence", .map(.list(.text, 1...16)), default: .map([:]),
            "Parts of the day, UTC, in which alerts are kept and nobody is told, by rule or 'all': [\"22:00-06:00\"]."),
        Field("limits", .record(riskLimits), "What is allowed, by rule; a rule without a limit is not measured."),
    ]

    /// The rules, in the order of the documentation.
    package static let riskLimits: [Field] = [
        rule("gross_exposure", amount("all positions may be worth, without signs")),
        rule("net_exposure", amount("all positions may be worth together, long less short")),
        rule("instrument_exposure", amount("one position may be worth", isRequired: false), limits("instrument")),
        rule(
            "group_exposure", amount("the positions of one group may be worth, without signs", isRequired: false),
            limits("group")),
        rule("concentration", part("the greatest position may be of the gross exposure")),
        rule("daily_loss", amount("may be lost in a day, UTC")),
        rule("drawdown", part("equity may be below its peak")),
        rule("value_at_risk", amount("may be lost in a bar at the confidence, by history"), confidence),
        rule("expected_shortfall", amount("may be lost beyond the value at risk on average, by history"), confidence),
        rule("ewma_value_at_risk", amount("may be lost in a bar at the confidence, by EWMA"), confidence),
        rule("ewma_expected_shortfall", amount("may be lost beyond the value at risk on average, by EWMA"), confidence),
        rule(
            "turnover",
            Field(
                "limit", .number(1e-6...1e6), isRequired: true,
                "Most that may be traded in a day, as a part of the capital.")),
        rule("stale_data", age("a position's price may be old")),
        rule("missing_prediction", age("predictions of a position's instrument may be behind its events")),
        rule(
            "drift",
            Field(
                "limit", .number(1e-6...1e6), isRequired: true,
                "Greatest population stability index of a feature of a model.")),
    ]

    private static func rule(_ name: String, _ limit: Field, _ further: Field...) -> Field {
        let common = [
            Field(
                "clear", .ratio(0...1), default: .number(0.95),
                "An alert ends once what is measured is at or below this part of the limit."),
            Field(
                "severity", .choice(["info", "warning", "critical"]), default: .text("warning"), "How bad an alert is."),
            Field(
                "escalate_after", .duration(.seconds(1)...(.seconds(7 * 86_400))),
                "An alert that nobody acknowledged for so long becomes critical; absent, never."),
        ]
        return Field(name, .record([limit] + further + common), "\(limit.summary)")
    }

    private static func amount(_ what: String, isRequired: Bool = true) -> Field {
        Field("limit", .number(1e-6...1e18), isRequired: isRequired, unit: "base currency", "Most that \(what).")
    }

    private static func part(_ what: String) -> Field {
        Field("limit", .ratio(1e-6...1), isRequired: true, "Greatest part that \(what).")
    }

    private static func age(_ what: String) -> Field {
        Field(
            "limit", .duration(.milliseconds(1)...(.seconds(366 * 86_400))), isRequired: true,
            "Longest time that \(what).")
    }

    private static func limits(_ what: String) -> Field {
        Field(
            "of", .map(.number(1e-6...1e18)), default: .map([:]), unit: "base currency",
            "Other limits, by \(what).")
    }

    private static let confidence = Field(
        "confidence", .ratio(0.5...0.9999), default: .number(0.99), "Probability with which a loss stays below it.")
}
