import HostCore
import PluginKit
import Testing

struct QualityStageTests {
    private struct Outcome {
        var accepted: [Bar] = []
        var rejected: [(bar: Bar, reason: QualityReason)] = []
    }

    private func run(_ bars: [Bar], known: [Bool] = [true, true]) -> Outcome {
        var stage = QualityStage<Bar>(isKnown: known)
        var outcome = Outcome()
        stage.process(bars.span, into: &outcome.accepted) { outcome.rejected.append(($0.event, $0.reason)) }
        return outcome
    }

    private static func changed(_ change: (inout Bar) -> Void) -> Bar {
        var bar = bar(0, 2)
        change(&bar)
        return bar
    }

    @Test(
        arguments: [
            (changed { $0.open = .nan }, QualityReason.nonFinite), (changed { $0.high = .infinity }, .nonFinite),
            (changed { $0.low = -.infinity }, .nonFinite), (changed { $0.close = .nan }, .nonFinite),
            (changed { $0.volume = .nan }, .nonFinite), (changed { $0.amount = .infinity }, .nonFinite),
            (changed { $0.open = 0 }, .nonPositivePrice), (changed { $0.low = -1 }, .nonPositivePrice),
            (changed { $0.high = 0 }, .nonPositivePrice), (changed { $0.close = -0.0 }, .nonPositivePrice),
            (changed { $0.volume = -1 }, .negativeVolume), (changed { $0.volume = 5.9e-39 }, .implausibleVolume),
            (changed { $0.high = 4 }, .highBelowLow),
            (changed { $0.open = 12 }, .outsideRange), (changed { $0.open = 4 }, .outsideRange),
            (changed { $0.close = 12 }, .outsideRange), (changed { $0.close = 4 }, .outsideRange),
            (changed { $0.time = day / 2 }, .outOfOrder), (changed { $0.time = day }, .duplicate),
            (bar(0, 1, volume: 5), .conflictingDuplicate),
            (changed { $0.instrument = id(1) }, .unknownInstrument),
            (changed { $0.time = .min }, .impossibleTime), (changed { $0.time = .min + 1 }, .impossibleTime),
            (changed { $0.time = .max }, .impossibleTime),
            (changed { $0.instrument = id(9_999_999) }, .unknownInstrument),
        ])
    func refusesABarThatCannotBeTrue(bad: Bar, reason: QualityReason) throws {
        let outcome = run([bar(0, 1), bad, bar(0, 3)], known: [true, false])
        #expect(outcome.accepted.map(\.time) == [day, 3 * day])
        let refusal = try #require(outcome.rejected.first)
        #expect(outcome.rejected.count == 1)
        #expect(refusal.reason == reason)
        #expect(!QualityRefusal(event: bad, reason: reason).message.isEmpty)
    }

    @Test func everyReasonHasANameAndAMessageOfItsOwn() {
        let names = QualityReason.allCases.map(\.rawValue)
        #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "_" } })
        #expect(
            Set(QualityReason.allCases.map { QualityRefusal(event: bar(0, 1), reason: $0).message }).count
                == names.count)
        let low = QualityRefusal(event: Self.changed { $0.high = 4 }, reason: .highBelowLow)
        #expect(low.message.contains("high 4.0 is below low 5.0"))
    }

    @Test func acceptsWhatIsOddButPossible() {
        let flat = Self.changed {
            $0.high = 10
            $0.low = 10
            $0.volume = 0
        }
        let withAmount = Bar(
            time: 3 * day, open: 1, high: 1, low: 1, close: 1, volume: 1, amount: 5, instrument: id(0))
        #expect(run([flat, withAmount]).rejected.isEmpty)
    }

    @Test func keepsTheOrderOfInterleavedInstruments() {
        let bars = [bar(1, 1), bar(0, 1), bar(0, 2), bar(1, 5), bar(0, 3)]
        #expect(run(bars).accepted.map(\.time) == bars.map(\.time))
    }

    @Test func judgesOrderByInstrument() {
        let outcome = run([bar(0, 9), bar(1, 1), bar(0, 8), bar(1, 2)])
        #expect(outcome.rejected.map(\.bar.instrument) == [id(0)])
    }

    @Test func flagsOnlyTheNextBarOfTheInstrumentAfterARefusal() {
        let outcome = run([bar(0, 1), Self.changed { $0.volume = -1 }, bar(1, 2), bar(0, 3), bar(0, 4)])
        #expect(outcome.accepted.map { $0.flags.contains(.afterRejected) } == [false, false, true, false])
    }

    @Test func aRefusedBarDoesNotMoveTheOrder() {
        let outcome = run([
            bar(0, 1),
            Self.changed {
                $0.time = 50 * day
                $0.high = 1
            }, bar(0, 2),
        ])
        #expect(outcome.accepted.map(\.time) == [day, 2 * day])
    }

    @Test func remembersBetweenCalls() {
        var stage = QualityStage<Bar>(isKnown: [true])
        var accepted: [Bar] = []
        var reasons: [QualityReason] = []
        for bars in [[bar(0, 1)], [], [bar(0, 1), bar(0, 2)]] {
            stage.process(bars.span, into: &accepted) { reasons.append($0.reason) }
        }
        #expect(accepted.count == 2)
        #expect(reasons == [.duplicate])
    }

    @Test func anUnreadableRowIsAHoleToo() {
        var stage = QualityStage<Bar>(isKnown: [true])
        var accepted: [Bar] = []
        stage.noteRejection(of: id(0))
        stage.noteRejection(of: id(77))
        stage.process([bar(0, 1), bar(0, 2)].span, into: &accepted) { _ in }
        #expect(accepted.map { $0.flags.contains(.afterRejected) } == [true, false])
    }

    @Test func refusesATimeAfterTheLatestThatIsNoFuture() {
        var stage = QualityStage<Bar>(isKnown: [true])
        var accepted: [Bar] = []
        var reasons: [QualityReason] = []
        stage.process([bar(0, 1), bar(0, 9), bar(0, 2)].span, latest: 3 * day, into: &accepted) {
            reasons.append($0.reason)
        }
        #expect(accepted.map(\.time) == [day, 2 * day])
        #expect(reasons == [.future])
    }

    @Test(arguments: [Int64.min, -1, 0, day, .max - day, .max])
    func theLatestTimeIsAlwaysPossible(now: Int64) {
        for span in [Int64.min, 0, day, 31 * day, .max] {
            let latest = EventTimes.latest(at: now, span: span)
            #expect(EventTimes.possible.contains(latest))
            if EventTimes.possible.contains(now) { #expect(latest >= now) }
        }
    }

    @Test func aWeekThatIsNotOverIsNoFuture() {
        #expect(EventTimes.latest(at: 10 * day, span: 7 * day) == 17 * day)
        #expect(EventTimes.latest(at: 10 * day, span: 60_000_000_000) == 11 * day)
    }
}
