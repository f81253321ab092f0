package import PluginKit

/// What a bar that is not cut by time is cut by.
package enum BarThreshold: Sendable, Hashable {
    /// A count of trades.
    case trades(Int)
    /// A traded quantity.
    case volume(Double)
    /// A traded value in the quote currency.
    case value(Double)
    /// Trades of buyers less those of sellers, or the other way round.
    case tradeImbalance(Int)
    /// The same in quantity.
    case volumeImbalance(Double)
    /// The same in value.
    case valueImbalance(Double)

    /// How far a trade brings its bar, and where the bar ends; imbalances count with their sign.
    fileprivate func step(_ trade: Trade, sign: Double) -> (step: Double, end: Double) {
        switch self {
        case .trades(let count): (1, Double(count))
        case .volume(let volume): (trade.size, volume)
        case .value(let value): (trade.price * trade.size, value)
        case .tradeImbalance(let count): (sign, Double(count))
        case .volumeImbalance(let volume): (sign * trade.size, volume)
        case .valueImbalance(let value): (sign * trade.price * trade.size, value)
        }
    }
}

/// Bars that end with the trade that reaches a threshold: so many trades, so much volume, value or imbalance.
///
/// A trade is never split, so a bar can hold more than its threshold. Its event time is that of its last trade; where the
/// bar before ended at the same instant, a nanosecond later, because a bar's event time is what it is known by. A trade
/// whose side is unknown counts as the side its price moved to since the trade before (the tick rule).
///
/// Source: M. López de Prado, *Advances in Financial Machine Learning*, 2018, chapter 2.
package struct ThresholdBars: BarBuilder {
    private let threshold: BarThreshold
    private var bar: Bar?
    private var reached = 0.0
    private var closed = Int64.min
    private var lastTime = Int64.min
    private var lastPrice = Double.nan
    private var sign = 1.0

    /// Creates a builder that has seen nothing; the threshold is above 0.
    package init(_ threshold: BarThreshold) { self.threshold = threshold }

    package var isForming: Bool { bar != nil }

    package var forming: Bar? {
        guard var bar else { return nil }
        bar.flags.insert(.partial)
        return bar
    }

    package mutating func take(_ run: Span<Trade>, into bars: inout [Bar], tally: inout ShapingTally) {
        for index in run.indices { take(run[index], into: &bars, tally: &tally) }
    }

    /// Changes nothing: time alone ends no such bar.
    package mutating func close(through time: Int64, into bars: inout [Bar]) {}

    private mutating func take(_ trade: Trade, into bars: inout [Bar], tally: inout ShapingTally) {
        guard trade.time >= lastTime else {
            tally.late += 1
            return
        }
        note(trade)
        if var forming = bar {
            trade.merge(into: &forming)
            forming.time = trade.time
            bar = forming
        } else {
            bar = trade.asBar
        }
        let (step, end) = threshold.step(trade, sign: sign)
        reached += step
        if abs(reached) >= end { close(into: &bars) }
    }

    private mutating func note(_ trade: Trade) {
        switch trade.side {
        case .buy: sign = 1
        case .sell: sign = -1
        case .unknown where trade.price > lastPrice: sign = 1
        case .unknown where trade.price < lastPrice: sign = -1
        case .unknown: break
        }
        (lastTime, lastPrice) = (trade.time, trade.price)
    }

    private mutating func close(into bars: inout [Bar]) {
        guard var done = bar else { return }
        if done.time <= closed, closed < .max { done.time = closed + 1 }
        bars.append(done)
        closed = done.time
        (bar, reached) = (nil, 0)
    }
}
