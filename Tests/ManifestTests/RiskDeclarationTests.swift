import HostManifest
import PluginKit
import Testing

/// What a manifest says about risk.
@Suite struct RiskDeclarationTests {
    private func text(_ risk: String) -> String { manifest() + "\nrisk: \(risk)\n" }

    @Test func everythingIsReadAndNothingMeansNothing() throws {
        let loaded = load(
            text(
                """
                { currency: CNY, capital: 1000000, rates: { USD: 7.1 }, window: 100, cooldown: 5m,
                  silence: { all: ["22:00-06:00"] }, limits: {
                    gross_exposure: { limit: 2000000, severity: critical, clear: 0.9, escalate_after: 15m },
                    instrument_exposure: { of: { AAPL: 5 } }, stale_data: { limit: 10m },
                    value_at_risk: { limit: 7, confidence: 0.95 } } }
                """))
        let read = try #require(loaded.manifest, "\(loaded.report)")
        let risk = try #require(read.risk)
        #expect(risk.currency == "CNY" && risk.capital == 1_000_000 && risk.rates == ["USD": 7.1] && risk.window == 100)
        #expect(risk.cooldown == .seconds(300) && risk.silences == ["all": ["22:00-06:00"]])
        #expect(risk.limits.map(\.rule) == ["gross_exposure", "instrument_exposure", "value_at_risk", "stale_data"])
        #expect(risk.limits[0].severity == "critical" && risk.limits[0].escalateAfter == .seconds(900))
        #expect(risk.limits[1].of == ["AAPL.US": 5] && risk.limits[1].limit == nil)
        #expect(risk.limits[2].confidence == 0.95 && risk.limits[3].limit == 600)
        let none = try #require(load(manifest()).manifest)
        #expect(none.risk == nil)
    }

    @Test(arguments: [
        ("{ limits: { gross_exposure: { limit: 0 } } }", "'limits.gross_exposure.limit' is 0; allowed"),
        ("{ limits: { gross_exposure: {} } }", "'limits.gross_exposure.limit' is missing"),
        ("{ limits: { drawdown: { limit: 2 } } }", "'limits.drawdown.limit' is 2; allowed"),
        ("{ limits: { no_rule: { limit: 2 } } }", "no_rule"),
        ("{ limits: { instrument_exposure: { clear: 0.5 } } }", "allows nothing and forbids nothing"),
        ("{ limits: { instrument_exposure: { of: { '?': 5 } } } }", "is no symbol"),
        ("{ limits: { group_exposure: { of: { tech: 5 } } } }", "no instrument group 'tech'"),
        ("{ sinks: [nobody] }", "no sink 'nobody'"),
        ("{ currency: usd }", "'usd' is no currency"),
        ("{ rates: { E: 1 } }", "'E' is no currency"),
        ("{ rates: { EUR: 0 } }", "'rates.EUR' is 0"),
        ("{ silence: { gros: ['22:00-06:00'] } }", "names 'gros', which is no rule"),
        ("{ silence: { all: ['22-6'] } }", "'silence.all' has '22-6'"),
        ("[1]", "risk: it is a list"),
    ])
    func aFaultSaysWhatIsAllowed(_ risk: String, _ message: String) {
        let loaded = load(text(risk))
        #expect(loaded.manifest == nil && loaded.report.contains(message), "\(loaded.report)")
    }

    @Test func otherLimitsAreADifferenceThatNoPipelineFeels() throws {
        let old = try #require(load(text("{ limits: { gross_exposure: { limit: 5 } } }")).manifest)
        let new = try #require(load(text("{ limits: { gross_exposure: { limit: 6 } } }")).manifest)
        let plan = ReloadPlan(from: old, to: new)
        #expect(plan.diff.entries.map(\.name) == ["risk"] && plan.postponed.isEmpty)
        #expect(plan.pipelines.map(\.effect) == [.unchanged])
        #expect(old.risk?.text != new.risk?.text)
    }
}
