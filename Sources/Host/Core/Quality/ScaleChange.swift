/// What a step of an instrument's level is, by its price and its volume.
package enum ScaleChange: String, Sendable, CaseIterable {
    /// The price is a simple fraction or multiple of that before, and the volume went the other way: a split or a dividend in
    /// shares that prices were not adjusted for, or were adjusted for twice.
    case split
    /// The price is at another scale and the volume went the other way: adjusted by a ratio that is no split's, as a dividend
    /// taken for one, or a gap with a split in it.
    case rescaled
    /// The price is 100 times that before, or 1/100, and the volume is the same: pence for pounds.
    case unitJump = "unit_jump"
    /// The volume is about 100 times that before, or 1/100, and the price is the same: lots for shares.
    case volumeUnit = "volume_unit"
    /// Price and volume went the same way by far: rows of another source or adjustment.
    case splice
    /// Another level, which the events that followed held: a reverse split, a symbol that another company took over.
    case newLevel = "new_level"

    /// Names a step of the price far beyond what trading does; both as new over old, `volume` NaN where it is not known.
    init(price: Double, volume: Double) {
        guard volume > 0, volume.isFinite else {
            self = .newLevel
            return
        }
        if Ratio.far(price, 100) < 1.35 || Ratio.far(price, 0.01) < 1.35, Ratio.far(volume) < Self.sameVolume {
            self = .unitJump
        } else if (price > 1) == (volume > 1), Ratio.far(volume) > Self.sameVolume {
            self = .splice
        } else {
            self = .newLevel
        }
    }

    /// Names a step that trading could have made, or returns `nil` where it probably did; both as new over old.
    static func named(price: Double, volume: Double) -> ScaleChange? {
        switch ScaleChange(price: price, volume: volume) {
        case .unitJump: return .unitJump
        case .splice where Ratio.far(price) > 50: return .splice
        default: break
        }
        // What a split leaves as it is: the value of what is traded.
        let turnover = Ratio.far(price * volume)
        if isSplit(Ratio.far(price)), turnover < 2.5 { return .split }
        let step = max(Ratio.far(price), 1.65)
        let isOpposite = (price > 1) != (volume > 1)
        // The turnover moved by less than the step to the power of 0.6.
        return isOpposite && Ratio.power(turnover, 5) < Ratio.power(step, 3) ? .rescaled : nil
    }

    /// How many times volumes differ from week to week without any cause.
    private static let sameVolume = 3.3

    /// Whether a ratio is near one that companies split by: N for M up to 5, or one for up to 50.
    private static func isSplit(_ ratio: Double) -> Bool { splits.contains { Ratio.far(ratio, $0) < 1.05 } }

    private static let splits: [Double] = {
        var ratios = [6.0, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50]
        for up in 2...5 { for down in 1..<up { ratios.append(Double(up) / Double(down)) } }
        return ratios
    }()
}

/// Ratios, whichever way they go.
enum Ratio {
    /// How many times one number is the other, the greater over the smaller; NaN where one of them is.
    static func far(_ one: Double, _ other: Double = 1) -> Double { one > other ? one / other : other / one }

    /// A number to a small power.
    static func power(_ base: Double, _ exponent: Int) -> Double {
        (1..<exponent).reduce(base) { product, _ in product * base }
    }

    /// The value in the middle; NaN of none.
    static func median(of count: Int, _ value: (Int) -> Double) -> Double {
        guard count > 0 else { return .nan }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { numbers in
            for index in 0..<count { numbers.initializeElement(at: index, to: value(index)) }
            var sorted = numbers
            sorted.sort()
            let middle = count / 2
            return count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        }
    }
}
