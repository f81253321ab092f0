import PluginKit
import Testing

@testable import HostCore

/// Each rule measures what it says, and tells when it is too much.
@Suite struct RiskRuleTests {
    private let sample = RiskSample()

    /// What a rule measures after AAPL went to 15: 1500 long, 1000 short, 500 won.
    private func readings(_ limit: RiskLimit, _ change: (inout RiskEngine) -> Void = { _ in }) -> [RiskReading] {
        var engine = sample.engine(limit)
        engine.take(15, at: 3, of: sample.apple, now: 3)
        change(&engine)
        return engine.measured().map(\.reading)
    }

    @Test(arguments: [
        ("gross_exposure", 2_500.0), ("net_exposure", 500), ("concentration", 0.6), ("daily_loss", -500),
        ("drawdown", 0),
    ])
    func theWholeBookIsMeasured(_ rule: String, _ value: Double) {
        let found = readings(RiskLimit(rule: rule, limit: 1_000))
        #expect(found == [RiskReading(subject: .all, value: value, limit: 1_000)])
    }

    @Test func aPositionHasTheLimitOfItsInstrument() {
        let found = readings(RiskLimit(rule: "instrument_exposure", limit: 1_200, of: ["AAPL.US": 2_000]))
        #expect(found.map(\.value) == [1_500, 1_000])
        #expect(found.map(\.limit) == [2_000, 1_200])
        #expect(readings(RiskLimit(rule: "instrument_exposure", limit: nil, of: ["IBM.US": 1])).count == 1)
    }

    @Test func aGroupHasALimitOfItsOwn() {
        let found = readings(RiskLimit(rule: "group_exposure", limit: nil, of: ["tech": 1_400]))
        #expect(found == [RiskReading(subject: RiskSubject(name: "tech"), value: 1_500, limit: 1_400)])
    }

    @Test func aLossIsThatOfTheDayAndADrawdownThatFromThePeak() {
        var engine = sample.engine(
            RiskLimit(rule: "daily_loss", limit: 100), RiskLimit(rule: "drawdown", limit: 0.1))
        engine.take(15, at: 3, of: sample.apple, now: 3)
        engine.take(13, at: RiskSample.day + 1, of: sample.apple, now: RiskSample.day + 1)
        let found = engine.measured().map(\.reading.value)
        #expect(found[0] == 200, "10,500 at the end of the day before, 10,300 now")
        #expect(abs(found[1] - 200 / 10_500) < 1e-12)
        let changes1 = engine.takeChanges()
        #expect(changes1.map(\.alert.rule) == ["daily_loss"])
    }

    @Test func turnoverIsAPartOfTheCapital() {
        let found = readings(RiskLimit(rule: "turnover", limit: 0.5)) { engine in
            engine.trade(value: -6_000, profit: 0, at: 4)
            engine.tick(at: 5)
        }
        #expect(found.map(\.value) == [0.6])
    }

    @Test func aPriceGetsOldAndAMissingOneIsAsOldAsThePosition() {
        var engine = RiskEngine(sample.directory)
        var limits = RiskLimits()
        limits.limits = [RiskLimit(rule: "stale_data", limit: 10)]
        limits.cooldown = 0
        engine.set(limits, version: 1, at: RiskSample.second)
        engine.set(sample.book, at: RiskSample.second)
        engine.take(10, at: RiskSample.second, of: sample.apple, now: RiskSample.second)
        engine.tick(at: 20 * RiskSample.second)
        let opened = engine.takeChanges()
        #expect(opened.map(\.alert.instrument) == ["AAPL.US", "IBM.US"])
        #expect(opened[0].alert.message == "age of the price of AAPL.US is 19 s, above its limit of 10 s.")
        engine.take(11, at: 20 * RiskSample.second, of: sample.apple, now: 20 * RiskSample.second)
        let changes2 = engine.takeChanges()
        #expect(changes2.map(\.event) == [.resolved])
    }

    @Test func predictionsAndDriftAreMeasuredAsTimeGoesBy() {
        var engine = sample.engine(
            RiskLimit(rule: "missing_prediction", limit: 60), RiskLimit(rule: "drift", limit: 0.2))
        engine.tick(at: 3, lag: [(sample.apple, 90 * RiskSample.second)], drift: [("next_day", 0.3)])
        let opened = engine.takeChanges()
        #expect(opened.map(\.alert.rule) == ["missing_prediction", "drift"])
        #expect(opened.map(\.alert.subject) == ["", "next_day"])
        engine.tick(at: 4, lag: [(sample.apple, 0)], drift: [("next_day", 0.1)])
        let changes3 = engine.takeChanges()
        #expect(changes3.map(\.event) == [.resolved, .resolved])
    }

    @Test(arguments: ["value_at_risk", "expected_shortfall", "ewma_value_at_risk", "ewma_expected_shortfall"])
    func lossesOfThePastAreMeasuredWhereThereIsAPast(_ rule: String) {
        var engine = sample.engine(RiskLimit(rule: rule, limit: 1))
        #expect(engine.measured().isEmpty)
        engine.set(Scenarios(returns: [[-0.1, 0.1, 0.05], [0, 0, 0]]), at: 3)
        let changes4 = engine.takeChanges()
        #expect(changes4.map(\.alert.rule) == [rule])
        let before = engine.measured().map(\.reading.value)
        engine.take(20, at: 4, of: sample.apple, now: 4)
        let after = engine.measured().map(\.reading.value)
        #expect(abs(after[0] / before[0] - 2) < 1e-9, "twice the position, twice the loss")
    }

    @Test func everyRuleHasANameOfItsOwn() {
        #expect(Set(RiskRules.all.map { $0.name }).count == 15)
        #expect(RiskRules.named("no_rule") == nil)
    }
}
