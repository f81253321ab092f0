import HostManifest
import HostTrading
import PluginKit

extension StrategyDeclaration {
    /// Returns what a session needs to know, for bars of a span.
    func plan(span: Timeframe) -> StrategyPlan {
        var limits = StrategyLimits()
        (limits.weight, limits.gross, limits.minimumTrade) = (weight, gross, minimumTrade)
        let kind = StrategyRule.Kind(rawValue: rule.rawValue) ?? .threshold
        return StrategyPlan(
            id: id,
            rule: StrategyRule(
                kind, count: count, keep: keep, enter: enter, exit: exit, shares: shares.flatMap { Fixed($0) }),
            limits: limits, rebalance: rebalance,
            execution: HostTrading.Execution(
                HostTrading.Execution.Pricing(rawValue: execution.price.rawValue) ?? .nextOpen,
                offset: execution.offset,
                participation: execution.participation, spread: execution.spread, slippage: execution.slippage,
                patience: execution.patience), capital: Money(capital) ?? Money(units: 10_000_000_000),
            members: universe.map(member), isAdjusted: venue.isAdjusted, span: span.nanoseconds)
    }

    private func member(_ instrument: Instrument) -> StrategyPlan.Member {
        StrategyPlan.Member(
            instrument.description, rules(of: instrument), listed: venue.listed[instrument].flatMap(Self.days),
            warned: (venue.warned[instrument] ?? []).compactMap(Self.stretch))
    }

    private func rules(of instrument: Instrument) -> VenueRules {
        guard venue.hasRules else { return .free(commission: venue.commission ?? 0) }
        var rules = VenueRules(for: instrument)
        if instrument.venue == "US", venue.hasFractions { rules = .unitedStates(fractions: true) }
        return rules.with(
            commission: venue.commission.map { Fee.Rate($0, minimum: venue.minimumCommission) },
            lot: venue.lots[instrument].map { .lots(Int64($0)) })
    }
}
