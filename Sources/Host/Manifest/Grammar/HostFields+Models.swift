import PluginKit
import PredictionTargets

extension HostFields {
    /// A target that takes a count of bars alone is written as that.
    private static func target(_ kind: Target.Kind) -> Field {
        guard !kind.ratios.isEmpty else { return Field(kind.rawValue, .bars(kind.bars), unit: "bars", kind.summary) }
        let bars = Field("bars", .bars(kind.bars), isRequired: true, unit: "bars", "Bars it may look ahead.")
        let ratios = kind.ratios.map { ratio in
            Field(ratio.name, .ratio(0.00001...10), default: .number(ratio.standard), ratio.summary)
        }
        return Field(kind.rawValue, .record([bars] + ratios), kind.summary)
    }

    /// The keys of a model beside those of every instance.
    static let model: [Field] = [
        Field(
            "target",
            .record(Target.Kind.allCases.map(target)), isRequired: true, "What it learns to predict: one of these."),
        Field(
            "members", .list(.reference(.models), 1...64),
            "Models whose predictions it learns from, which it then sees before its features; over history these are "
                + "predictions of fits that had not seen what came after."),
        Field(
            "features", .selection(.features), default: .text("all"),
            "Columns it sees: indicators, their outputs, what inputs carry, columns of members (MODEL.COLUMN); where there are "
                + "members, none if absent."),
        Field(
            "window", .bars(1...2_000), default: .integer(1), unit: "bars",
            "Bars it sees together, oldest first: a row's own and those before it, all with every feature; 1 for tabular models."
        ),
        Field(
            "per", .choice(["pool", "instrument"]), default: .text("pool"),
            "One fit for all instruments, or one for each."),
        Field(
            "interval", .ratio(0.5...0.99),
            "Share of outcomes that the interval around each prediction is to hold; absent, there is none."),
        Field(
            "abstain", .boolean, default: .boolean(false),
            "Whether predictions say which rows lie outside of what the fit has learned from."),
        Field(
            "weights",
            .record([
                Field(
                    "half_life", .bars(1...1_000_000), unit: "bars",
                    "Event times after which a row counts half; absent, never."),
                Field(
                    "uniqueness", .boolean, default: .boolean(false),
                    "Whether a row counts by the share of its label that it has for itself, where labels overlap."),
            ]), "How much each row counts in a fit; absent, all alike."),
        Field("seed", .integer(0...Int.max), default: .integer(42), "Seeds every random choice of a fit."),
        Field("threads", .integer(1...64), default: .integer(1), "Threads a fit may use."),
        Field(
            "validation",
            .record([
                Field(
                    "kind", .choice(ValidationScheme.Kind.allCases.map(\.rawValue)),
                    default: .text(ValidationScheme.Kind.walkForward.rawValue),
                    ValidationScheme.Kind.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "; ") + "."
                ),
                Field("folds", .integer(2...50), default: .integer(5), "Tests of a walk, or stretches of time."),
                Field("tested", .integer(1...25), "Stretches tested together; of combinatorial, 2 where absent."),
                Field(
                    "window", .bars(20...1_000_000), unit: "bars",
                    "Bars before a test that are learned from; required by rolling."),
                Field(
                    "embargo", .integer(0...10_000), default: .integer(5), unit: "bars",
                    "Bars left out between training and test rows."),
                Field(
                    "min_train", .integer(20...Int.max), default: .integer(250), unit: "rows",
                    "Least rows of the first training set."),
                Field(
                    "holdout", .ratio(0...0.5), default: .number(0),
                    "Share of the newest event times that search and tests never see: `penstock models holdout` looks at it, once "
                        + "per version."),
            ]), "How it is judged."),
        Field(
            "promotion",
            .record([
                Field(
                    "metric", .choice(PromotionScheme.Metric.allCases.map(\.rawValue)),
                    default: .text(PromotionScheme.Metric.squaredError.rawValue),
                    "By which error a shadow is compared with the champion, on the same rows."),
                Field(
                    "margin", .ratio(0...0.99), default: .number(0),
                    "Share of the champion's error by which the shadow's must be less."),
                Field(
                    "test", .ratio(0.0001...0.5), default: .number(0.05),
                    "Greatest probability that the difference is chance, over all looks together."),
                Field(
                    "min_samples", .integer(20...1_000_000), default: .integer(250), unit: "event times",
                    "Event times after which a shadow is first looked at; then at twice, four times, eight times as many."
                ),
                Field(
                    "leakage", .choice(["required", "reported"]), default: .text("required"),
                    "Whether a version must have passed the leakage gate to shadow and to be promoted by the rule."),
                Field(
                    "rollback",
                    .record([
                        Field(
                            "band", .number(1...1_000), default: .number(3),
                            "How many times the champion's live error may be that of its tests."),
                        Field(
                            "bars", .integer(1...100_000), default: .integer(20), unit: "event times",
                            "Event times in a row beyond the band after which the champion before serves again."),
                    ]), "When the champion is taken back; absent, never."),
            ]),
            "When another version may take the champion's place; absent, each fit serves."),
        Field(
            "retrain",
            .record([
                Field(
                    "every", .occasion, isRequired: true,
                    "What calls for another fit while the pipeline runs: so many event times with a known outcome since the last fit, "
                        + "or drift of the features or errors of what serves."),
                Field(
                    "window", .duration(.seconds(86_400)...(.seconds(36_500 * 86_400))),
                    "How far back of the newest event each fit learns from; absent, everything."),
            ]),
            "When it is fitted again beside the stream, at low priority and one model at a time; absent, a start looks whether data or "
                + "configuration have changed."),
    ]

    /// The search of a plugin's options: each by values of its own type.
    static func search(_ descriptor: PluginDescriptor) -> [Field] {
        let over = descriptor.schema.options.compactMap { option -> Field? in
            switch option.type {
            case .integer, .number, .ratio:
                Field(option.name, .space(FieldType(option.type)), unit: option.unit, option.summary)
            case .choice(let words) where words.count > 1:
                Field(option.name, .list(.choice(words), 2...words.count), option.summary)
            case .boolean: Field(option.name, .list(.boolean, 2...2), option.summary)
            default: nil
            }
        }
        guard !over.isEmpty else { return [] }
        return [
            Field(
                "search",
                .record([
                    Field("over", .record(over), isRequired: true, "Options that are searched, each with its space."),
                    Field(
                        "trials", .integer(1...10_000), default: .integer(60),
                        "Trials of a search; there is one for each test."
                    ),
                    Field(
                        "metric", .choice(SearchScheme.Metric.allCases.map(\.rawValue)),
                        default: .text(SearchScheme.Metric.rankIC.rawValue),
                        "What a trial is judged by: the least log_loss and brier (of classes) or pinball (of quantiles), the most of the "
                            + "others."),
                    Field(
                        "folds", .integer(2...20), default: .integer(3),
                        "Tests of the walk over the rows before a test by which trials are judged."),
                    Field(
                        "stop", .choice(SearchScheme.Stop.allCases.map(\.rawValue)),
                        default: .text(SearchScheme.Stop.halving.rawValue),
                        "halving ends a trial after a fold unless it is among the better half of all that came as far."),
                    Field(
                        "start", .choice(SearchScheme.Start.allCases.map(\.rawValue)),
                        default: .text(SearchScheme.Start.sobol.rawValue), "Where the first third of the trials lie."),
                    Field("seed", .integer(0...Int.max), "Seeds the search; the model's where absent."),
                ]), "Options that are searched before each fit, on what it may learn from alone; absent, none.")
        ]
    }

    /// The keys of a space of numbers, each read as the option is.
    static func space(_ element: Field) -> [Field] {
        [
            Field("from", element.type, isRequired: true, unit: element.unit, "The lowest."),
            Field("to", element.type, isRequired: true, unit: element.unit, "The highest."),
            Field(
                "scale", .choice(["linear", "log"]), default: .text("linear"),
                "Whether equal differences or equal ratios count alike."),
        ]
    }
}
