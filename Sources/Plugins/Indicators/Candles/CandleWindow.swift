import PluginKit
import RollingStatistics

/// The last five bars; 0 is the newest.
struct CandleWindow: Sendable {
    private(set) var hikkake = FalseBreak()
    private(set) var modified = FalseBreak()
    private var candles: [5 of Candle] = .init(repeating: Candle())
    private var means: [4 of Double] = .init(repeating: .nan)
    private var bodies: SimpleAverage
    private var spans: SimpleAverage
    private var shortSpans: SimpleAverage
    private var shadows: SimpleAverage

    init(in layout: inout WindowLayout) {
        bodies = SimpleAverage(period: 10, in: &layout)
        spans = SimpleAverage(period: 10, in: &layout)
        shortSpans = SimpleAverage(period: 5, in: &layout)
        shadows = SimpleAverage(period: 10, in: &layout)
    }

    subscript(_ age: Int) -> Candle { candles[age] }

    /// Takes a bar whose four prices are usable.
    mutating func push(_ bar: Bar, _ memory: inout MutableSpan<Double>) {
        for index in (1..<5).reversed() { candles[index] = candles[index - 1] }
        let candle = Candle(
            open: bar.open, high: bar.high, low: bar.low, close: bar.close, bodyMean: means[0], spanMean: means[1],
            shortSpanMean: means[2], shadowMean: means[3])
        candles[0] = candle
        means[0] = bodies.push(candle.body, &memory)
        means[1] = spans.push(candle.span, &memory)
        means[2] = shortSpans.push(candle.span, &memory)
        means[3] = shadows.push(candle.upper + candle.lower, &memory)
        hikkake.push(isInside(1) ? breakout : 0, from: self[1], close: bar.close)
        modified.push(modifiedBreakout, from: self[1], close: bar.close)
    }

    /// Whether a bar lies within the range of the one before it.
    private func isInside(_ age: Int) -> Bool {
        self[age].high < self[age + 1].high && self[age].low > self[age + 1].low
    }

    /// 1 where the newest bar broke out downwards, so that a rise is expected; -1 upwards; 0 where it did not.
    private var breakout: Double {
        if self[0].high < self[1].high, self[0].low < self[1].low { return 1 }
        return self[0].high > self[1].high && self[0].low > self[1].low ? -1 : 0
    }

    /// As `breakout`, out of the second of two inside bars of which the first closed near its end.
    private var modifiedBreakout: Double {
        guard isInside(1), isInside(2) else { return 0 }
        let first = self[2]
        switch breakout {
        case 1: return first.close <= first.low + first.near ? 1 : 0
        case -1: return first.close >= first.high - first.near ? -1 : 0
        default: return 0
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try hikkake.code(&state)
        try modified.code(&state)
        for index in candles.indices { try candles[index].code(&state) }
        for index in means.indices { try state.numberOrNone(&means[index]) }
        try bodies.code(&state)
        try spans.code(&state)
        try shortSpans.code(&state)
        try shadows.code(&state)
    }
}
