import PluginKit
import Testing

@testable import HostCore

@Suite struct PriceJumpTests {
    private struct Outcome {
        var accepted: [Bar] = []
        var refusals: [QualityRefusal<Bar>] = []
        var levels: [PriceLevel] = []
        var waiting = 0

        var closes: [Double] { accepted.map(\.close) }
        var anew: [Double] { accepted.filter { $0.flags.contains(.newLevel) }.map(\.close) }
    }

    /// Feeds closes in deliveries of a size, one instrument, one bar a day.
    private func judge(_ prices: [Double], by size: Int = .max, maxJump: Double = 50, ends: Bool = true) -> Outcome {
        var stage = QualityStage<Bar>(isKnown: [true], rules: QualityRules(maxJump: maxJump))
        var outcome = Outcome()
        let bars = prices.enumerated().map { bar(0, $0 + 1, close: $1) }
        for start in stride(from: 0, to: bars.count, by: min(size, bars.count)) {
            let part = Array(bars[start..<min(bars.count, start + min(size, bars.count))])
            stage.process(part.span, into: &outcome.accepted) { outcome.refusals.append($0) }
            outcome.levels += stage.levels
        }
        if ends { stage.finish { outcome.refusals.append($0) } }
        outcome.waiting = stage.waitingCount
        return outcome
    }

    @Test(arguments: [1, 2, 3, 7, Int.max]) func takesUpALevelThatThreeBarsHold(size: Int) {
        let outcome = judge([0.021, 0.019, 2.51, 1.96, 1.56, 1.6], by: size)
        #expect(outcome.closes == [0.021, 0.019, 2.51, 1.96, 1.56, 1.6])
        #expect(outcome.anew == [2.51])
        #expect(outcome.refusals.isEmpty)
        #expect(outcome.levels.map(\.before) == [0.019])
    }

    @Test func eachInstrumentHasTheThresholdOfItsVenue() {
        let own = [QualityRules.Thresholds(), QualityRules.Thresholds(maxJump: 2)]
        var stage = QualityStage<Bar>(
            isKnown: [true, true, true], rules: QualityRules(QualityRules.Thresholds(maxJump: 5), own: own))
        var (accepted, refusals): ([Bar], [QualityRefusal<Bar>]) = ([], [])
        // From 10 to 30 and back: 3 times is allowed at the first and at the third, which has none of its own.
        let bars = (0..<3).flatMap { slot in [10.0, 30, 10, 10].enumerated().map { bar(slot, $0 + 1, close: $1) } }
        stage.process(bars.span, into: &accepted) { refusals.append($0) }
        #expect(refusals.map(\.event.instrument) == [id(1)] && refusals.map(\.reason) == [.priceJump])
        #expect(refusals.first?.message.contains("allowed less than 2.0 times") == true)
        #expect(accepted.filter { $0.close == 30 }.map(\.instrument) == [id(0), id(2)])
    }

    /// WTI, May 2020, around 2020-04-20, when it settled at -37.63.
    private static let oil = [18.27, -37.63, 10.01, 13.78]

    @Test func refusesPricesBelowZeroUnlessTheRouteTakesThem() {
        #expect(judge(Self.oil).refusals.map(\.reason) == [.nonPositivePrice])
        #expect(judge(Self.oil).refusals[0].message.contains("'accept.prices: any'"))
        var stage = QualityStage<Bar>(isKnown: [true], rules: QualityRules(hasAnySign: true))
        var accepted: [Bar] = []
        let bars = (Self.oil + [0, 0.001, 900]).enumerated().map { index, price in
            Bar(
                time: Int64(index + 1) * day, open: price, high: price, low: price, close: price, volume: 1,
                instrument: id(0))
        }
        stage.process(bars.span, into: &accepted) { Issue.record("refused: \($0.message)") }
        #expect(accepted.map(\.close) == Self.oil + [0, 0.001, 900])
        #expect(accepted.allSatisfy { $0.flags.isEmpty })
    }

    @Test func whatIsNoNumberIsRefusedWhateverTheSign() {
        var stage = QualityStage<Bar>(isKnown: [true], rules: QualityRules(hasAnySign: true))
        var (accepted, reasons): ([Bar], [QualityReason]) = ([], [])
        var bars = [bar(0, 1, close: .nan), bar(0, 2, close: -.infinity), bar(0, 3, close: -5)]
        bars[2].high = -6
        stage.process(bars.span, into: &accepted) { reasons.append($0.reason) }
        #expect(reasons == [.nonFinite, .nonFinite, .highBelowLow])
        #expect(accepted.isEmpty)
    }

    @Test func refusesOneRowFarFromTheOthers() {
        let outcome = judge([10, 10.5, 1050, 10.2, 10.3])
        #expect(outcome.closes == [10, 10.5, 10.2, 10.3])
        #expect(outcome.refusals.map(\.reason) == [.priceJump])
        #expect(outcome.accepted.map { $0.flags.contains(.afterRejected) } == [false, false, true, false])
        #expect(outcome.anew.isEmpty)
    }

    @Test func refusesTwoSeriesMixedRowByRow() {
        let outcome = judge([1138.3, 10.43, 1140, 10.48, 1139, 10.5, 1141])
        #expect(outcome.closes == [1138.3, 1140, 1139, 1141])
        #expect(outcome.refusals.allSatisfy { $0.reason == .priceJump })
    }

