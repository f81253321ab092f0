package import PluginKit

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
    /// The instrument is none of the pipeline's.
    case unknownInstrument = "unknown_instrument"
}

/// What the quality stage accepts beyond what must be true of every event.
package struct QualityRules: Sendable, Hashable {
    /// How many times the price before a price may be, and the other way round, before those that follow must confirm it.
    package let maxJump: Double
    /// How many in a row, each within `maxJump` of the one before, make a level that is taken up.
    package static let levelLength = 3

    /// Creates rules; `maxJump` is above 1.
    package init(maxJump: Double = 50) { self.maxJump = maxJump }

    /// Whether a close may follow another one without more.
    func allows(_ close: Double, after before: Double) -> Bool {
        close < before * maxJump && close * maxJump > before
    }
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
        case .nonPositivePrice: "a price is not positive; allowed prices above 0."
        case .nonPositiveSize: "a size is not positive; allowed sizes above 0."
        case .outOfOrder: "its event time is before that of the one that came before it; allowed ascending event times."
        case .duplicate: "the same came before."
        case .conflictingDuplicate:
            "another one of this event time came before with other numbers; the first one stays."
        case .priceJump:
            "the price is \(event.price) after \(before), \(PriceLevel.times(event.price, before)), and fewer than "
                + "\(QualityRules.levelLength) in a row held that level; allowed less than \(rules.maxJump) times. "
                + "Correct the row, or raise 'accept.max_jump' of the route."
        case .unknownInstrument: "the instrument is none of the pipeline's."
        case .negativeVolume, .highBelowLow, .outsideRange, .crossed, .levelsOutOfOrder, .outOfSequence,
            .publishedEarly,
            .impossibleFactor:
            event.message(reason)
        }
    }
}

/// A new level of an instrument's price that was taken up because the events held it.
package struct PriceLevel: Sendable, Hashable {
    /// When it began: event time of its first event, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// The instrument.
    package let instrument: InstrumentID
    /// Its first price.
    package let price: Double
    /// The price accepted before it.
    package let before: Double

    init(first: some CheckedEvent, before: Double) {
        time = first.time
        instrument = first.instrument
        price = first.price
        self.before = before
    }

    /// The rule of the alert about it.
    package static let rule = "new_level"

    /// The facts in a sentence, with both prices; `name` is the instrument's.
    package func message(_ name: String) -> String {
        "\(name): the price went from \(before) to \(price), \(Self.times(price, before)), and "
            + "\(QualityRules.levelLength) in a row held it; it is taken up as a new level, and the indicators begin anew."
    }

    /// How far apart two prices are, in words: `190 times`, `1/190`.
    static func times(_ price: Double, _ before: Double) -> String {
        let ratio = price / before
        guard ratio.isFinite, ratio > 0 else { return "another order" }
        let (isUp, size) = (ratio >= 1, (max(ratio, 1 / ratio) * 10).rounded() / 10)
        let text = size == size.rounded() && size < 1e15 ? "\(Int(size))" : "\(size)"
        return isUp ? "\(text) times" : "1/\(text)"
    }
}
