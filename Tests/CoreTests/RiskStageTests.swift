import HostCore
import PluginKit
import Testing

struct RiskStageTests {
    private func batch(_ bars: [Bar]) -> PredictionBatch {
        PredictionBatch(
            model: "m", target: "t", outputs: [OutputColumn("value", unit: "", "")],
            rows: bars.map {
                Prediction(time: $0.time, value: 1, price: 1, instrument: $0.instrument, flags: $0.flags)
            },
            values: bars.map { _ in 1 })
    }

    private func run(
        _ bars: [Bar], maxAge: Int64?, _ clock: ArrivalClock, predicted: [Bar]? = nil
    ) -> (rows: [Prediction], alerts: [Alert]) {
        var alerts: [Alert] = []
        let made = RiskStage(maxAge: maxAge).process(
            batch(predicted ?? bars), from: bars.map { RowKey($0) }, clock: clock, alerts: &alerts)
        return (made.rows, alerts)
    }

    @Test func aPredictionOlderThanTheLimitIsFlaggedAndAlerted() {
        let (rows, alerts) = run([bar(0, 1), bar(1, 2)], maxAge: day, .same(2 * day + 1))
        #expect(rows.map { $0.flags.contains(.stale) } == [true, false])
        #expect(alerts.map(\.rule) == ["stale_prediction"])
        #expect(alerts.first?.instrument == id(0))
        #expect(alerts.first?.message.contains("is 86400.000000001 s old, more than") == true)
    }

    @Test func theLimitItselfIsNotTooOld() {
        #expect(run([bar(0, 1)], maxAge: day, .same(2 * day)).alerts.isEmpty)
    }

    @Test func aPredictionAfterARefusalIsFlaggedAndAlerted() {
        var holed = bar(0, 1)
        holed.flags = [.afterRejected]
        let (rows, alerts) = run([holed], maxAge: nil, .same(900 * day))
        #expect(rows.first?.flags == [.afterRejected])
        #expect(alerts.map(\.rule) == ["prediction_after_rejected"])
    }

    @Test func staleWinsWhereBothHold() {
        var holed = bar(0, 1)
        holed.flags = [.afterRejected, .stale]
        let (rows, alerts) = run([holed], maxAge: nil, .same(9 * day))
        #expect(rows.first?.flags == [.afterRejected, .stale])
        #expect(alerts.map(\.rule) == ["stale_prediction"])
    }

    @Test func inAReplayEachBarHasItsOwnClock() {
        let bars = [bar(0, 1), bar(1, 5), bar(2, 5), bar(0, 6)]
        let clock = ArrivalClock.each([1, 5, 9, 9].map { $0 * day })
        let (rows, _) = run(bars, maxAge: 3 * day, clock, predicted: [bars[0], bars[2], bars[3]])
        #expect(rows.map { $0.flags.contains(.stale) } == [false, true, false])
    }

    @Test func timesFarApartDoNotTrap() {
        var early = bar(0, 1)
        early.time = .min + 1
        var late = bar(0, 1)
        late.time = .max
        #expect(run([early], maxAge: day, .same(.max)).rows.first?.flags == [.stale])
        #expect(run([late], maxAge: day, .same(.min)).rows.first?.flags == [])
    }

    @Test func aBatchWithoutFaultPassesUnchanged() {
        let bars = [bar(0, 1), bar(1, 1)]
        let (rows, alerts) = run(bars, maxAge: day, .same(day))
        #expect(rows == batch(bars).rows)
        #expect(alerts.isEmpty)
    }
}
