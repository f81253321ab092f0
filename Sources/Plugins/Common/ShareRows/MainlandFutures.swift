public import EventTiming
public import PluginKit

extension Instrument {
    /// Whether it is a future of an exchange of the mainland: a contract, `RB2410.SHFE`, or all of a product, `RB.SHFE`.
    public var isMainlandFuture: Bool { ["SHFE", "DCE", "CZCE", "CFFEX", "INE", "GFEX"].contains(venue) }

    /// Whether a future is all contracts of a product, not one.
    public var isProduct: Bool { code.allSatisfy(\.isLetter) }
}

extension RowTarget {
    /// Zone and session of shares by their venues; a day of the mainland's futures ends at 15:00 in Shanghai, and the night before
    /// belongs to it.
    public static func mainland(
        _ references: [InstrumentReference], owner: String
    ) throws(PluginError) -> [RowTarget] {
        let night = Rules(zoneName: "Asia/Shanghai", sessionClose: 15 * 3_600)
        return try all(references.filter { !$0.instrument.isMainlandFuture }, owner: owner)
            + all(references.filter { $0.instrument.isMainlandFuture }, night, owner: owner)
    }
}

extension ContractRoll {
    /// What is allowed for `roll`, with `none` first.
    public static let rules = ["none"] + Rule.allCases.map(\.rawValue)

    /// The options of a provider of futures.
    public static func options(_ none: String) -> [ConfigurationOption] {
        [
            .choice(
                "roll", rules, default: "none",
                "How the contracts of a future make one series (RB.SHFE): \(none), or that with the most volume or open interest "
                    + "on the day before."),
            .choice(
                "roll_adjust", Adjustment.allCases.map(\.rawValue), default: "none",
                "What a change of contract does to the prices before it: nothing, they are multiplied by the ratio of both "
                    + "closes, or moved by their difference."),
        ]
    }

    /// Reads these options; `nil` where there is no rule.
    public static func chosen(_ configuration: Configuration) throws(PluginError) -> ContractRoll? {
        guard let rule = Rule(rawValue: try configuration.text("roll")) else { return nil }
        return ContractRoll(rule, Adjustment(rawValue: try configuration.text("roll_adjust")) ?? .none)
    }

    /// The fault of prices that have no ratio.
    public static func hasNoRatio(_ instrument: Instrument, owner: String) -> PluginError {
        PluginError(
            .malformed,
            "\(owner): prices of \(PluginError.quoted("\(instrument)")) are not above zero where contracts change, so they have no "
                + "ratio. Set 'roll_adjust' to difference.")
    }
}