    @Test func aBadFirstRowDoesNotDecide() {
        let outcome = judge([1_000_000, 10, 10.1, 10.2, 10.3])
        #expect(outcome.closes == [1_000_000, 10, 10.1, 10.2, 10.3])
        #expect(outcome.anew == [10])
    }

    @Test func aLevelThatDoesNotHoldIsRefused() {
        let outcome = judge([10, 1000, 100_000, 1000, 10])
        #expect(outcome.closes == [10, 10])
        #expect(outcome.refusals.count == 3)
    }

    @Test func keepsAtMostTwoBarsWaiting() {
        for count in 1...3 {
            #expect(judge([1] + Array(repeating: 100, count: count), ends: false).waiting == count % 3)
        }
        #expect(judge([1, 100, 100], ends: true).refusals.count == 2)
    }

    @Test func theMessageHasBothPricesAndTheRemedy() throws {
        let message = try #require(judge([0.5, 95]).refusals.first).message
        #expect(message.contains("the price is 95.0 after 0.5, 190 times"))
        #expect(message.contains("'accept.max_jump'"))
        #expect(try #require(judge([190, 1, 1, 1]).levels.first).message("A.US").contains("from 190.0 to 1.0, 1/190"))
    }

    @Test(arguments: [20.0, 0.05, 49.9, 1 / 49.9]) func acceptsAnySplitSeenAtAVenue(_ factor: Double) {
        #expect(judge([100, 100 * factor]).refusals.isEmpty)
    }

    @Test(arguments: [50.0, 0.02, 1000.0]) func refusesAJumpOfFiftyTimesThatNothingConfirms(_ factor: Double) {
        #expect(judge([100, 100 * factor]).refusals.map(\.reason) == [.priceJump])
    }

    @Test func theRouteSaysHowFarAPriceMayJump() {
        #expect(judge([100, 1000], maxJump: 5).refusals.count == 1)
        #expect(judge([100, 1_000_000], maxJump: 1e9).refusals.isEmpty)
    }

    @Test func aBarThatWaitsIsNotDoneForTheProvider() async throws {
        let sink = RecordingSink()
        let bars = [1.0, 1, 100, 100, 100, 101].enumerated().map { bar(0, $0 + 1, close: $1) }
        let provider = ArrayProvider(bars.enumerated().map { delivery([$1], $0 + 1) })
        let pipeline = Rig().pipeline(provider, [Rig.sink("keep", sink)])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        #expect(pipeline.snapshot.undecided == 0)
        #expect(pipeline.snapshot.alerts == ["unit_jump": 1], "100 times, and as many of them")
        #expect(sink.rows(.bars).map(\.time) == bars.map(\.time))
    }

    @Test func indicatorsBeginAnewWithALevel() {
        var stage = IndicatorBank<Bar>(plan: FeaturePlan([("count", EventCount())]))
        var matrix: [Double] = []
        var bars = (1...6).map { bar(0, $0, close: 1) }
        bars[3].flags.insert(.newLevel)
        stage.process(bars, into: &matrix)
        #expect(matrix == [1, 2, 3, 1, 2, 3])
        stage.process([bar(0, 7, close: 1)], into: &matrix)
        #expect(matrix == [4])
    }

    @Test func theQuoteOfANewLevelHasNoChange() throws {
        let latest = LatestValues()
        var bars = [bar(0, 1, close: 1), bar(0, 2, close: 100)]
        bars[1].flags.insert(.newLevel)
        latest.update(bars: bars, pipeline: "p", source: "s", timeframe: daily)
        #expect(try #require(latest.entries(id(0)).first).previousClose.isNaN)
    }
}

@Suite struct RefusalShareTests {
    private func share(_ prices: [Double?]) async throws -> (FlowSnapshot, InstanceStatus?) {
        var rig = Rig()
        rig.instrumentCount = 2
        let bars = prices.enumerated().map { index, price in
            Bar(
                time: Int64(index + 1) * day, open: price ?? -1, high: price ?? -1, low: price ?? -1,
                close: price ?? -1,
                volume: 1, instrument: id(0))
        }
        let pipeline = rig.pipeline(
            ArrayProvider(deliveries(bars, sizes: 4...4, seed: 1)), [Rig.sink("keep", RecordingSink())])
        try await pipeline.run()
        return (pipeline.snapshot, rig.board.status(.pipeline, "main"))
    }

    @Test func saysWhenMostOfAnInstrumentIsRefused() async throws {
        let (snapshot, status) = try await share([1, nil, nil, nil, nil])
        #expect(snapshot.mostlyRefused == [id(0)])
        #expect(status?.state == .degraded)
        #expect(status?.message.contains("I0.TEST") == true)
    }

    @Test func saysWhenAllNewRowsAreRefused() async throws {
        let (snapshot, status) = try await share(Array(repeating: 1, count: 100) + Array(repeating: nil, count: 20))
        #expect(snapshot.mostlyRefused == [id(0)])
        #expect(status?.state == .degraded)
    }

    @Test func recoversWhenGoodRowsCome() async throws {
        let (snapshot, status) = try await share(Array(repeating: nil, count: 9) + Array(repeating: 1, count: 30))
        #expect(snapshot.mostlyRefused.isEmpty)
        #expect(status?.state == .ok)
    }
}
