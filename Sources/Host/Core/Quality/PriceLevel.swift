package import PluginKit

/// A step of an instrument's level that the events after it held: told, never undone.
package struct PriceLevel: Sendable, Hashable {
    /// When it began: event time of its first event, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// The instrument.
    package let instrument: InstrumentID
    /// Its first price.
    package let price: Double
    /// The price accepted before it.
    package let before: Double
    /// What it is.
    package let change: ScaleChange
    /// Its volume over what was usual before; NaN where it is not known.
    package let volume: Double
    /// Whether its prices are adjusted, so that no split may show in them.
    package let isAdjusted: Bool

    init(
        first: some CheckedEvent, before: Double, change: ScaleChange = .newLevel, volume: Double = .nan
    ) {
        (time, instrument, price) = (first.time, first.instrument, first.price)
        (self.before, self.change, self.volume) = (before, change, volume)
        isAdjusted = first.flags.contains(.adjusted)
    }

    /// The same step under another name.
    init(_ level: PriceLevel, change: ScaleChange, volume: Double) {
        (time, instrument, price) = (level.time, level.instrument, level.price)
        (before, isAdjusted) = (level.before, level.isAdjusted)
        (self.change, self.volume) = (change, volume)
    }

    /// The rule of the alert about it.
    package var rule: String { change.rawValue }

    /// Whether it is told to whoever watches: a split is in raw prices what it should be.
    package var isOdd: Bool { change != .split || isAdjusted }

    /// The facts in a sentence, with both prices; `name` is the instrument's.
    package func message(_ name: String) -> String {
        let step = "\(name): the price went from \(before) to \(price), \(Self.times(price, before))"
        let both = step + ", and the volume is \(Self.times(volume, 1)) what was usual"
        switch change {
        case .newLevel:
            return step
                + ", and \(QualityRules.levelLength) in a row held it; it is taken up as a new level, and the indicators begin "
                + "anew."
        case .splice:
            return both + ": rows of another source or adjustment begin here. Have the provider give one of them."
        case .unitJump:
            return both + ": the unit of the price changed, as pence for pounds. Correct it at the provider."
        case .volumeUnit:
            return
                "\(name): the volume is \(Self.times(volume, 1)) what was usual, and the price is \(price) after \(before): "
                + "the unit of the volume changed, as lots for shares. Correct it at the provider."
        case .split:
            return both
                + (isAdjusted
                    ? ": a split that these adjusted prices were not adjusted for, or were adjusted for twice."
                    : ": a split. Adjusted prices need its factor.")
        case .rescaled:
            return both + ": prices at another scale begin here, by a ratio that is no split's. Check the factors."
        }
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
