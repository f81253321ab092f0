package import PluginKit

/// Why the quality stage refuses a bar.
package enum QualityReason: String, Sendable, CaseIterable {
    /// A price or the volume is NaN or infinite, or the amount infinite.
    case nonFinite = "non_finite"
    /// A price is zero or negative.
    case nonPositivePrice = "non_positive_price"
    /// The volume is negative.
    case negativeVolume = "negative_volume"
    /// High is below low.
    case highBelowLow = "high_below_low"
    /// Open or close lies outside low ... high.
    case outsideRange = "outside_range"
    /// The bar before, of the same instrument, is later.
    case outOfOrder = "out_of_order"
    /// The same bar again.
    case duplicate
    /// Another bar of the same instrument and event time, with other numbers.
    case conflictingDuplicate = "conflicting_duplicate"
    /// The close is 50 times the close before, or a fiftieth: another unit, or raw and adjusted prices in one series.
    case priceJump = "price_jump"
    /// The instrument is none of the pipeline's.
    case unknownInstrument = "unknown_instrument"
}

/// Refuses bars that cannot be true; remembers the last good bar of each instrument of its partition.
package struct QualityStage {
    private struct Memory {
        var last: Bar
        var hasLast = false
        var rejectedSinceLast = false
    }

    /// No split or bonus issue seen at a venue moves a price this far; a change of unit or adjustment does.
    private static let jumpFactor = 50.0

    private var memory: [Memory]
    private let isKnown: [Bool]

    /// Creates the stage for instruments; `isKnown[id]` says which ids the pipeline has.
    package init(isKnown: [Bool]) {
        self.isKnown = isKnown
        let blank = Bar(
            time: .min, open: 0, high: 0, low: 0, close: 0, volume: 0, instrument: InstrumentID(rawValue: 0))
        memory = Array(repeating: Memory(last: blank), count: isKnown.count)
    }

    /// Appends good bars to `accepted` and tells `reject` of the others; order is kept.
    ///
    /// A good bar after a refused one carries `.afterRejected`.
    package mutating func process(
        _ bars: Span<Bar>, into accepted: inout [Bar], reject: (Bar, QualityReason) -> Void
    ) {
        separate(bars, into: &accepted) { _, bar, reason in reject(bar, reason) }
    }

    /// Does the work of `process`; `reject` is also told the position of the bar.
    mutating func separate(
        _ bars: Span<Bar>, into accepted: inout [Bar], reject: (Int, Bar, QualityReason) -> Void
    ) {
        for index in bars.indices {
            var bar = bars[index]
            if let reason = check(bar) {
                noteRejection(of: bar.instrument)
                reject(index, bar, reason)
                continue
            }
            let slot = Int(bar.instrument.rawValue)
            if memory[slot].rejectedSinceLast {
                bar.flags.insert(.afterRejected)
                memory[slot].rejectedSinceLast = false
            }
            memory[slot].last = bar
            memory[slot].hasLast = true
            accepted.append(bar)
        }
    }

    /// Notes that a row of an instrument could not even be read: its next bar comes after a hole.
    package mutating func noteRejection(of instrument: InstrumentID) {
        let slot = Int(instrument.rawValue)
        if slot < memory.count { memory[slot].rejectedSinceLast = true }
    }

    /// Last accepted event time of each instrument that has one.
    var lastTimes: [InstrumentID: Int64] {
        var times: [InstrumentID: Int64] = [:]
        for (slot, memory) in memory.enumerated() where memory.hasLast {
            times[InstrumentID(rawValue: UInt32(slot))] = memory.last.time
        }
        return times
    }

    private func check(_ bar: Bar) -> QualityReason? {
        let slot = Int(bar.instrument.rawValue)
        guard slot < isKnown.count, isKnown[slot] else { return .unknownInstrument }
        // One sum is finite exactly when all its terms are (overflow is refused with them).
        guard (bar.open + bar.high + bar.low + bar.close + bar.volume).isFinite, !bar.amount.isInfinite else {
            return .nonFinite
        }
        guard bar.open > 0, bar.high > 0, bar.low > 0, bar.close > 0 else { return .nonPositivePrice }
        guard bar.volume >= 0 else { return .negativeVolume }
        guard bar.high >= bar.low else { return .highBelowLow }
        guard bar.open >= bar.low, bar.open <= bar.high, bar.close >= bar.low, bar.close <= bar.high else {
            return .outsideRange
        }
        guard memory[slot].hasLast else { return nil }
        return checkOrder(bar, after: memory[slot].last)
    }

    private func checkOrder(_ bar: Bar, after last: Bar) -> QualityReason? {
        if bar.time > last.time {
            let isPlausible = bar.close < last.close * Self.jumpFactor && bar.close * Self.jumpFactor > last.close
            return isPlausible ? nil : .priceJump
        }
        if bar.time < last.time { return .outOfOrder }
        let isSame =
            bar.open == last.open && bar.high == last.high && bar.low == last.low && bar.close == last.close
            && bar.volume == last.volume
        return isSame ? .duplicate : .conflictingDuplicate
    }
}

extension QualityReason {
    /// One sentence about a refused bar: what is wrong and what is allowed.
    package func message(_ bar: Bar) -> String {
        switch self {
        case .nonFinite: "a price, the volume or the amount is not finite; allowed finite numbers."
        case .nonPositivePrice: "a price is not positive; allowed prices above 0."
        case .negativeVolume: "the volume is \(bar.volume); allowed 0 or more."
        case .highBelowLow: "high \(bar.high) is below low \(bar.low); allowed high >= low."
        case .outsideRange:
            "open \(bar.open) or close \(bar.close) lies outside low \(bar.low) ... high \(bar.high)."
        case .outOfOrder: "its event time is before the bar that came before it; allowed ascending event times."
        case .duplicate: "the same bar came before."
        case .conflictingDuplicate:
            "another bar of this event time came before with other numbers; the first one stays."
        case .priceJump:
            "the close \(bar.close) is 50 times the close accepted before it, or a fiftieth; allowed less. Split the "
                + "series where its unit or adjustment changes."
        case .unknownInstrument: "the instrument is none of the pipeline's."
        }
    }
}
