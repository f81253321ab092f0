package import PluginKit

/// What a bar can be built of: trades, or finer bars.
package protocol BarMaterial: MarketEvent {
    /// The earliest instant at which the bar that this belongs to may end, nanoseconds since the Unix epoch.
    ///
    /// A bar covers what happens from its start on and before its end: a trade at the instant a bar ends belongs to the
    /// next one, a finer bar that ends there belongs to it.
    var earliestEnd: Int64 { get }
    /// The latest end of a bar that cannot change any more when the clock shows an event time: what comes then, or later,
    /// belongs to bars that end after it.
    static func settled(at time: Int64) -> Int64
    /// What opens a bar that it is the first of; the time is set by whoever builds.
    var asBar: Bar { get }
    /// Adds it to a bar that is forming.
    func merge(into bar: inout Bar)
}

extension Trade: BarMaterial {
    package var earliestEnd: Int64 { time == .max ? .max : time + 1 }

    package static func settled(at time: Int64) -> Int64 { time }

    package var asBar: Bar {
        Bar(
            time: time, open: price, high: price, low: price, close: price, volume: size, amount: price * size,
            instrument: instrument, flags: flags)
    }

    package func merge(into bar: inout Bar) {
        if price > bar.high { bar.high = price }
        if price < bar.low { bar.low = price }
        bar.close = price
        bar.volume += size
        bar.amount += price * size
        bar.flags.formUnion(flags)
    }
}

extension Bar: BarMaterial {
    package var earliestEnd: Int64 { time }

    package static func settled(at time: Int64) -> Int64 { time == .min ? .min : time - 1 }

    package var asBar: Bar { self }

    package func merge(into bar: inout Bar) {
        if high > bar.high { bar.high = high }
        if low < bar.low { bar.low = low }
        bar.close = close
        bar.volume += volume
        // Not known for the whole where it is not known for a part.
        bar.amount += amount
        bar.flags.formUnion(flags)
    }
}
