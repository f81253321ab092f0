import HostCore
import HostTraining
import PredictionTargets
import TestSupport
import Testing

@Suite struct PromotionTests {
    /// Errors of two versions over event times: the champion's have the spread 1, the shadow's `spread`.
    private func errors(_ times: Int, spread: Double, seed: UInt64 = 1, instruments: Int = 3) -> [PairedError] {
        var random = SeededGenerator(seed: seed)
        func draw() -> Double { (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) } }
        return (0..<times).flatMap { time in
            (0..<instruments).map { _ in PairedError(time: Int64(time), champion: draw(), shadow: spread * draw()) }
        }
    }

    private let scheme = PromotionScheme(minSamples: 100)

    @Test func nothingIsSaidBeforeTheFirstLook() {
        #expect(Promotion.judge(errors(99, spread: 0.1), by: scheme, horizon: 1) == .wait)
        #expect(Promotion.judge([], by: scheme, horizon: 1) == .wait)
    }

    @Test func aBetterOneIsPromotedAtItsFirstLookHoweverOftenItIsAsked() throws {
        let all = errors(400, spread: 0.7)
        guard case .promote(let found) = Promotion.judge(Array(all.prefix(300)), by: scheme, horizon: 1) else {
            Issue.record("it waits")
            return
        }
        #expect(found.samples == 100 && found.level == 0.025 && found.pValue < 0.025 && found.shadow < found.champion)
        #expect(Promotion.judge(all, by: scheme, horizon: 1) == .promote(found))
        let text = found.text(.squaredError, against: 3)
        #expect(text.hasPrefix("squared_error ") && text.contains(" of version 3 over 100 event times, p "))
    }

    /// Twenty worse ones, each over all looks there are.
    @Test(arguments: 1...20) func aWorseOneNeverIs(seed: UInt64) {
        let verdict = Promotion.judge(errors(800, spread: 1.1, seed: seed), by: scheme, horizon: 1)
        guard case .giveUp(let found) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(found.samples == 800 && found.level == 0.05 / 16)
    }

    @Test func anEqualOneIsPromotedNoMoreOftenThanTheTestSays() {
        let promoted = (1...200).count { seed in
            if case .promote = Promotion.judge(errors(800, spread: 1, seed: UInt64(seed)), by: scheme, horizon: 1) {
                return true
            }
            return false
        }
        #expect(promoted <= 20, "of 200, and 5 % are 10")
    }

    @Test func theSameErrorsAreNoAdvantage() {
        let same = errors(800, spread: 1).map { PairedError(time: $0.time, champion: $0.champion, shadow: $0.champion) }
        guard case .giveUp(let found) = Promotion.judge(same, by: scheme, horizon: 1) else {
            Issue.record("promoted")
            return
        }
        #expect(found.pValue == 1)
    }

    @Test func aMarginAsksForMore() {
        let little = errors(800, spread: 0.97)
        let wanted = PromotionScheme(margin: 0.2, minSamples: 100)
        if case .promote = Promotion.judge(little, by: wanted, horizon: 1) { Issue.record("promoted for little") }
        guard case .promote = Promotion.judge(errors(800, spread: 0.5), by: wanted, horizon: 1) else {
            Issue.record("not promoted for much")
            return
        }
    }

    @Test func looksShareTheTest() {
        let looks = [99, 100, 199, 200, 400, 800, 100_000].map { scheme.look(at: $0) }
        #expect(looks.map { $0?.samples } == [nil, 100, 100, 200, 400, 800, 800])
        let levels = [100, 200, 400, 800].compactMap { scheme.look(at: $0)?.level }
        #expect(levels == [0.025, 0.0125, 0.00625, 0.003125] && levels.reduce(0, +) < 0.05)
    }

    @Test func theGateDecidesWhoShadows() {
        #expect([nil, "pass", "fail"].map { scheme.takes(leakage: $0) } == [false, true, false])
        let lax = PromotionScheme(requiresLeakageCheck: false)
        #expect([nil, "pass", "fail"].map { lax.takes(leakage: $0) } == [true, true, false])
    }

    @Test func aBandIsLeftWhenEveryOneOfTheLastTimesIsBeyondIt() {
        let rule = PromotionScheme.Rollback(band: 2, bars: 3)
        func run(_ errors: [Double]) -> (Int, Int64?) {
            let found = rule.run(
                errors.enumerated().map { TimedError(time: Int64($0.offset), error: $0.element) }, usual: 1)
            return (found.beyond, found.lastWithin)
        }
        #expect(run([]) == (0, nil) && run([1, -2]) == (0, 1) && run([1, 3, -3]) == (2, 0))
        #expect(run([3, 3, 3]) == (3, nil) && run([9, 1, .nan, 5, -2.1]) == (3, 1))
        // Instruments of one time count together.
        let together = [TimedError(time: 1, error: 4), TimedError(time: 1, error: 0.1), TimedError(time: 2, error: 5)]
        #expect(rule.run(together, usual: 1).beyond == 2)
    }
}
