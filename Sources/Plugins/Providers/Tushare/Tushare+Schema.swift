import HTTPFetch
import PluginKit
import ShareRows

extension Tushare {
    static let schema = ConfigurationSchema(
        [
            .secret("token", isRequired: true, "Token of the account; export it, and write ${env:TUSHARE_TOKEN}."),
            .text(
                "base_url", default: "http://api.tushare.pro",
                "Where it is asked; over http:// the token can be read on the way."),
            .choice(
                "adjust", Adjustment.allCases.map(\.rawValue), default: "none",
                "Prices of bars: as traded, adjusted backwards from now (qfq), or forwards from the listing (hfq); both need "
                    + "the points of adj_factor."),
            ConfigurationOption(
                "figures", .list(.choice(TushareFigures.all.map(\.api)), 1...5),
                default: .list(TushareFigures.tables.map { .text($0.api) }),
                "Which tables figures come from; each needs points of its own, and is asked for each instrument."),
            .integer("requests_at_once", 1...16, default: 2, "Instruments asked for at one time."),
        ] + ContractRoll.options("not at all") + HTTPOptions.schema(timeout: .seconds(20)))
}
