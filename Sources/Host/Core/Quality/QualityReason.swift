import PluginKit

/// Why the quality stage refuses an event.
package enum QualityReason: String, Sendable, CaseIterable {
    /// The event time is before 1800 or after 2199: no time, but a number.
    case impossibleTime = "impossible_time"
    /// The event time is after the machine's clock and the span that runs at it.
    case future
    /// A price or the volume is NaN or infinite, or the amount infinite.
    case nonFinite = "non_finite"
    /// A price is zero or negative.
    case nonPositivePrice = "non_positive_price"
    /// The volume is negative.
    case negativeVolume = "negative_volume"
    /// The volume is above 0 and below every unit there is (a wei of ether, 1e-18): a damaged number.
    case implausibleVolume = "implausible_volume"
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
    /// The price is many times the price before, or a small part of it, and those that followed did not hold that level.
    case priceJump = "price_jump"
    /// The first bars of an instrument are at another scale, in price and volume, than those that came with them.
    case splice
    /// A size is zero where there must be one, or negative.
    case nonPositiveSize = "non_positive_size"
    /// The best bid of a book is not below its best ask.
    case crossed
    /// The levels of a book are not the best first.
    case levelsOutOfOrder = "levels_out_of_order"
    /// A book's number does not follow that of the one before.
    case outOfSequence = "out_of_sequence"
    /// A figure is dated before the end of the period it is about.
    case publishedEarly = "published_before_period_end"
    /// A factor changes nothing, or has a ratio or an amount that cannot be.
    case impossibleFactor = "impossible_factor"
    /// Bars are missing before it, and the route does not go on over a gap.
    case missingBefore = "missing_before"
    /// The instrument is none of the pipeline's.
    case unknownInstrument = "unknown_instrument"
}

/// A refused event and what it was compared with.
package struct QualityRefusal<Event: CheckedEvent>: Sendable {
    /// The event.
    package let event: Event
    /// Why it was refused.
    package let reason: QualityReason
    /// The price accepted before it; NaN where there is none.
    package var before = Double.nan
    /// The rules it was judged by.
    package var rules = QualityRules()

    /// Creates a refusal.
    package init(event: Event, reason: QualityReason, before: Double = .nan, rules: QualityRules = QualityRules()) {
        self.event = event
        self.reason = reason
        self.before = before
        self.rules = rules
    }

    /// One sentence about the event: what is wrong and what is allowed.
    package var message: String {
        switch reason {
        case .impossibleTime: "its event time is \(event.time) ns after 1970; allowed the years 1800...2199."
        case .future:
            "its event time is after this machine's clock; allowed up to the end of the day or span that runs now. Correct "
                + "the time, or the clock."
        case .nonFinite: "a price, the volume or the amount is not finite; allowed finite numbers."
        case .nonPositivePrice:
            "a price is not positive; allowed prices above 0. For a spread or a future that trades below, set 'accept.prices: any' "
                + "at its route."
        case .nonPositiveSize: "a size is not positive; allowed sizes above 0."
        case .outOfOrder: "its event time is before that of the one that came before it; allowed ascending event times."
        case .duplicate: "the same came before."
        case .conflictingDuplicate:
            "another one of this event time came before with other numbers; the first one stays."
        case .priceJump:
            "the price is \(event.price) after \(before), \(PriceLevel.times(event.price, before)), and fewer than "
                + "\(QualityRules.levelLength) in a row held that level; allowed less than \(rules.thresholds(of: event.instrument).maxJump) times. "
                + "Correct the row, or raise 'accept.max_jump' of the route or venue."
        case .splice:
            "the price is \(event.price), \(PriceLevel.times(event.price, before)) that of the bars that came with it, and the "
                + "volume is at another scale too: rows of another source or adjustment stand before the others. Have the "
                + "provider give one of them."
        case .missingBefore:
            "bars are missing between it and the last accepted one, by the calendar of the venue, and the route's 'missing' is "
                + "fail. Have them given, or set 'missing' to leave or fill."
        case .unknownInstrument: "the instrument is none of the pipeline's."
        case .negativeVolume, .implausibleVolume, .highBelowLow, .outsideRange, .crossed, .levelsOutOfOrder,
            .outOfSequence,
            .publishedEarly,
            .impossibleFactor:
            event.message(reason)
        }
    }
}
