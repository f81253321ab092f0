/// Every rule there is.
package enum RiskRules {
    /// In the order of the documentation.
    package static let all: [any RiskRule.Type] = [
        GrossExposure.self, NetExposure.self, InstrumentExposure.self, GroupExposure.self, Concentration.self,
        DailyLoss.self, Drawdown.self, ValueAtRisk.self, ExpectedShortfall.self, WeightedValueAtRisk.self,
        WeightedShortfall.self, Turnover.self, StaleData.self, MissingPrediction.self, Drift.self,
    ]

    /// Returns the rule of a limit; `nil` where none has its name.
    static func make(_ limit: RiskLimit) -> (any RiskRule)? {
        all.first { $0.name == limit.rule }.map { $0.init(limit) }
    }

    /// Returns what a rule measures and in which unit; `nil` where none has the name.
    package static func named(_ name: String) -> (words: String, unit: RiskUnit)? {
        all.first { $0.name == name }.map { ($0.words, $0.unit) }
    }
}
