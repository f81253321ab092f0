package import PluginKit

/// An event that the quality stage can judge: what must be true of a kind of event stands in its conformance.
package protocol CheckedEvent: MarketEvent {
    /// The price its row is made at and its level is judged by, in the quote currency; NaN where it has none.
    var price: Double { get }
    /// Whether a price many times the one before must be confirmed by the events that follow.
    static var hasLevels: Bool { get }
    /// The numbers in which its scale shows; `nil` for a kind whose steps nobody looks at.
    var scale: ScaleSample? { get }
    /// Whether it has them.
    static var hasScale: Bool { get }
    /// Whether its time and name say which event it is, so that another content can take its place.
    static var hasIdentity: Bool { get }
    /// Returns what cannot be true of the event by itself.
    func fault(_ rules: QualityRules) -> QualityReason?
    /// What is unusual and may be true: kept with a flag, and counted.
    var doubt: QualityDoubt? { get }
    /// The event that stands for one that is missing after this; `nil` for a kind of which nothing is missing.
    func standing(at time: Int64) -> Self?
    /// Returns why it cannot follow the last accepted event of its instrument.
    func order(after last: Self) -> QualityReason?
    /// What is wrong and what is allowed, in a sentence, for a reason that only this kind has.
    func message(_ reason: QualityReason) -> String
    /// The event as text, for quarantine.
    var text: String { get }
    /// Names of its numbers that can be carried beside events of another kind.
    static var fieldNames: [String] { get }
    /// Returns the number at a place of `fieldNames`.
    func field(_ index: Int) -> Double
}

/// What is unusual about an accepted event.
package enum QualityDoubt: String, Sendable, CaseIterable {
    /// The bid is above the ask.
    case crossed
    /// A side has a price and no size.
    case zeroSize = "zero_size"
    /// It is a trade, and by its calendar the venue is closed.
    case outsideSession = "outside_session"
    /// The move is many times what is usual of the last bars.
    case outlier
    /// It stands for a bar that is missing.
    case filled
    /// Bars are missing before it, each counted, and stay so.
    case missing
}

extension CheckedEvent {
    package var doubt: QualityDoubt? { nil }
    package func standing(at time: Int64) -> Self? { nil }
    package static var hasLevels: Bool { false }
    package var scale: ScaleSample? { nil }
    package static var hasScale: Bool { false }
    package static var hasIdentity: Bool { false }

    /// Refuses an event that is before the last one; of one instant there may be several.
    package func order(after last: Self) -> QualityReason? { time < last.time ? .outOfOrder : nil }

    package func message(_ reason: QualityReason) -> String { "it is refused as \(reason.rawValue)." }
}

extension Bar: CheckedEvent {
    package var price: Double { close }
    package var scale: ScaleSample? { ScaleSample(open: open, high: high, low: low, close: close, volume: volume) }
    package static var hasScale: Bool { true }
    package static var hasLevels: Bool { true }
    package static var hasIdentity: Bool { true }

    package func fault(_ rules: QualityRules) -> QualityReason? {
        // One sum is finite exactly when all its terms are (overflow is refused with them).
        guard (open + high + low + close + volume).isFinite, !amount.isInfinite else { return .nonFinite }
        guard rules.hasAnySign || (open > 0 && high > 0 && low > 0 && close > 0) else { return .nonPositivePrice }
        guard volume >= 1e-18 || volume == 0 else { return volume < 0 ? .negativeVolume : .implausibleVolume }
        guard high >= low else { return .highBelowLow }
        guard open >= low, open <= high, close >= low, close <= high else { return .outsideRange }
        return nil
    }

    /// The last close, no volume.
    package func standing(at time: Int64) -> Bar? {
        Bar(
            time: time, open: close, high: close, low: close, close: close, volume: 0, amount: 0,
            instrument: instrument,
            flags: flags.intersection(.adjusted).union(.filled))
    }

    /// An instrument has one bar an event time.
    package func order(after last: Bar) -> QualityReason? {
        guard time <= last.time else { return nil }
        if time < last.time { return .outOfOrder }
        let isSame =
            open == last.open && high == last.high && low == last.low && close == last.close && volume == last.volume
        return isSame ? .duplicate : .conflictingDuplicate
    }

    package func message(_ reason: QualityReason) -> String {
        switch reason {
        case .negativeVolume: "the volume is \(volume); allowed 0 or more."
        case .implausibleVolume: "the volume is \(volume); allowed 0, or 1e-18 and more."
        case .highBelowLow: "high \(high) is below low \(low); allowed high >= low."
        case .outsideRange: "open \(open) or close \(close) lies outside low \(low) ... high \(high)."
        default: "it is refused as \(reason.rawValue)."
        }
    }

    package var text: String {
        "time=\(time) open=\(open) high=\(high) low=\(low) close=\(close) volume=\(volume) amount=\(amount)"
    }
}
