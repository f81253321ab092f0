import PluginKit

// A short body with one long shadow, seen against the bar before.
extension CandleShape {
    static let hammers = [
        CandleShape(
            "hammer", 12, "A short body over a long shadow, at or below the low before.", [.body, .span, .shortSpan],
            hammer),
        CandleShape(
            "hanging_man", 12, "A short body over a long shadow, at or above the high before.",
            [.body, .span, .shortSpan], hangingMan),
        CandleShape(
            "inverted_hammer", 12, "A short body under a long shadow, below the body before.", [.body, .span],
            invertedHammer),
        CandleShape(
            "shooting_star", 12, "A short body under a long shadow, above the body before.", [.body, .span],
            shootingStar),
    ]

    @inline(__always)
    private static func hammer(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].lower > w[0].body, w[0].upper < w[0].tiny,
            w[0].bottom <= w[1].low + w[1].near
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func hangingMan(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].lower > w[0].body, w[0].upper < w[0].tiny,
            w[0].bottom >= w[1].high - w[1].near
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func invertedHammer(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].upper > w[0].body, w[0].lower < w[0].tiny, w[0].isBelow(w[1]) else { return 0 }
        return 100
    }

    @inline(__always)
    private static func shootingStar(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].upper > w[0].body, w[0].lower < w[0].tiny, w[0].isAbove(w[1]) else { return 0 }
        return -100
    }
}
