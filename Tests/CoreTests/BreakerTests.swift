import HostCore
import PluginKit
import Testing

private let second: Int64 = 1_000_000_000
private let broke = PluginError(.transient, "provider/a: broke.")

struct BreakerTests {
    @Test func opensAfterThreeFaultsInARowAndLetsOneThroughAfterThePause() {
        var breaker = Breaker()
        for _ in 0..<2 { breaker.failed(broke, at: 0) }
        #expect(breaker.admit(at: 0) == nil)
        breaker.failed(broke, at: 0)
        #expect(breaker.admit(at: 29 * second) == 30 * second && breaker.state(at: 29 * second) == .open)
        #expect(breaker.state(at: 30 * second) == .halfOpen)
        #expect(breaker.admit(at: 30 * second) == nil)
        // One at a time: a second request waits for the outcome of the first.
        #expect(breaker.admit(at: 30 * second) != nil)
        breaker.answered()
        #expect(breaker.admit(at: 30 * second) == nil && breaker.state(at: 0) == .closed)
    }

    @Test func pausesDoubleUpToTenMinutes() {
        var breaker = Breaker()
        for _ in 0..<3 { breaker.failed(broke, at: 0) }
        var (now, pauses): (Int64, [Int64]) = (0, [])
        for _ in 0..<7 {
            let until = breaker.admit(at: now) ?? now
            pauses.append((until - now) / second)
            now = until
            #expect(breaker.admit(at: now) == nil)
            breaker.failed(broke, at: now)
        }
        #expect(pauses == [30, 60, 120, 240, 480, 600, 600])
    }

    @Test func anAnswerBetweenFaultsBeginsTheCountAnew() {
        var breaker = Breaker()
        for _ in 0..<5 {
            breaker.failed(broke, at: 0)
            breaker.failed(broke, at: 0)
            breaker.failed(PluginError(.noData, "provider/a: nothing there."), at: 0)
        }
        #expect(breaker.state(at: 0) == .closed)
    }

    private static let refusals: [(PluginError, Int64)] = [
        (PluginError(.rateLimited, "slow down.", retryAfter: .seconds(90)), Int64(90)),
        (PluginError(.banned, "banned."), 3_600), (PluginError(.auth, "no key."), 300),
        (PluginError(.permission, "not in your plan."), 300),
        (PluginError(.transient, "down for maintenance.", retryAfter: .seconds(600)), 600),
    ]

    @Test(arguments: refusals)
    func whatTellsItsTimeOpensAtOnce(fault: PluginError, seconds: Int64) {
        var breaker = Breaker()
        breaker.failed(fault, at: 0)
        #expect(breaker.admit(at: 0) == seconds * second)
    }

    @Test func aRequestThatWasCancelledSaysNothing() {
        var breaker = Breaker()
        for _ in 0..<3 { breaker.failed(broke, at: 0) }
        #expect(breaker.admit(at: 30 * second) == nil)
        breaker.failed(PluginError(.cancelled, "host: it is stopping."), at: 31 * second)
        #expect(breaker.admit(at: 31 * second) == nil)
    }
}

struct RequestBudgetTests {
    @Test func burstsAreAsLargeAsTheRateAndTokensComeBack() {
        var budget = RequestBudget(RequestLimits(perSecond: 2), at: 0)
        #expect(budget.take(at: 0) == nil && budget.take(at: 0) == nil)
        #expect(budget.take(at: 0) == second / 2)
        #expect(budget.take(at: second / 2) == nil)
        #expect(budget.take(at: second / 2) == second)
        #expect(budget.take(at: 100 * second) == nil && budget.take(at: 100 * second) == nil)
        #expect(budget.take(at: 100 * second) != nil)
    }

    @Test func aDayHasItsRequestsAndTheNextHasThemAgain() {
        let noon = 19_000 * day + day / 2
        var budget = RequestBudget(RequestLimits(perDay: 3), at: noon)
        budget.resume(KeptRequests(day: 19_000, used: 1), at: noon)
        #expect(budget.take(at: noon) == nil && budget.left(at: noon) == 1 && budget.take(at: noon) == nil)
        #expect(budget.take(at: noon) == 19_001 * day)
        // A clock that was set back gives no second budget.
        #expect(budget.take(at: noon - day) == 19_001 * day)
        #expect(budget.take(at: 19_001 * day) == nil && budget.left(at: 19_001 * day) == 2)
    }

