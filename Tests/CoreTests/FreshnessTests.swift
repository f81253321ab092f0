import HostCore
import PluginKit
import Testing

/// What a pipeline's route promises of each instrument, and whether it is kept.
@Suite struct FreshnessTests {
    /// A pipeline of two instruments of which the first has a bar, a hundred days after the epoch.
    private func freshness(
        _ silence: Silence?, now: Int64, isRunning: Bool = true, hours: @escaping TradingHoursFinder = { _ in nil }
    ) -> Freshness {
        var rig = Rig()
        rig.instrumentCount = 2
        rig.policy = StreamPolicy(isOnce: false, silence: silence)
        let plan = rig.pipeline(ArrayProvider([]), []).plan
        let bar = Bar(
            time: 100 * day, open: 1, high: 1, low: 1, close: 1, volume: 1, instrument: id(0))
        rig.latest.update(bars: [bar], pipeline: "main", source: "source", timeframe: daily)
        rig.latest.update(bars: [bar], pipeline: "other", source: "source", timeframe: daily)
        return Freshness(plan, rig.latest, isRunning: isRunning, began: 100 * day, now: now, hours: hours)
    }

    @Test func anInstrumentIsStaleAfterTheSilence() {
        let silence = Silence.span(.seconds(60))
        let soon = freshness(silence, now: 100 * day + 60_000_000_000)
        #expect(soon.promised?.followed == 2 && soon.promised?.stale == 0)
        #expect(soon.newest.map(\.instrument.code) == ["I0"])
        #expect(soon.newest.map(\.time) == [100 * day])
        // The second has had no event since the host began.
        #expect(freshness(silence, now: 100 * day + 60_000_000_001).promised?.stale == 2)
    }

    @Test func eachInstrumentHasTheHoursOfItsVenue() {
        let silence = Silence.hours(daily, of: [], atLeast: .zero)
        let now = 104 * day
        #expect(freshness(silence, now: now).promised?.stale == 0, "without a calendar closed days are allowed for")
        let stale = freshness(silence, now: now) { $0.code == "I0" ? EveryDay() : nil }.promised
        #expect(stale?.followed == 2 && stale?.stale == 1)
    }

    @Test func wherePastIsPlayedNothingIsPromised() {
        let past = freshness(nil, now: 20_000 * day)
        #expect(past.promised == nil)
        #expect(past.newest.count == 1)
        let ended = freshness(.span(.seconds(60)), now: 20_000 * day, isRunning: false)
        #expect(ended.promised == nil && ended.newest.count == 1)
    }
}
