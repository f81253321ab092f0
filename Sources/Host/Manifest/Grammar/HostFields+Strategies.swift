import PluginKit

extension HostFields {
    /// The keys of a strategy.
    package static let strategy: [Field] = [
        Field(
            "enabled", .boolean, default: .boolean(true),
            "Whether it runs beside its pipeline; a back-test runs it either way."),
        Field("pipeline", .text, "The pipeline whose bars it trades on; absent, the only one."),
        Field(
            "from", .text, isRequired: true,
            "What it decides by: a model, a column of an indicator (macd.signal), or a formula (sma(10) - sma(30)). Predictions are those "
                + "of fits that had not seen what came after."),
        Field(
            "rule", .choice(StrategyDeclaration.Rule.allCases.map(\.rawValue)), isRequired: true,
            StrategyDeclaration.Rule.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "; ") + "."),
        Field("k", .integer(1...10_000), default: .integer(5), "How many instruments top_k holds."),
        Field(
            "keep", .integer(1...10_000), "What top_k holds stays while it is among so many; absent, as many as k."),
        Field("enter", .number(-1e15...1e15), default: .number(0), "Above it threshold buys."),
        Field("exit", .number(-1e15...1e15), "Below it threshold sells; absent, the value of enter."),
        Field("shares", .number(1e-8...1e9), "How many shares threshold buys; absent, an equal part of the account."),
        Field(
            "rebalance", .bars(1...100_000), default: .integer(1), unit: "bars",
            "It decides at every so many event times."),
        Field(
            "limits",
            .record([
                Field(
                    "weight", .ratio(0.0001...1), default: .number(1), "Greatest part of the account in one instrument."
                ),
                Field("gross", .ratio(0.0001...1), default: .number(1), "Greatest part of the account in all of them."),
                Field(
                    "min_trade", .ratio(0...1), default: .number(0),
                    "Changes below this part of the account are not traded."),
            ]), "What it may hold."),
        Field(
            "universe", .selection(.instruments), default: .text("all"),
            "Instruments it may trade, of those of its pipeline."),
        Field(
            "capital", .number(1...1e12), default: .number(1_000_000),
            "Cash it begins with, in the currency of its venue."),
        Field("execution", .record(execution), "How orders are filled."),
        Field("venue", .record(venue), "What the venue allows and charges."),
        Field(
            "benchmark", .symbol,
            "An instrument of the pipeline, as an index, that the report shows beside the account."),
    ]

    private static let execution: [Field] = [
        Field(
            "price", .choice(StrategyDeclaration.Price.allCases.map(\.rawValue)),
            default: .text(StrategyDeclaration.Price.nextOpen.rawValue),
            "The price of a fill: the next bar's open, the next bar's mean price, or a limit from the close, which may not be reached."
        ),
        Field(
            "offset", .ratio(-0.5...0.5), default: .number(0),
            "How far the limit of a purchase lies below the close, that of a sale above it."),
        Field(
            "participation", .ratio(0.000001...1), default: .number(0.1),
            "Greatest part of a bar's volume that one order may be; 1 for any."),
        Field("spread", .ratio(0...0.2), default: .number(0.0002), "The spread, as a fraction of the price."),
        Field(
            "slippage", .number(0...100), default: .number(0.5), unit: "spreads", "What a fill costs beyond its price."),
        Field("patience", .bars(1...10_000), default: .integer(1), unit: "bars", "Bars that an order waits for."),
    ]

    private static let venue: [Field] = [
        Field(
            "rules", .boolean, default: .boolean(true),
            "Whether lots, T+1, price limits and the fees of the venue hold; without them there is one commission and nothing else."
        ),
        Field(
            "prices", .choice(["adjusted", "raw"]), default: .text("adjusted"),
            "Whether prices are adjusted for splits and dividends: then a move to within a five-hundredth of the limit counts as the limit; "
                + "raw prices have it to the tick."),
        Field("commission", .ratio(0...0.1), "The broker's part of the value; absent, what is usual at the venue."),
        Field(
            "min_commission", .number(0...1e6), default: .number(0), "Least commission of an order, with commission."),
        Field("fractions", .boolean, default: .boolean(false), "Whether parts of a US share are traded."),
        Field("lots", .map(.integer(1...1_000_000)), "Board lots by instrument, as 00700.HK: 100."),
        Field("listed", .map(.text), "First days of trading by instrument, as 688001.SH: 2019-07-22."),
        Field(
            "warned", .map(.list(.text, 1...100)),
            "Days under a risk warning (ST) by instrument, as 600000.SH: [2019-04-30..2020-06-01]."),
    ]
}
