import PluginKit
import Testing

@testable import HostCore

/// One alert a rule and subject, opened once, ended once.
@Suite struct AlertBookTests {
    private let sample = RiskSample()

    private func engine(
        limit: Double = 2_500, escalateAfter: Int64? = nil, cooldown: Int64 = 0
    ) -> RiskEngine {
        sample.engine(
            RiskLimit(rule: "gross_exposure", limit: limit, clear: 0.9, escalateAfter: escalateAfter),
            cooldown: cooldown)
    }

    @Test func betweenItsLimitAndItsEndNothingChanges() {
        var engine = engine()
        engine.take(16, at: 3, of: sample.apple, now: 3)
        let opened = engine.takeChanges()
        #expect(opened.map(\.event) == [.opened] && opened[0].alert.value == 2_600 && opened[0].number == 1)
        for price in [15.5, 14, 12.6, 17] { engine.take(price, at: 4, of: sample.apple, now: 4) }
        let changes5 = engine.takeChanges()
        #expect(changes5.isEmpty, "2,260 is above 0.9 of the limit")
        engine.take(12, at: 5, of: sample.apple, now: 5)
        let resolved = engine.takeChanges()
        #expect(resolved.map(\.event) == [.resolved] && resolved[0].alert.state == .resolved)
        #expect(resolved[0].alert.id == opened[0].alert.id && engine.alerts.all.isEmpty)
    }

    @Test func aNumberThatJumpsAroundItsLimitMakesTwoChangesACooldown() {
        var engine = engine(cooldown: 60 * RiskSample.second)
        for step in 0..<10_000 {
            engine.take(step % 2 == 0 ? 30 : 5, at: Int64(step) + 3, of: sample.apple, now: Int64(step) + 3)
        }
        let changes6 = engine.takeChanges()
        #expect(changes6.map(\.event) == [.opened, .resolved])
        #expect(engine.alerts.suppressed == 4_999)
        engine.take(30, at: 20_000, of: sample.apple, now: 61 * RiskSample.second)
        let changes7 = engine.takeChanges()
        #expect(changes7.map(\.event) == [.opened], "still broken after the cooldown")
    }

    @Test func whoKnowsIsNotedOnceAndKeepsItFromEscalating() {
        var engine = engine(escalateAfter: 10 * RiskSample.second)
        engine.take(16, at: 3, of: sample.apple, now: 3)
        let id = engine.takeChanges()[0].alert.id
        let known8 = engine.acknowledge(id, by: "ann")
        #expect(known8?.acknowledgedBy == "ann")
        let known9 = engine.acknowledge(id, by: "bob")
        let known10 = engine.acknowledge(99, by: "bob")
        #expect(known9 == nil && known10 == nil)
        engine.take(17, at: 4, of: sample.apple, now: 60 * RiskSample.second)
        let changes = engine.takeChanges()
        #expect(changes.map(\.event) == [.acknowledged])
        #expect(
            changes[0].record(nil).message.hasPrefix("alert 1 acknowledged by ann: gross exposure is 2600 USD, above"))
    }

    @Test func whatNobodyAcknowledgesBecomesCriticalOnce() {
        var engine = engine(escalateAfter: 10 * RiskSample.second)
        engine.take(16, at: 3, of: sample.apple, now: 3)
        _ = engine.takeChanges()
        for second in 9...30 { engine.take(16, at: 4, of: sample.apple, now: Int64(second) * RiskSample.second) }
        let changes = engine.takeChanges()
        #expect(changes.map(\.event) == [.escalated] && changes[0].alert.severity == .critical)
    }

    @Test func inASilenceChangesAreKeptAndNotTold() {
        var limits = RiskLimits()
        limits.limits = [RiskLimit(rule: "gross_exposure", limit: 1)]
        limits.silences = ["gross_exposure": [SilenceWindow("22:00-06:00")].compactMap(\.self)]
        var engine = RiskEngine(sample.directory)
        let night = 23 * 3_600 * RiskSample.second
        engine.set(limits, version: 1, at: night)
        engine.set(sample.book, at: night)
        engine.take(10, at: night, of: sample.apple, now: night)
        let changes11 = engine.takeChanges()
        #expect(changes11.map(\.isSilent) == [true])
        _ = engine.drill("gross_exposure", at: night)
        let changes12 = engine.takeChanges()
        #expect(changes12.map(\.isSilent) == [false], "a drill is always told")
    }

    @Test(arguments: [
        ("22:00-06:00", 23, true), ("22:00-06:00", 5, true), ("22:00-06:00", 6, false), ("09:00-17:00", 12, true),
        ("09:00-17:00", 17, false),
    ])
    func aSilenceHoldsPartOfTheDay(_ text: String, _ hour: Int64, _ holds: Bool) throws {
        let window = try #require(SilenceWindow(text))
        #expect(window.holds(RiskSample.day * 400 + hour * 3_600 * RiskSample.second) == holds)
        #expect(window.description == text)
    }

    @Test(arguments: [
        "", "22:00", "25:00-06:00", "22:61-06:00", "6:00-7:00", "06:00-06:00", "a-b", "06:00-07:00-08:00",
    ])
    func aTextThatIsNoSilenceIsNone(_ text: String) { #expect(SilenceWindow(text) == nil) }

    @Test func aDrillIsOneChangeAndSaysSo() {
        var engine = engine()
        let alert = engine.drill("drawdown", at: 7)
        let changes = engine.takeChanges()
        #expect(changes.count == 1 && changes[0].alert == alert && alert.isDrill && alert.state == .resolved)
        #expect(
            changes[0].record(nil).message == "DRILL, nothing is wrong: alert 1 opened: a drill of the rule 'drawdown'."
        )
        #expect(engine.alerts.all.isEmpty)
    }

    @Test func alertsOfWhatIsGoneEnd() {
        var engine = sample.engine(RiskLimit(rule: "instrument_exposure", limit: 1))
        let changes13 = engine.takeChanges()
        #expect(changes13.map(\.event) == [.opened, .opened])
        engine.set(RiskBook(), at: 5)
        let changes14 = engine.takeChanges()
        #expect(changes14.map(\.event) == [.resolved, .resolved])
        engine.set(sample.book, at: 6)
        engine.take(10, at: 7, of: sample.apple, now: 7)
        let changes15 = engine.takeChanges()
        #expect(changes15.count == 1)
        engine.set(RiskLimits(), version: 2, at: 8)
        let changes16 = engine.takeChanges()
        #expect(changes16.map(\.event) == [.resolved], "its rule has no limit any more")
    }

    @Test func anEarlierRunsAlertsGoOn() {
        var first = engine()
        first.take(16, at: 3, of: sample.apple, now: 3)
        let change = first.takeChanges()[0]
        var second = RiskEngine(sample.directory, alerts: AlertBook(lastID: 1, lastNumber: 1))
        second.resume([change.alert])
        second.set(first.limits, version: 1, at: 4)
        second.set(sample.book, at: 4)
        second.take(10, at: 5, of: sample.apple, now: 5)
        let changes17 = second.takeChanges()
        #expect(changes17.isEmpty, "a position without a price ends no alert")
        second.take(20, at: 6, of: sample.ibm, now: 6)
        let changes = second.takeChanges()
        #expect(changes.map(\.event) == [.resolved] && changes[0].number == 2 && changes[0].alert.id == 1)
    }
}