    @Test func theTightestLimitHolds() {
        var budget = RequestBudget(RequestLimits(perSecond: 100, perMinute: 1), at: 0)
        #expect(budget.take(at: 0) == nil)
        #expect(budget.take(at: 0) == 60 * second)
    }

    @Test func aQuestionCountsAsManyRequestsAsItNeeds() {
        var budget = RequestBudget(RequestLimits(perSecond: 1, perDay: 5), at: 0)
        #expect(budget.take(3, at: 0) == nil && budget.left(at: 0) == 2)
        // Two tokens are owed before there is one again.
        #expect(budget.take(at: 0) == 3 * second)
        // What is left lets one question go.
        #expect(budget.take(4, at: 3 * second) == nil && budget.left(at: 3 * second) == 0)
        #expect(budget.take(at: 60 * second) == 86_400 * second)
    }

    @Test func whatAnEarlierRunLeftHoldsOn() {
        let limits = RequestLimits(perSecond: 2, perMinute: 3, perDay: 10)
        var first = RequestBudget(limits, at: 0)
        for _ in 0..<2 { #expect(first.take(at: 0) == nil) }
        let kept = first.kept(at: 0)
        #expect(kept == KeptRequests(day: 0, used: 2, time: 0, perSecond: 0, perMinute: 1))
        var next = RequestBudget(limits, at: second)
        next.resume(kept, at: second)
        // A second gave back two of the second, and a twentieth of one of the minute.
        #expect(next.take(at: second) == nil && next.left(at: second) == 7)
        #expect((next.take(at: second) ?? 0) > second)
        // Limits that were raised, a clock that was set back: nothing is gained.
        var raised = RequestBudget(RequestLimits(perMinute: 100), at: -day)
        raised.resume(KeptRequests(day: 0, used: 2, time: 0, perMinute: -1), at: -day)
        #expect(raised.take(at: -day) != nil)
        // A limit that is new begins full.
        var other = RequestBudget(RequestLimits(perSecond: 1), at: 0)
        other.resume(KeptRequests(day: 0, used: 2, perMinute: 0), at: 0)
        #expect(other.take(at: 0) == nil)
    }

    @Test func whatOthersAskBesideCountsToo() {
        var budget = RequestBudget(RequestLimits(perMinute: 3, perDay: 10), at: 0)
        #expect(budget.take(at: 0) == nil)
        budget.resume(KeptRequests(day: 0, used: 3, time: 0, perMinute: 0), at: 0)
        #expect(budget.left(at: 0) == 7 && budget.take(at: 0) == 20 * second)
        // What is older than what is known gives nothing back.
        budget.resume(KeptRequests(day: 0, used: 1, time: 0, perMinute: 2), at: 0)
        #expect(budget.left(at: 0) == 7 && budget.take(at: 0) != nil)
        budget.resume(KeptRequests(day: 1, used: 9, time: 0), at: 0)
        #expect(budget.left(at: 0) == 1, "by a clock that is ahead of this one")
        // One that was years ahead once takes no day away.
        budget.resume(KeptRequests(day: 9_000, used: 10, time: 9_000 * day, perMinute: 3), at: 2 * day)
        #expect(budget.left(at: 2 * day) == 10)
    }

    @Test func aRefusedRequestCostsNothing() {
        var budget = RequestBudget(RequestLimits(perSecond: 1, perDay: 10), at: 0)
        #expect(budget.take(at: 0) == nil)
        for _ in 0..<50 { _ = budget.take(at: 0) }
        #expect(budget.left(at: 0) == 9)
    }
}

struct HealthScoreTests {
    @Test func theScoreFollowsTheAnswersOfLate() {
        var score = HealthScore()
        for _ in 0..<40 { score.note(isAnswered: false, took: .seconds(1)) }
        #expect(score.value < 0.01 && score.seconds == nil && score.counts == (0, 40))
        for _ in 0..<40 { score.note(isAnswered: true, took: .milliseconds(20)) }
        #expect(score.value > 0.99 && abs((score.seconds ?? 0) - 0.02) < 1e-9)
    }
}
