import HostCore
import PluginKit
import Testing

@Suite struct PriceJumpTests {
    private func bar(_ time: Int64, _ price: Double) -> Bar {
        Bar(
            time: time, open: price, high: price, low: price, close: price, volume: 1,
            instrument: InstrumentID(rawValue: 0))
    }

    private func accepted(_ prices: [Double]) -> (accepted: [Double], reasons: [QualityReason]) {
        var stage = QualityStage(isKnown: [true])
        var kept: [Bar] = []
        var reasons: [QualityReason] = []
        let bars = prices.enumerated().map { bar(Int64($0 + 1), $1) }
        stage.process(bars.span, into: &kept) { _, reason in reasons.append(reason) }
        return (kept.map(\.close), reasons)
    }

    @Test func refusesTheRestOfASeriesWhoseUnitChanges() {
        let result = accepted([1138.3, 1140, 10.43, 10.48, 1139])
        #expect(result.accepted == [1138.3, 1140, 1139])
        #expect(result.reasons == [.priceJump, .priceJump])
    }

    @Test(arguments: [20.0, 0.05, 49.9, 1 / 49.9]) func acceptsAnySplitSeenAtAVenue(_ factor: Double) {
        #expect(accepted([100, 100 * factor]).reasons.isEmpty)
    }

    @Test(arguments: [50.0, 0.02, 1000.0]) func refusesAJumpOfFiftyTimes(_ factor: Double) {
        #expect(accepted([100, 100 * factor]).reasons == [.priceJump])
    }
}
